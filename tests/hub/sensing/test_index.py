import polars as pl
import pytest

from chengshu.hub.sensing.ingest.index import StreamIndex
from chengshu.hub.sensing.models import Datastream

from .factories import observed_property, terminal

pytestmark = pytest.mark.django_db


def asked(*rows: tuple[str, str]) -> pl.DataFrame:
    schema = {"terminal": pl.String, "property": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_a_terminal_registered_a_moment_ago_is_found_before_its_announcement():
    index = StreamIndex()
    index.frame()
    terminal("T1")

    known = index.look_up(asked(("T1", "temperature")))

    assert known["terminal"].to_list() == ["T1"]


def test_a_terminal_that_nobody_registered_does_not_load_the_index_anew():
    terminal("T1")
    index = StreamIndex()
    before = index.frame()

    assert index.look_up(asked(("T9", "temperature"), ("T1", "snow"))) is before


def test_a_property_added_to_a_known_terminal_is_found():
    spoken = terminal("T1")
    index = StreamIndex()
    index.frame()
    Datastream.objects.create(
        terminal=spoken, observed_property=observed_property("snow"), code="snow"
    )

    known = index.look_up(asked(("T1", "snow")))

    assert sorted(known["property"]) == ["snow", "temperature"]
