"""The two single-page parts: the cockpit and the map."""

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render

from chengshu.core.access.policy import require
from chengshu.core.access.requests import CityRequest
from chengshu.hub.onemap.layer import VIEW


@login_required
def cockpit(request: CityRequest) -> HttpResponse:
    require(request.actor, VIEW)
    return render(request, "screen/city.html")


@login_required
def one_map(request: CityRequest) -> HttpResponse:
    require(request.actor, VIEW)
    return render(request, "map/map.html")
