"""What is remembered of the ledger is always what would be read."""

import threading
from collections.abc import Callable
from datetime import date, timedelta

import polars as pl
import pytest
from django.db import connection, transaction
from django.utils import timezone

from chengshu.core.access.policy import Reach, visible_to
from chengshu.core.places import tree
from chengshu.hub.sensing.models import Datastream, LedgerChange, ObservedProperty, Terminal
from chengshu.hub.sensing.models.requests import ReuseRequest
from chengshu.hub.sensing.remembering import LEAST_BYTES, Memory, forget_changes
from tests.core.access.factories import Reaching
from tests.hub.sensing.factories import organisation, place, terminal

VIEW = "sensing.view_terminal"
COLUMNS = {"pk": pl.Int64, "terminal__place__path": pl.String}

pytestmark = pytest.mark.django_db(transaction=True)


def streams():
    """Those that the office of the place 99 may see: its own, and what others share with it."""
    office = Reach(frozenset({VIEW}), organisation_path="/office/", place_path="/99/", grade=4)
    return visible_to(Datastream.objects.all(), Reaching(office), VIEW)


def read(memory: Memory) -> pl.DataFrame:
    return memory.read(streams(), COLUMNS)


def now() -> list[tuple[object, ...]]:
    return sorted(streams().values_list(*COLUMNS))


@pytest.fixture
def memory() -> Memory:
    """It has read two streams of the office, and knows one of another organisation's."""
    for code in ("A", "B"):
        terminal(code, owner=organisation("office"), place=place("deep", place()))
    terminal("C")
    found = Memory()
    assert len(read(found)) == 2
    return found


def test_what_has_not_changed_is_not_read_again(memory: Memory):
    assert read(memory) is read(memory)


def _a_stream_is_registered() -> None:
    terminal("D", owner=organisation("office"))


def _a_stream_is_removed() -> None:
    Datastream.objects.filter(terminal__code="A").delete()


def _a_terminal_gets_another_owner() -> None:
    Terminal.objects.filter(code="A").update(owner=organisation("bureau"))


def _a_terminal_gets_a_higher_grade() -> None:
    Terminal.objects.filter(code="A").update(grade=5)


def _a_place_is_moved() -> None:
    tree.move(place("deep"), place("elsewhere"))


def _an_organisation_is_moved() -> None:
    tree.move(organisation("office"), organisation("bureau"))


def _a_terminal_is_shared() -> None:
    ReuseRequest.objects.create(
        code="R1",
        terminal=Terminal.objects.get(code="C"),
        organisation=organisation("office"),
        purpose="内涝",
        until_on=date(2100, 1, 1),
        requested_at=timezone.now(),
        granted_at=timezone.now(),
    )


CHANGES = (
    _a_stream_is_registered,
    _a_stream_is_removed,
    _a_terminal_gets_another_owner,
    _a_terminal_gets_a_higher_grade,
    _a_place_is_moved,
    _an_organisation_is_moved,
    _a_terminal_is_shared,
)


@pytest.mark.parametrize("change", CHANGES)
def test_what_has_changed_is_read_again(memory: Memory, change: Callable[[], None]):
    before = sorted(read(memory).rows())

    change()

    assert sorted(read(memory).rows()) == now() != before


def test_a_share_that_ended_is_read_no_more(memory: Memory):
    _a_terminal_is_shared()
    shared = len(read(memory))

    ReuseRequest.objects.update(ended_at=timezone.now())

    assert (shared, len(read(memory))) == (3, 2)


def test_a_change_that_was_begun_before_the_reading_is_seen_when_it_is_committed(memory: Memory):
    """Its number is lower than that of transactions which had ended when the memory looked."""
    has_written, may_commit = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            _a_stream_is_registered()
            has_written.set()
            assert may_commit.wait(30)
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    assert has_written.wait(30)
    _a_terminal_gets_another_owner()
    during = len(read(memory))
    is_remembered = read(memory) is read(memory)
    may_commit.set()
    writer.join()

    assert (during, is_remembered) == (1, True)
    assert sorted(read(memory).rows()) == now()
    assert len(now()) == 2


def test_what_is_undone_was_never_remembered(memory: Memory):
    before = read(memory)

    with transaction.atomic():
        _a_stream_is_removed()
        during = len(read(memory))
        transaction.set_rollback(True)

    assert during == 1
    assert read(memory).rows() == before.rows()


def test_what_stands_on_tables_that_are_not_watched_is_read_each_time():
    memory, columns = Memory(), {"code": pl.String}

    def properties() -> int:
        return len(memory.read(ObservedProperty.objects.all(), columns))

    before = properties()
    ObservedProperty.objects.create(code="other", name="other", unit="1")

    assert properties() == before + 1


def test_somebody_else_reads_what_they_may_see(memory: Memory):
    everything = Datastream.objects.all()
    whole = Reaching(Reach(frozenset({VIEW}), grade=4))

    of_others = memory.read(visible_to(everything, whole, VIEW), COLUMNS)

    assert (len(of_others), len(read(memory))) == (3, 2)


@pytest.mark.parametrize("first", ["A", "a code that nothing has"])
def test_a_full_memory_forgets_what_was_asked_longest_ago(memory: Memory, first: str):
    """What is empty takes its place too: there is no end to such questions."""
    small = Memory(most_bytes=LEAST_BYTES)
    of_first = Datastream.objects.filter(terminal__code=first)
    before = small.read(of_first, COLUMNS)
    of_all = small.read(Datastream.objects.all(), COLUMNS)

    assert small.read(Datastream.objects.all(), COLUMNS) is of_all
    assert small.read(of_first, COLUMNS) is not before


def test_changes_are_kept_until_nobody_asks_for_them(memory: Memory):
    today = timezone.now()
    kept = LedgerChange.objects.count()

    assert forget_changes(today - timedelta(days=2)) == 0
    assert forget_changes(today + timedelta(days=2)) == kept > 0
