"""The ledger of air stations, and what the air is like at one of them."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor
from chengshu.core.pages.navigation import section
from chengshu.core.records.ledger import Ledger, RecordPanel, register
from chengshu.kit.units import unit

from .domain import POLLUTANTS
from .models import AirStation
from .queries import station_index, station_moment

section("environment", _("Environment"), icon="air", order=60)


def _air(station: AirStation, actor: Actor) -> Mapping[str, Any]:
    moment = station_moment(station)
    index = station_index(actor, station, moment)
    if index is None:
        return {"index": None}
    return {
        "index": index,
        "moment": moment,
        "is_fresh": index.is_fresh(moment),
        "pollutants": [
            {
                "title": pollutant.title,
                "unit": unit(pollutant.unit).symbol,
                "concentration": index.concentrations.get(pollutant.code),
                "index": index.sub_indices.get(pollutant.code),
            }
            for pollutant in POLLUTANTS
        ],
    }


register(
    Ledger(
        name="environment.stations",
        model=AirStation,
        icon="air",
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
        panels=(
            RecordPanel(
                name="environment.air",
                title=_("Air quality"),
                template="environment/air.html",
                context=_air,
                order=10,
            ),
        ),
    )
)
