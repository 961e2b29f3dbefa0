"""The cockpit and the map in the navigation."""

from django.utils.translation import gettext_lazy as _

from chengshu.core.pages.navigation import section
from chengshu.hub.onemap.layer import VIEW

section(
    "screen",
    _("Cockpit"),
    icon="screen",
    url_name="screen",
    permission=VIEW,
    order=10,
)
section("map", _("One map"), icon="map", url_name="map", permission=VIEW, order=20)
