"""The devices of the demonstration city against a real ingest process."""

import threading

import pytest

from chengshu.hub.sensing.demo.speaking import speak
from chengshu.hub.sensing.demo.spoken import FLEETS, address_of, password_of

from .lines import Ports, device, eventually_true, stored

pytestmark = pytest.mark.django_db(transaction=True)


def test_devices_of_every_protocol_are_heard(ports: Ports):
    for fleet in FLEETS:
        address = address_of(fleet.protocol, f"D-{fleet.code}", 1)
        secret = password_of(address)
        device(fleet.protocol, address, f"D-{fleet.code}", tuple(fleet.intervals), secret=secret)
    stop = threading.Event()
    speaking = threading.Thread(target=speak, args=("127.0.0.1", ports.of, stop))
    speaking.start()

    heard = eventually_true(
        lambda: all(set(stored(f"D-{fleet.code}")) == set(fleet.intervals) for fleet in FLEETS), 20
    )

    stop.set()
    speaking.join()
    assert heard
