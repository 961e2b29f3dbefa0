import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

import pytest
from django.db import connection, transaction
from django.utils import timezone

from chengshu.core.events import dispatch
from chengshu.core.events.models import Delivery, OutboxEvent
from chengshu.core.events.outbox import Event, Subscriber, emit, event_types, subscribers
from chengshu.core.places.models import Place
from tests.core.access.factories import make_place

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class LampFailed(Event):
    type: ClassVar[str] = "lamp.failed"
    permission: ClassVar[str] = "lamps.view_lamp"
    lamp: str


class Heard:
    """A subscriber that remembers what it was told, and fails while *broken*."""

    def __init__(self, name: str = "first") -> None:
        self.lamps: list[str] = []
        self.broken = False
        self.subscriber = Subscriber(name, LampFailed, self.hear)

    def hear(self, happened: LampFailed) -> None:
        if self.broken:
            raise ArithmeticError("not now")
        self.lamps.append(happened.lamp)


@pytest.fixture(autouse=True)
def _lamp_failed():
    with event_types.temporarily(LampFailed.type, LampFailed):
        yield


@pytest.fixture
def heard():
    listener = Heard()
    with subscribers.temporarily("first", listener.subscriber):
        yield listener


def deliver_later() -> int:
    """As if the waiting time of every retry were over."""
    OutboxEvent.objects.update(retry_at=timezone.now() - timedelta(seconds=1))
    return dispatch.deliver_waiting()


def test_events_are_delivered_once_in_order(heard):
    for lamp in "abc":
        emit(LampFailed(lamp))

    dispatch.deliver_waiting()
    dispatch.deliver_waiting()

    assert heard.lamps == ["a", "b", "c"]
    assert not OutboxEvent.objects.filter(delivered_at=None).exists()


def test_event_carries_the_row_rights_of_what_it_is_about():
    place = make_place("41")

    row = emit(LampFailed("a"), on=place)

    assert (row.place_path, row.organisation_path, row.grade) == ("/41/", "*", 1)


def test_repeated_key_tells_the_world_once(heard):
    first = emit(LampFailed("a"), key="lamp a")
    second = emit(LampFailed("a"), key="lamp a")

    dispatch.deliver_waiting()

    assert first == second
    assert heard.lamps == ["a"]


def test_rolled_back_change_tells_nothing(heard):
    with pytest.raises(ArithmeticError):
        emit_and_fail()

    assert dispatch.deliver_waiting() == 0
    assert heard.lamps == []


@transaction.atomic
def emit_and_fail() -> None:
    emit(LampFailed("a"))
    raise ArithmeticError


def test_failing_subscriber_is_told_again_while_the_other_has_been_told(heard):
    other = Heard("other")
    heard.broken = True
    with subscribers.temporarily("other", other.subscriber):
        emit(LampFailed("a"))
        dispatch.deliver_waiting()
        heard.broken = False
        deliver_later()

    assert heard.lamps == other.lamps == ["a"]
    assert "not now" in OutboxEvent.objects.get().trouble


def test_failed_event_waits_ever_longer_and_holds_up_nobody(heard):
    heard.broken = True
    emit(LampFailed("a"))
    waits = []
    for _ in range(3):
        deliver_later()
        row = OutboxEvent.objects.get()
        waits.append(round((row.retry_at - timezone.now()).total_seconds()))
    heard.broken = False
    emit(LampFailed("b"))

    dispatch.deliver_waiting()

    assert waits == [1, 5, 30]
    assert heard.lamps == ["b"]


@pytest.mark.parametrize(
    "change", [{"type": "forgotten.kind"}, {"body": {"pole": "a"}}], ids=["type", "fields"]
)
def test_event_nobody_can_read_any_more_is_kept_with_the_reason_and_holds_up_nobody(heard, change):
    emit(LampFailed("a"))
    OutboxEvent.objects.update(**change)
    emit(LampFailed("b"))

    dispatch.deliver_waiting()

    assert heard.lamps == ["b"]
    assert OutboxEvent.objects.get(delivered_at=None).trouble


def test_writing_of_a_failed_subscriber_is_undone(heard):
    def write_and_fail(happened: LampFailed) -> None:
        make_place("half-done")
        raise ArithmeticError

    with subscribers.temporarily("first", Subscriber("first", LampFailed, write_and_fail)):
        emit(LampFailed("a"))
        dispatch.deliver_waiting()

    assert not Delivery.objects.exists()
    assert make_place("half-done").pk


@pytest.mark.django_db(transaction=True)
def test_several_dispatchers_tell_each_event_once(heard):
    for number in range(60):
        emit(LampFailed(str(number)))
    start = threading.Barrier(4)

    def work(_: int) -> None:
        start.wait()
        while dispatch.deliver_waiting(5):
            pass
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))

    assert sorted(heard.lamps, key=int) == [str(number) for number in range(60)]
    assert Delivery.objects.count() == 60


KILLED = """
import os, signal, sys
from dataclasses import dataclass
from typing import ClassVar
import django
from django.conf import settings
settings.DATABASES["default"]["NAME"] = sys.argv[1]
django.setup()
from chengshu.core.events import dispatch
from chengshu.core.events.outbox import Event, Subscriber, event_types, subscribers
from chengshu.core.places.models import Place

@dataclass(frozen=True)
class LampFailed(Event):
    type: ClassVar[str] = "lamp.failed"
    permission: ClassVar[str] = "lamps.view_lamp"
    lamp: str

def mark(happened):
    Place.objects.create(code=happened.lamp, name="told", level="cell", path=happened.lamp)

def die(happened):
    os.kill(os.getpid(), signal.SIGKILL)

with (
    event_types.temporarily("lamp.failed", LampFailed),
    subscribers.temporarily("first", Subscriber("first", LampFailed, mark)),
    subscribers.temporarily("second", Subscriber("second", LampFailed, die)),
):
    dispatch.deliver_waiting()
"""


@pytest.mark.django_db(transaction=True)
def test_worker_killed_between_two_subscribers_tells_neither_twice():
    emit(LampFailed("a"))
    name = connection.settings_dict["NAME"]
    killed = subprocess.run([sys.executable, "-c", KILLED, name], check=False)
    first, second = Heard("first"), Heard("second")

    with (
        subscribers.temporarily("first", first.subscriber),
        subscribers.temporarily("second", second.subscriber),
    ):
        dispatch.deliver_waiting()

    assert killed.returncode == -signal.SIGKILL
    assert not Place.objects.exists()
    assert first.lamps == second.lamps == ["a"]
