"""The pages of sensing: its section, and the ledgers in the order of the navigation."""

from django.utils.translation import gettext_lazy as _

from chengshu.core.pages.navigation import section

section("sensing", _("Sensing"), icon="sensor", order=50)
section(
    "sensing-health",
    _("Health of terminals"),
    icon="chart",
    url_name="sensing-health",
    permission="sensing.view_terminal",
    order=49,
)
section("sensing-rules", _("Rules of sensing"), icon="rule", order=86)

from . import terminals, carriers, requests, rules, streams, rejections, subscriptions  # noqa: E402, I001 - the order shown
from chengshu.hub.sensing.devices import pages as devices  # noqa: E402 - registers its ledgers

__all__ = [
    "carriers",
    "devices",
    "rejections",
    "requests",
    "rules",
    "streams",
    "subscriptions",
    "terminals",
]
