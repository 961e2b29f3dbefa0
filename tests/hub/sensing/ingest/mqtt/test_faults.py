"""What the platform's own troubles do to a device: they cost time, never an observation."""

from dataclasses import replace

import pytest
from django.db import OperationalError

from chengshu.hub.sensing.ingest.door import Answer, Door
from chengshu.hub.sensing.ingest.rows import Parcel
from chengshu.hub.sensing.store.waiting import Overloaded
from chengshu.kit.errors import Full

from .conftest import Ground, embedded
from .devices import device

TOPIC = "chengshu/T1/temperature"


class FaultyDoor(Door):
    """Meets *faults* one after the other before it takes anything."""

    def __init__(self, door: Door, *faults: Exception) -> None:
        super().__init__(door.store, door.index)
        self.faults = list(faults)

    def take(self, parcel: Parcel, entrance: str, token: str, key: str | None = None) -> Answer:
        if self.faults:
            raise self.faults.pop(0)
        return super().take(parcel, entrance, token, key)


@pytest.mark.parametrize("qos", [1, 2])
def test_a_message_waits_until_the_fault_is_over_and_is_stored_once(ground: Ground, qos: int):
    door = FaultyDoor(
        ground.door, Overloaded("busy"), Full("no space"), OperationalError("restarting")
    )
    with embedded(replace(ground, door=door)) as port, device(port, ground.token) as sender:
        sender.publish(TOPIC, "20", qos)

        assert ground.values() == [20.0]

    assert door.faults == []
    assert ground.fates() == {"stored": 1, "duplicate": 0, "rejected": 0}


@pytest.mark.parametrize("qos", [1, 2])
def test_a_message_that_met_a_bug_is_not_acknowledged_and_may_come_again(ground: Ground, qos: int):
    door = FaultyDoor(ground.door, RuntimeError("a bug"))
    with embedded(replace(ground, door=door)) as port, device(port, ground.token) as sender:
        sender.publish(TOPIC, "20", qos)

        assert sender.is_gone.is_set()
        assert ground.values() == [20.0]
