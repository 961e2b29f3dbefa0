from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from chengshu.core.access.policy import Reach
from chengshu.hub.sensing.ingest.index import StreamIndex, Streams
from chengshu.hub.sensing.ingest.rows import SENT, NamedRows, sort_out
from chengshu.hub.sensing.models import Terminal
from tests.hub.sensing.factories import observed_property, organisation, place, stream, terminal

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVERYWHERE = [Reach(frozenset({"sensing.ingest"}), grade=4)]


@pytest.fixture
def streams() -> Streams:
    observed_property("co", lowest=0.0, highest=1000.0)
    here, there = place("1", place()), place("2", place())
    terminal("T1", ("co",), place=here, grade=2)
    terminal("T2", ("co",), place=there, grade=2)
    terminal("T3", ("co",), place=here, grade=3)
    terminal("T4", ("co",), place=here, grade=2, state=Terminal.State.SUSPENDED)
    terminal("T5", ("co",), place=here, grade=2, owner=organisation("water"))
    return StreamIndex().streams()


def sent(*rows: tuple[str, str, datetime, float]) -> NamedRows:
    numbered = [
        (number, name, code, None, at, value)
        for number, (name, code, at, value) in enumerate(rows, 1)
    ]
    return NamedRows(pl.DataFrame(numbered, schema=SENT, orient="row"))


def sorted_out(parcel: NamedRows, streams: Streams, reaches: list[Reach]) -> pl.DataFrame:
    return sort_out(parcel, parcel.addressed(streams), streams, reaches, NOW)


def number_of(code: str) -> int:
    return stream(Terminal.objects.get(code=code), "co")


def test_a_fit_row_becomes_an_observation_of_its_stream(streams: Streams):
    parcel = sent(("T1", "co", NOW, 1.5))

    fit = sorted_out(parcel, streams, EVERYWHERE)

    assert fit.rows() == [(number_of("T1"), NOW, 1.5, 0)]
    assert parcel.rejected == []


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("T9", "co", NOW, 1.0), "unknown-terminal"),
        (("T1", "so2", NOW, 1.0), "unknown-property"),
        (("T4", "co", NOW, 1.0), "not-in-service"),
        (("T1", "co", NOW, float("nan")), "not-finite"),
        (("T1", "co", NOW, float("inf")), "not-finite"),
        (("T1", "co", NOW, float("-inf")), "not-finite"),
        (("T1", "co", NOW + timedelta(hours=1), 1.0), "far-future"),
        (("T1", "co", datetime(1970, 1, 1, tzinfo=UTC), 1.0), "too-old"),
        (("T1", "co", NOW, -1.0), "out-of-range"),
        (("T1", "co", NOW, 1001.0), "out-of-range"),
    ],
)
def test_an_unfit_row_is_rejected_for_its_reason_and_the_rest_is_kept(
    row: tuple[str, str, datetime, float], reason: str, streams: Streams
):
    parcel = sent(row, ("T2", "co", NOW, 2.0))

    fit = sorted_out(parcel, streams, EVERYWHERE)

    assert fit["datastream"].to_list() == [number_of("T2")]
    assert [(number, code) for number, code, _row in parcel.rejected] == [(1, reason)]


def test_a_token_of_one_district_cannot_speak_for_a_terminal_of_another(streams: Streams):
    district = [Reach(frozenset({"sensing.ingest"}), place_path="/99/1/", grade=4)]
    parcel = sent(("T1", "co", NOW, 1.0), ("T2", "co", NOW, 1.0))

    fit = sorted_out(parcel, streams, district)

    assert fit["datastream"].to_list() == [number_of("T1")]
    assert [(number, code) for number, code, _row in parcel.rejected] == [(2, "not-allowed")]


@pytest.mark.parametrize("other", ["T3", "T5"], ids=["a higher grade", "another owner"])
def test_a_token_of_one_owner_and_grade_is_held_to_it(streams: Streams, other: str):
    reaches = [Reach(frozenset({"sensing.ingest"}), organisation_path="/bureau/", grade=2)]
    parcel = sent(("T1", "co", NOW, 1.0), (other, "co", NOW, 1.0))

    fit = sorted_out(parcel, streams, reaches)

    assert fit["datastream"].to_list() == [number_of("T1")]
    assert [code for _number, code, _row in parcel.rejected] == ["not-allowed"]


def test_a_row_may_name_its_stream_by_number_and_an_unknown_one_is_rejected(streams: Streams):
    wanted = number_of("T1")
    rows = [(1, None, None, wanted, NOW, 1.0), (2, None, None, wanted + 10**6, NOW, 2.0)]
    parcel = NamedRows(pl.DataFrame(rows, schema=SENT, orient="row"))

    fit = sorted_out(parcel, streams, EVERYWHERE)

    assert fit["datastream"].to_list() == [wanted]
    assert [code for _number, code, _row in parcel.rejected] == ["unknown-datastream"]
