"""Which city this is: its profile, else the root of the place tree."""

from typing import Any

from django.utils.translation import gettext as _

from chengshu.core.places.models import Place

from .models import CityProfile

NOWHERE = (105.0, 35.0)


def shown_city() -> dict[str, Any]:
    """Title, subtitle, centre and whether everything is simulated."""
    profile = CityProfile.objects.first()
    root = Place.objects.exclude(lon=None).order_by("path").first()
    return {
        "title": profile.title if profile else _title(root),
        "subtitle": profile.subtitle if profile else "",
        "simulated": profile.is_simulated if profile else False,
        "centre": [root.lon, root.lat] if root else NOWHERE,
    }


def _title(root: Place | None) -> str:
    return _("%(city)s city brain") % {"city": root.name} if root else _("City brain")
