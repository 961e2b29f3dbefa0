import threading

import pytest
from django.db import connection, transaction

from chengshu.core.events.models import OutboxEvent
from chengshu.core.events.outbox import emit
from chengshu.core.notify.frames import Cursor
from chengshu.core.notify.past import events_since, now

from .factories import LampFailed

pytestmark = pytest.mark.django_db(transaction=True)


def ids(cursor: Cursor) -> list[int]:
    return [frame.id for frame in events_since(cursor).frames]


def test_events_after_a_cursor_are_told_once_in_order():
    emit(LampFailed("before"))
    start = now()
    rows = [emit(LampFailed(lamp)) for lamp in "abc"]

    missed = events_since(start)

    assert [frame.id for frame in missed.frames] == [row.id for row in rows]
    assert ids(missed.end) == []


def test_event_committed_late_under_an_early_id_is_not_missed():
    start = now()
    has_begun, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            emit(LampFailed("early id, late commit"))
            has_begun.set()
            may_commit.wait(10)
        connection.close()

    other = threading.Thread(target=slow)
    other.start()
    has_begun.wait(10)
    quick = emit(LampFailed("quick"))
    first = events_since(start)
    may_commit.set()
    other.join()

    second = events_since(first.end)

    late = OutboxEvent.objects.exclude(id=quick.id).get()
    assert late.id < quick.id
    assert [frame.id for frame in first.frames] == [quick.id]
    assert late.id in [frame.id for frame in second.frames]
    assert {frame.id for frame in second.frames} - {late.id} <= first.open


def test_cursor_of_a_frame_repeats_what_came_after_it():
    start = now()
    emit(LampFailed("a"))
    cursor = Cursor.parse(events_since(start).frames[-1].text.split(b"\n")[0][4:].decode())
    later = emit(LampFailed("b"))

    assert cursor
    assert ids(cursor) == [later.id]


def test_too_much_is_a_gap():
    start = now()
    for number in range(4):
        emit(LampFailed(str(number)))

    assert events_since(start, most=3).is_gap
    assert not events_since(start, most=4).is_gap


@pytest.mark.parametrize("text", ["", "7", "a.b", "1.", ".1", "-1.2", "1.2.3", "9" * 50 + ".1"])
def test_anything_else_is_no_cursor(text):
    assert Cursor.parse(text) is None
