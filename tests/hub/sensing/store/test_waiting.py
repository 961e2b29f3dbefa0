"""When a group of hand-ins is closed."""

from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest

from chengshu.hub.sensing.store.batches import prepared
from chengshu.hub.sensing.store.waiting import HandIn, Pace, WaitingRoom

from .factories import observations

PATIENT = Pace(window_seconds=60, lull_seconds=0.001, worth_rows=1)


def _room(pace: Pace) -> WaitingRoom:
    """A room whose first group, which goes at once, has gone."""
    room = WaitingRoom(pace)
    room.enter(prepared(observations((1, 0, 1.0))), None)
    room.leave(room.take())
    return room


def _entered(room: WaitingRoom, stream: int, *, is_expected: bool = False) -> HandIn:
    return room.enter(prepared(observations((stream, 0, 1.0))), None, is_expected=is_expected)


def _taking(room: WaitingRoom, thread: ThreadPoolExecutor) -> "Future[list[HandIn]]":
    return thread.submit(room.take)


def test_a_group_waits_for_what_is_being_read():
    room = _room(PATIENT)
    with ThreadPoolExecutor(1) as thread:
        room.expect(1)
        first = _entered(room, 1)
        taking = _taking(room, thread)
        assert not wait([taking], timeout=0.2).done

        second = _entered(room, 2, is_expected=True)
        room.expect(-1)

        assert taking.result(10) == [first, second]


@pytest.mark.parametrize("never_comes", [0, 1])
def test_a_group_is_closed_in_time_even_if_what_is_expected_never_comes(never_comes: int):
    room = _room(Pace(window_seconds=0.2, lull_seconds=60, worth_rows=1))
    with ThreadPoolExecutor(1) as thread:
        room.expect(never_comes)
        only = _entered(room, 1)

        assert _taking(room, thread).result(10) == [only]
