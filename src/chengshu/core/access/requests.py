"""What a request is to the views of this project."""

from django.http import HttpRequest

from .policy import Actor


class CityRequest(HttpRequest):
    """A request that the access middleware has put its actor on."""

    actor: Actor
