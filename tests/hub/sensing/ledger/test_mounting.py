import threading
from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from chengshu.core.records.writing import WrongValues
from chengshu.hub.sensing.actions.mounting import (
    NoRoom,
    mount_terminal,
    move_terminal,
    unmount_terminal,
)
from chengshu.hub.sensing.actions.registration import (
    NewTerminal,
    register_terminals,
    retire_terminal,
)
from chengshu.hub.sensing.models import Carrier, Mounting, Terminal
from chengshu.kit.errors import Conflict, NotAllowed
from tests.core.access.factories import everyone
from tests.hub.sensing.factories import organisation, place, terminal

from .factories import ENGINEER, carrier

pytestmark = pytest.mark.django_db


def free(of: Carrier) -> tuple[int, int, int]:
    of.refresh_from_db()
    return of.free_slots, of.free_power, of.free_network


def test_a_mounted_terminal_takes_a_slot_and_its_ports():
    pole = carrier(slots=4, power_ports=3, network_ports=2)

    mount_terminal(terminal(), pole, by=ENGINEER, power_ports=2, network_ports=1)

    assert free(pole) == (3, 1, 1)
    assert Terminal.objects.get().carrier == pole


@pytest.mark.parametrize(
    ("there", "short"),
    [
        ({"slots": 0}, {"slots": {"needed": 1, "free": 0}}),
        ({"power_ports": 1}, {"power_ports": {"needed": 2, "free": 1}}),
        ({"network_ports": 2}, {"network_ports": {"needed": 3, "free": 2}}),
    ],
)
def test_a_carrier_without_room_refuses_and_says_what_is_short(there, short):
    pole = carrier("P7", **there)

    with pytest.raises(NoRoom) as refusal:
        mount_terminal(terminal(), pole, by=ENGINEER, power_ports=2, network_ports=3)

    assert refusal.value.where == {"carrier": "P7", "short": short}
    assert "P7" in refusal.value.message
    assert not Mounting.objects.exists()


def test_slots_are_given_from_the_first_free_one():
    pole = carrier()
    first, second = terminal("T1"), terminal("T2")
    mount_terminal(first, pole, by=ENGINEER)
    mount_terminal(second, pole, by=ENGINEER)
    unmount_terminal(first, by=ENGINEER)

    mount_terminal(terminal("T3"), pole, by=ENGINEER)

    slots = Mounting.objects.filter(until_on=None).values_list("terminal__code", "slot")
    assert set(slots) == {("T2", 2), ("T3", 1)}


@pytest.mark.parametrize("slot", [1, 9])
def test_a_slot_that_is_taken_or_absent_is_refused(slot):
    pole = carrier(slots=4)
    mount_terminal(terminal("T1"), pole, by=ENGINEER, slot=1)

    with pytest.raises(NoRoom, match=str(slot)):
        mount_terminal(terminal("T2"), pole, by=ENGINEER, slot=slot)


def test_a_move_frees_the_old_carrier_and_keeps_the_history():
    old, new, device = carrier("old"), carrier("new"), terminal()
    mount_terminal(device, old, by=ENGINEER, from_on=date(2026, 1, 5))

    move_terminal(device, new, by=ENGINEER, from_on=date(2026, 3, 1))

    assert (free(old), free(new)) == ((4, 4, 4), (3, 3, 3))
    history = Mounting.objects.values_list("carrier__code", "from_on", "until_on")
    assert list(history) == [
        ("new", date(2026, 3, 1), None),
        ("old", date(2026, 1, 5), date(2026, 3, 1)),
    ]


def test_a_move_to_a_full_carrier_leaves_everything_as_it_was():
    old, full, device = carrier(), carrier(slots=0), terminal()
    mount_terminal(device, old, by=ENGINEER)

    with pytest.raises(NoRoom):
        move_terminal(device, full, by=ENGINEER)

    device.refresh_from_db()
    assert device.carrier == old
    assert free(old) == (3, 3, 3)


def test_a_terminal_hangs_in_one_place_only():
    device = terminal()
    mount_terminal(device, carrier(), by=ENGINEER)

    with pytest.raises(Conflict, match="mounted already"):
        mount_terminal(device, carrier(), by=ENGINEER)


@pytest.mark.parametrize("act", [move_terminal, lambda t, _c, by: unmount_terminal(t, by=by)])
def test_what_hangs_nowhere_can_be_neither_moved_nor_taken_down(act):
    with pytest.raises(Conflict, match="not mounted"):
        act(terminal(), carrier(), by=ENGINEER)


def test_a_terminal_cannot_come_down_before_it_went_up():
    device = terminal()
    mount_terminal(device, carrier(), by=ENGINEER, from_on=date(2026, 5, 1))

    with pytest.raises(WrongValues) as refusal:
        unmount_terminal(device, by=ENGINEER, until_on=date(2026, 4, 30))

    assert set(refusal.value.problems) == {"until_on"}


def test_retiring_takes_a_terminal_down_for_good():
    pole, device = carrier(), terminal()
    mount_terminal(device, pole, by=ENGINEER)

    retired = retire_terminal(device, by=ENGINEER)

    assert free(pole) == (4, 4, 4)
    with pytest.raises(Conflict, match="retired"):
        mount_terminal(retired, pole, by=ENGINEER)


def test_mounting_needs_the_right_on_the_carrier_too():
    theirs = carrier(owner=organisation("other"))
    bounded = everyone("sensing.view_terminal")

    with pytest.raises(NotAllowed):
        mount_terminal(terminal(), theirs, by=bounded)


def new(code: str, on: Carrier) -> NewTerminal:
    return NewTerminal(code, code, "sensor", place(), organisation(), carrier=on)


def test_registration_on_carriers_takes_room_for_each():
    pole = carrier(slots=2)

    register_terminals([new("A", pole), new("B", pole)], by=ENGINEER)

    assert free(pole) == (0, 2, 2)
    assert list(Mounting.objects.order_by("slot").values_list("slot", flat=True)) == [1, 2]


def test_registration_on_a_full_carrier_registers_nothing():
    pole = carrier(slots=1)

    with pytest.raises(NoRoom):
        register_terminals([new("A", pole), new("B", pole)], by=ENGINEER)

    assert not Terminal.objects.exists()
    assert free(pole) == (1, 4, 4)


def test_the_database_itself_refuses_to_take_more_than_there_is():
    pole = carrier(slots=1)

    with pytest.raises(IntegrityError), transaction.atomic():
        Carrier.objects.filter(pk=pole.pk).update(slots_taken=2)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_want_the_last_slot_one_gets_it():
    pole = carrier(slots=1, power_ports=9, network_ports=9)
    devices = [terminal(f"T{n}") for n in range(6)]
    refused: list[str] = []

    def mount(device: Terminal) -> None:
        try:
            mount_terminal(device, pole, by=ENGINEER)
        except NoRoom:
            refused.append(device.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=mount, args=(device,)) for device in devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 5
    assert Mounting.objects.filter(until_on=None).count() == 1
    assert free(pole)[0] == 0
