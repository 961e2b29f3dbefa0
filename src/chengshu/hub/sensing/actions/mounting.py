"""Terminals on carriers: room is taken under a lock, so no slot and no port is given twice."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.core.records import bulk
from chengshu.core.records.writing import WrongValues
from chengshu.hub.sensing.models import Carrier, Mounting, Terminal
from chengshu.kit.errors import Conflict

TAKEN = ("slots_taken", "power_taken", "network_taken")


class NoRoom(Conflict):
    """The carrier lacks a slot or ports; *where* names it and says what is short."""

    code = "no-room"


@dataclass(frozen=True)
class Place:
    """Where *terminal* shall hang and what it takes; without *slot* the first free one."""

    terminal: Terminal
    carrier: int
    slot: int | None = None
    power_ports: int = 1
    network_ports: int = 1


@action("sensing.mount_terminal", _("Mount on a carrier"))
def mount_terminal(
    terminal: Terminal,
    carrier: Carrier,
    *,
    by: Actor,
    slot: int | None = None,
    power_ports: int = 1,
    network_ports: int = 1,
    from_on: date | None = None,
) -> Terminal:
    """Mount *terminal* that hangs nowhere. Raises NoRoom naming what *carrier* lacks."""
    fresh = _locked(terminal)
    if fresh.carrier_id is not None:
        raise Conflict(_now("It is mounted already: move it."), where={"terminal": fresh.code})
    place = Place(fresh, carrier.pk, slot, power_ports, network_ports)
    attach([place], from_on or timezone.localdate())
    return _hung(fresh, carrier)


@action("sensing.move_terminal", _("Move to another carrier"))
def move_terminal(
    terminal: Terminal,
    carrier: Carrier,
    *,
    by: Actor,
    slot: int | None = None,
    power_ports: int = 1,
    network_ports: int = 1,
    from_on: date | None = None,
) -> Terminal:
    """Take *terminal* down and mount it on *carrier* the same day, or leave all as it was."""
    fresh = _locked(terminal)
    _require_mounted(fresh)
    on = from_on or timezone.localdate()
    _locked_carriers({fresh.carrier_id or 0, carrier.pk})
    note(before=fresh.carrier.code if fresh.carrier else "")
    detach(fresh, on)
    attach([Place(fresh, carrier.pk, slot, power_ports, network_ports)], on)
    return _hung(fresh, carrier)


@action("sensing.unmount_terminal", _("Take down"))
def unmount_terminal(terminal: Terminal, *, by: Actor, until_on: date | None = None) -> Terminal:
    """Take *terminal* down; its room is free again."""
    fresh = _locked(terminal)
    _require_mounted(fresh)
    detach(fresh, until_on or timezone.localdate())
    return _hung(fresh, None)


def _locked(terminal: Terminal) -> Terminal:
    """The terminal as it is now, held until the transaction ends."""
    fresh: Terminal = Terminal.objects.select_for_update().get(pk=terminal.pk)
    if fresh.state == Terminal.State.RETIRED:
        raise Conflict(_now("A retired terminal stays down."), where={"terminal": fresh.code})
    return fresh


def _require_mounted(terminal: Terminal) -> None:
    if terminal.carrier_id is None:
        raise Conflict(_now("It is not mounted anywhere."), where={"terminal": terminal.code})


def _hung(terminal: Terminal, carrier: Carrier | None) -> Terminal:
    terminal.carrier = carrier
    terminal.save(update_fields=["carrier"])
    return terminal


def attach(places: Iterable[Place], on: date) -> None:
    """Take room for all of *places* from *on*, or for none. Raises NoRoom."""
    wanted = list(places)
    carriers = _locked_carriers({place.carrier for place in wanted})
    used = _used_slots(carriers)
    mountings = [_take(carriers[place.carrier], place, used[place.carrier], on) for place in wanted]
    bulk.insert(mountings)
    bulk.update(carriers.values(), TAKEN)


def detach(terminal: Terminal, on: date) -> None:
    """End the mounting of *terminal*, if it has one, and give its room back."""
    mounting = Mounting.objects.filter(terminal=terminal, until_on=None).first()
    if mounting is None:
        return
    if on < mounting.from_on:
        raise WrongValues(
            {"until_on": _now("It was mounted on %(day)s only.") % {"day": mounting.from_on}}
        )
    [carrier] = _locked_carriers({mounting.carrier_id}).values()
    carrier.slots_taken -= 1
    carrier.power_taken -= mounting.power_ports
    carrier.network_taken -= mounting.network_ports
    carrier.save(update_fields=TAKEN)
    mounting.until_on = on
    mounting.save(update_fields=["until_on"])


def _locked_carriers(numbers: Collection[int]) -> dict[int, Carrier]:
    """In one order for everybody, so that two moves never wait for one another."""
    rows = Carrier.objects.select_for_update().filter(pk__in=numbers).order_by("pk")
    return {carrier.pk: carrier for carrier in rows}


def _used_slots(carriers: Iterable[int]) -> dict[int, set[int]]:
    used: dict[int, set[int]] = {number: set() for number in carriers}
    open_ones = Mounting.objects.filter(carrier__in=list(used), until_on=None)
    for carrier, slot in open_ones.values_list("carrier_id", "slot"):
        used[carrier].add(slot or 0)
    return used


def _take(carrier: Carrier, place: Place, used: set[int], on: date) -> Mounting:
    _require_room(carrier, place)
    slot = place.slot or _first_free(carrier, used)
    if slot in used or slot > carrier.slots:
        message = _now("Slot %(slot)s of %(carrier)s is taken, or there is none.")
        said = {"slot": slot, "carrier": carrier}
        raise NoRoom(message % said, where={"carrier": carrier.code, "slot": slot})
    used.add(slot)
    carrier.slots_taken += 1
    carrier.power_taken += place.power_ports
    carrier.network_taken += place.network_ports
    return Mounting(
        terminal_id=place.terminal.pk,
        carrier_id=carrier.pk,
        slot=slot,
        power_ports=place.power_ports,
        network_ports=place.network_ports,
        from_on=on,
    )


def _first_free(carrier: Carrier, used: Collection[int]) -> int:
    return next(n for n in range(1, len(used) + 2) if n not in used)


def _require_room(carrier: Carrier, place: Place) -> None:
    needs: Sequence[tuple[str, str, int, int]] = (
        ("slots", _now("slots"), 1, carrier.free_slots),
        ("power_ports", _now("power ports"), place.power_ports, carrier.free_power),
        ("network_ports", _now("network ports"), place.network_ports, carrier.free_network),
    )
    short = [need for need in needs if need[2] > need[3]]
    if not short:
        return
    parts = [
        _now("%(free)s %(what)s free, %(needed)s needed")
        % {"free": free, "what": what, "needed": needed}
        for _name, what, needed, free in short
    ]
    raise NoRoom(
        _now("%(carrier)s (%(code)s) has no room: %(short)s")
        % {"carrier": carrier, "code": carrier.code, "short": "; ".join(parts)},
        where={
            "carrier": carrier.code,
            "short": {name: {"needed": n, "free": free} for name, _what, n, free in short},
        },
    )
