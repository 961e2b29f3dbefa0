"""What the three administrators do. Modules by what is administered."""

from . import grants, organisations, places, roles, tokens, trail, users

__all__ = ["grants", "organisations", "places", "roles", "tokens", "trail", "users"]
