"""How terminals come into the ledger, and their life in it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.permissions import declare
from chengshu.core.access.policy import Actor, require
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.core.records import bulk
from chengshu.hub.sensing.coding import wrong_codes
from chengshu.hub.sensing.models import Carrier, Datastream, Feed, ObservedProperty, Terminal
from chengshu.kit.errors import Conflict, Invalid

from .mounting import Place as Mounted
from .mounting import attach, detach

INGEST = declare("sensing.ingest", _("Send observations"))
DIRECT_FEED = "direct"
SHOWN = 20

NEXT: dict[str, set[str]] = {
    Terminal.State.PLANNED: {Terminal.State.BUILT, Terminal.State.RETIRED},
    Terminal.State.BUILT: {Terminal.State.IN_SERVICE, Terminal.State.RETIRED},
    Terminal.State.IN_SERVICE: {Terminal.State.SUSPENDED, Terminal.State.RETIRED},
    Terminal.State.SUSPENDED: {Terminal.State.IN_SERVICE, Terminal.State.RETIRED},
    Terminal.State.RETIRED: set(),
}
"""The life cycle of a terminal."""


class BadTerminalCodes(Invalid):
    """Codes that cannot be given; *where* lists the first ones with the reason of each."""

    code = "bad-terminal-codes"


@dataclass(frozen=True)
class NewTerminal:
    """A terminal to register, with the codes of its observed properties and their intervals.

    On its *carrier* it takes the first free slot and one port each for power and network.
    """

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
    """Register terminals with their datastreams, all or none. Codes must be new.

    Raises BadTerminalCodes for codes against their coding rule and NoRoom for full carriers.
    """
    terminals = add_terminals(list(wanted), feed or direct_feed())
    require(by, "sensing.register_terminals", terminals)
    note(terminals=len(terminals))
    return terminals


def add_terminals(news: list[NewTerminal], feed: Feed) -> list[Terminal]:
    """Terminals, mountings and datastreams of *news*, in the current transaction."""
    wrong = wrong_codes({new.code: new.kind for new in news})
    if wrong:
        code, why = next(iter(wrong.items()))
        shown = [{"code": code, "reason": why} for code, why in list(wrong.items())[:SHOWN]]
        raise BadTerminalCodes(f"{code}: {why}", where={"count": len(wrong), "codes": shown})
    terminals = bulk.insert(_terminal(new, feed) for new in news)
    attach(
        (Mounted(terminal, terminal.carrier_id) for terminal in terminals if terminal.carrier_id),
        timezone.localdate(),
    )
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


def _move(terminal: Terminal, state: Terminal.State, **dates: date) -> Terminal:
    fresh: Terminal = Terminal.objects.select_for_update().get(pk=terminal.pk)
    if state not in NEXT[fresh.state]:
        raise Conflict(
            f"A terminal that is {fresh.state} cannot become {state}",
            where={"terminal": fresh.code, "state": fresh.state},
        )
    for name, day in dates.items():
        setattr(fresh, name, day)
    fresh.state = state
    fresh.save(update_fields=["state", *dates])
    return fresh


@action("sensing.build_terminal", _("Report as built"))
def build_terminal(terminal: Terminal, *, by: Actor, built_on: date | None = None) -> Terminal:
    """A planned *terminal* stands, since *built_on* or today."""
    return _move(terminal, Terminal.State.BUILT, built_on=built_on or timezone.localdate())


@action("sensing.commission_terminal", _("Commission"))
def commission_terminal(
    terminal: Terminal, *, by: Actor, commissioned_on: date | None = None
) -> Terminal:
    """Put a built *terminal* into service for the first time: from now on it may report."""
    if terminal.state == Terminal.State.SUSPENDED:
        raise Conflict("It has been commissioned before", where={"terminal": terminal.code})
    day = commissioned_on or timezone.localdate()
    return _move(terminal, Terminal.State.IN_SERVICE, commissioned_on=day)


@action("sensing.suspend_terminal", _("Take out of service"))
def suspend_terminal(terminal: Terminal, *, by: Actor) -> Terminal:
    """Take *terminal* out of service for a time: its observations are refused meanwhile."""
    return _move(terminal, Terminal.State.SUSPENDED)


@action("sensing.resume_terminal", _("Put in service"))
def resume_terminal(terminal: Terminal, *, by: Actor) -> Terminal:
    """Put *terminal* into service, for the first time or again."""
    if terminal.commissioned_on is None:
        return _move(terminal, Terminal.State.IN_SERVICE, commissioned_on=timezone.localdate())
    return _move(terminal, Terminal.State.IN_SERVICE)


@action("sensing.retire_terminal", _("Retire"))
def retire_terminal(terminal: Terminal, *, by: Actor) -> Terminal:
    """Retire *terminal* for good and take it down; its code and observations stay."""
    today = timezone.localdate()
    fresh = _move(terminal, Terminal.State.RETIRED, valid_to=today)
    detach(fresh, today)
    fresh.carrier = None
    fresh.save(update_fields=["carrier"])
    return fresh
