"""Every way the sensing ledger changes."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from chengshu.core.access.permissions import declare
from chengshu.core.access.policy import Actor, require
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.core.records import bulk
from chengshu.hub.sensing.models import Carrier, Datastream, Feed, ObservedProperty, Terminal
from chengshu.kit.errors import Conflict

INGEST = declare("sensing.ingest", _("Send observations"))
DIRECT_FEED = "direct"

NEXT: dict[str, set[str]] = {
    Terminal.State.PLANNED: {Terminal.State.BUILT, Terminal.State.RETIRED},
    Terminal.State.BUILT: {Terminal.State.IN_SERVICE, Terminal.State.RETIRED},
    Terminal.State.IN_SERVICE: {Terminal.State.SUSPENDED, Terminal.State.RETIRED},
    Terminal.State.SUSPENDED: {Terminal.State.IN_SERVICE, Terminal.State.RETIRED},
    Terminal.State.RETIRED: set(),
}
"""The life cycle of a terminal."""


@dataclass(frozen=True)
class NewTerminal:
    """A terminal to register, with the codes of its observed properties and their intervals."""

    code: str
    name: str
    kind: str
    place: Place
    owner: Organisation
    lon: float | None = None
    lat: float | None = None
    carrier: Carrier | None = None
    properties: dict[str, int] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)


@action("sensing.register_terminals", _("Register terminals"))
def register_terminals(
    wanted: Iterable[NewTerminal], *, by: Actor, feed: Feed | None = None
) -> list[Terminal]:
    """Register terminals with their datastreams, all or none. Codes must be new."""
    news = list(wanted)
    feed = feed or direct_feed()
    terminals = bulk.insert(_terminal(new, feed) for new in news)
    require(by, "sensing.register_terminals", terminals)
    properties = ObservedProperty.objects.in_bulk(field_name="code")
    bulk.insert(
        Datastream(
            terminal=terminal,
            observed_property=properties[code],
            code=code,
            interval_seconds=seconds,
        )
        for new, terminal in zip(news, terminals, strict=True)
        for code, seconds in new.properties.items()
    )
    note(terminals=len(terminals))
    return terminals


def _terminal(new: NewTerminal, feed: Feed) -> Terminal:
    return Terminal(
        code=new.code,
        name=new.name,
        kind=new.kind,
        place=new.place,
        owner=new.owner,
        lon=new.lon,
        lat=new.lat,
        carrier_id=new.carrier.pk if new.carrier else None,
        feed_id=feed.pk,
        **new.extra,
    )


def direct_feed() -> Feed:
    """The feed of terminals that speak to the platform themselves."""
    feed, _is_new = Feed.objects.get_or_create(code=DIRECT_FEED, defaults={"name": "终端直连"})
    return feed


@action("sensing.define_properties", _("Define observed properties"))
def define_properties(wanted: Iterable[ObservedProperty], *, by: Actor) -> int:
    """Add the observed properties whose codes are new; existing ones stay as the city set them."""
    before = ObservedProperty.objects.count()
    ObservedProperty.objects.bulk_create(wanted, ignore_conflicts=True)
    return ObservedProperty.objects.count() - before


def _move(terminal: Terminal, state: Terminal.State) -> Terminal:
    fresh = Terminal.objects.select_for_update().get(pk=terminal.pk)
    if state not in NEXT[fresh.state]:
        raise Conflict(
            f"A terminal that is {fresh.state} cannot become {state}",
            where={"terminal": fresh.code, "state": fresh.state},
        )
    fresh.state = state
    fresh.save(update_fields=["state"])
    return fresh


@action("sensing.suspend_terminal", _("Take out of service"))
def suspend_terminal(terminal: Terminal, *, by: Actor) -> Terminal:
    """Take *terminal* out of service for a time: its observations are refused meanwhile."""
    return _move(terminal, Terminal.State.SUSPENDED)


@action("sensing.resume_terminal", _("Put in service"))
def resume_terminal(terminal: Terminal, *, by: Actor) -> Terminal:
    """Put *terminal* into service, for the first time or again."""
    return _move(terminal, Terminal.State.IN_SERVICE)


@action("sensing.retire_terminal", _("Retire"))
def retire_terminal(terminal: Terminal, *, by: Actor) -> Terminal:
    """Retire *terminal* for good; its code and observations stay."""
    return _move(terminal, Terminal.State.RETIRED)
