"""The ledger of air stations."""

from django.utils.translation import gettext_lazy as _

from chengshu.core.pages.navigation import section
from chengshu.core.records.ledger import Ledger, register

from .models import AirStation

section("environment", _("Environment"), icon="leaf", order=60)
register(
    Ledger(
        name="environment.stations",
        model=AirStation,
        icon="leaf",
        columns=("code", "name", "place", "control", "zone", "terminal", "owner"),
        filters=("control", "zone", "place", "owner"),
        search=("code", "name"),
        fields=(
            "code",
            "name",
            "place",
            "owner",
            "grade",
            "lon",
            "lat",
            "terminal",
            "control",
            "zone",
        ),
    )
)
