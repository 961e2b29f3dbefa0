from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from chengshu.core.access.policy import Reach
from chengshu.hub.sensing.ingest.index import SCHEMA
from chengshu.hub.sensing.ingest.rows import SENT, Parcel, sort_out

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
EVERYWHERE = [Reach(frozenset({"sensing.ingest"}), grade=4)]

STREAMS = pl.DataFrame(
    [
        ("T1", "co", 1, "/99/1/", "/bureau/", 2, True, 0.0, 1000.0),
        ("T2", "co", 2, "/99/2/", "/bureau/", 2, True, 0.0, 1000.0),
        ("T3", "co", 3, "/99/1/", "/bureau/", 3, True, None, None),
        ("T4", "co", 4, "/99/1/", "/bureau/", 2, False, None, None),
    ],
    schema=SCHEMA,
    orient="row",
)


def sent(*rows: tuple[str, str, datetime, float]) -> Parcel:
    numbered = [(number, *row) for number, row in enumerate(rows, 1)]
    return Parcel(pl.DataFrame(numbered, schema=SENT, orient="row"))


def test_a_fit_row_becomes_an_observation_of_its_stream():
    parcel = sent(("T1", "co", NOW, 1.5))

    fit = sort_out(parcel, STREAMS, EVERYWHERE, NOW)

    assert fit.rows() == [(1, NOW, 1.5, 0)]
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
    row: tuple[str, str, datetime, float], reason: str
):
    parcel = sent(row, ("T2", "co", NOW, 2.0))

    fit = sort_out(parcel, STREAMS, EVERYWHERE, NOW)

    assert fit["datastream"].to_list() == [2]
    assert [(number, code) for number, code, _row in parcel.rejected] == [(1, reason)]


def test_a_token_of_one_district_cannot_speak_for_a_terminal_of_another():
    district = [Reach(frozenset({"sensing.ingest"}), place_path="/99/1/", grade=4)]
    parcel = sent(("T1", "co", NOW, 1.0), ("T2", "co", NOW, 1.0))

    fit = sort_out(parcel, STREAMS, district, NOW)

    assert fit["datastream"].to_list() == [1]
    assert [(number, code) for number, code, _row in parcel.rejected] == [(2, "not-allowed")]


def test_a_token_of_one_owner_or_lower_grade_is_held_to_it():
    reaches = [Reach(frozenset({"sensing.ingest"}), organisation_path="/bureau/", grade=2)]
    parcel = sent(("T1", "co", NOW, 1.0), ("T3", "co", NOW, 1.0))

    fit = sort_out(parcel, STREAMS, reaches, NOW)

    assert fit["datastream"].to_list() == [1]
    assert [code for _number, code, _row in parcel.rejected] == ["not-allowed"]
