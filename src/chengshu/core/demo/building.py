"""Build the demonstration city, each part once; what stands is left alone."""

import logging
import time
from contextlib import nullcontext
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from chengshu.core.access.models import Grant

from .actions import found_city
from .blueprint import Blueprint
from .models import BuiltPart
from .part import STAGES, DemoCity, DemoPart, demo_parts

log = logging.getLogger(__name__)

FOUNDING = "city"


def is_built() -> bool:
    """Whether every part that the installed apps declare stands."""
    built = set(BuiltPart.objects.values_list("name", flat=True))
    return built >= {FOUNDING, *(part.name for part in demo_parts)}


def build(blueprint: Blueprint, password: str) -> list[str]:
    """Build the parts that are missing; their names. A killed build goes on where it was."""
    city = DemoCity(blueprint, founded_at() or timezone.now())
    built = set(BuiltPart.objects.values_list("name", flat=True))
    founding = DemoPart(FOUNDING, "ledgers", partial(_found, password=password))
    missing = [part for part in (founding, *_in_order()) if part.name not in built]
    with translation.override(settings.LANGUAGE_CODE):
        for part in missing:
            _build(part, city)
    return [part.name for part in missing]


def founded_at() -> datetime | None:
    """When the city was founded: devices that are broken broke before."""
    return BuiltPart.objects.filter(name=FOUNDING).values_list("built_at", flat=True).first()


def shown_users() -> list[tuple[str, str]]:
    """User name and role of those with a role of the whole city, as the city's people begin."""
    grants = Grant.objects.filter(place=None, organisation=None, user__is_service=False)
    return list(grants.order_by("id").values_list("user__username", "role__name"))


def _found(city: DemoCity, *, password: str) -> None:
    found_city(city, password, by=city.by)


def _in_order() -> list[DemoPart]:
    return sorted(demo_parts, key=lambda part: STAGES.index(part.stage))


def _build(part: DemoPart, city: DemoCity) -> None:
    began = time.monotonic()
    with nullcontext() if part.stage == "history" else transaction.atomic():
        part.build(city)
        BuiltPart.objects.create(name=part.name)
    log.info("built %s in %.1f s", part.name, time.monotonic() - began)
