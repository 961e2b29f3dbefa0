"""Every way the stations change."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor, require
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.hub.sensing.actions.registration import (
    NewTerminal,
    define_properties,
    register_terminals,
)
from chengshu.hub.sensing.models import Feed, ObservedProperty

from ..domain import POLLUTANTS
from ..models import AirStation


@dataclass(frozen=True)
class NewStation:
    """A station and the terminal that speaks for it; both get the terminal's code and name."""

    terminal: NewTerminal
    control: str = AirStation.Control.MUNICIPAL
    zone: str = AirStation.Zone.SECOND


@action("environment.register_stations", _("Register air stations"))
def register_stations(
    wanted: Sequence[NewStation], *, by: Actor, feed: Feed | None = None
) -> list[AirStation]:
    """Register stations with their terminals and datastreams, all or none; codes must be new."""
    define_properties(
        [
            ObservedProperty(
                code=pollutant.code,
                name=pollutant.name,
                unit=pollutant.unit,
                lowest=0,
                highest=pollutant.highest,
                quiet_below=pollutant.quiet_below,
            )
            for pollutant in POLLUTANTS
        ],
        by=by,
    )
    terminals = register_terminals([new.terminal for new in wanted], by=by, feed=feed)
    stations = AirStation.objects.bulk_create(
        AirStation(
            code=terminal.code,
            name=terminal.name,
            place=terminal.place,
            owner=terminal.owner,
            grade=terminal.grade,
            lon=terminal.lon,
            lat=terminal.lat,
            terminal=terminal,
            control=new.control,
            zone=new.zone,
        )
        for new, terminal in zip(wanted, terminals, strict=True)
    )
    require(by, "environment.register_stations", stations)
    note(stations=len(stations))
    return stations
