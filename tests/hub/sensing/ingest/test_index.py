import polars as pl
import pytest

from chengshu.hub.sensing.ingest.index import NO_PROPERTY, NO_TERMINAL, StreamIndex
from chengshu.hub.sensing.models import Datastream
from tests.hub.sensing.factories import observed_property, stream, terminal

pytestmark = pytest.mark.django_db


def position(index: StreamIndex, name: str, code: str) -> int:
    return int(index.streams().named(pl.Series([name]), pl.Series([code]))[0])


def test_a_stream_is_found_by_the_code_its_terminal_gives_it():
    made = terminal("T1", ("noise", "temperature"))
    index = StreamIndex()

    streams = index.streams()

    found = streams.datastream[position(index, "T1", "temperature")]
    assert found == stream(made, "temperature")


def test_unknown_terminals_and_unknown_properties_are_told_apart():
    terminal("T1")
    index = StreamIndex()

    assert position(index, "T9", "temperature") == NO_TERMINAL
    assert position(index, "T1", "snow") == NO_PROPERTY


def test_a_stream_is_found_by_its_number():
    made = terminal("T1", ("noise", "temperature"))
    streams = StreamIndex().streams()
    wanted = stream(made, "noise")

    found = streams.numbered(pl.Series([wanted, wanted + 1_000_000]).to_numpy())

    assert streams.datastream[found[0]] == wanted
    assert found[1] == NO_TERMINAL


def test_an_empty_ledger_knows_nothing():
    index = StreamIndex()

    assert position(index, "T1", "temperature") == NO_TERMINAL
    assert index.streams().numbered(pl.Series([1]).to_numpy()).tolist() == [NO_TERMINAL]


def test_a_terminal_registered_a_moment_ago_is_found_before_its_announcement():
    index = StreamIndex()
    index.streams()
    terminal("T1")

    index.after([{"terminal": "T1", "property": "temperature"}])

    assert position(index, "T1", "temperature") >= 0


def test_a_terminal_that_nobody_registered_does_not_load_the_index_anew():
    terminal("T1")
    index = StreamIndex()
    before = index.streams()

    after = index.after(
        [{"terminal": "T9", "property": "temperature"}, {"terminal": "T1", "property": "snow"}]
    )

    assert after is before


def test_a_property_added_to_a_known_terminal_is_found():
    spoken = terminal("T1")
    index = StreamIndex()
    index.streams()
    made = Datastream.objects.create(
        terminal=spoken, observed_property=observed_property("snow"), code="snow"
    )

    index.after([{"datastream": made.pk}])

    assert position(index, "T1", "snow") >= 0
