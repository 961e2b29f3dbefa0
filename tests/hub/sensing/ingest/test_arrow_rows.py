from datetime import UTC, datetime
from io import BytesIO

import polars as pl
import pytest

from chengshu.hub.sensing.ingest import arrow_rows
from chengshu.hub.sensing.ingest.json_rows import BadBody

AT = datetime(2026, 1, 1, tzinfo=UTC)


def body(frame: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    frame.write_ipc_stream(buffer)
    return buffer.getvalue()


def sent(**columns: object) -> pl.DataFrame:
    return pl.DataFrame({"datastream": [1, 2], "at": [AT, AT], "value": [1.0, 2.0]} | columns)


def test_a_stream_is_read_with_or_without_quality():
    plain = arrow_rows.read(body(sent()))
    marked = arrow_rows.read(body(sent(quality=[0, 2])))

    assert plain.rows["quality"].to_list() == [0, 0]
    assert marked.rows["quality"].to_list() == [0, 2]


@pytest.mark.parametrize("unit", ["ns", "us", "ms"])
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Shanghai"])
def test_times_of_every_unit_and_zone_are_the_same_instant(unit: str, zone: str | None):
    at = pl.Series([AT, AT]).dt.cast_time_unit(unit)
    at = at.dt.convert_time_zone(zone) if zone else at.dt.replace_time_zone(None)

    parcel = arrow_rows.read(body(sent(at=at)))

    assert parcel.rows["at"].to_list() == [int(AT.timestamp() * 1_000_000)] * 2


@pytest.mark.parametrize(
    "bad",
    [b"", b"ARROW1", b"\x00" * 64, body(sent())[:40], body(sent().clear())],
    ids=["empty", "magic", "zeros", "cut", "no rows"],
)
def test_what_is_no_arrow_stream_is_refused_whole(bad: bytes):
    with pytest.raises(BadBody):
        arrow_rows.read(bad)


@pytest.mark.parametrize(
    ("column", "values"),
    [("datastream", ["a", "b"]), ("at", [1, 2]), ("value", ["1", "2"])],
)
def test_a_column_of_the_wrong_type_or_none_is_named(column: str, values: list):
    for frame in (sent(**{column: values}), sent().drop(column)):
        with pytest.raises(BadBody) as refused:
            arrow_rows.read(body(frame))

        assert refused.value.where == {"column": column}


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"at": [None, AT]}, "bad-time"),
        ({"value": [None, 2.0]}, "not-a-number"),
        ({"datastream": [None, 2]}, "bad-row"),
        ({"quality": [99, 0]}, "bad-row"),
        ({"quality": [None, 0]}, "bad-row"),
    ],
)
def test_a_row_with_a_gap_is_rejected_alone(columns: dict, reason: str):
    parcel = arrow_rows.read(body(sent(**columns)))

    assert [(number, code) for number, code, _sent in parcel.rejected] == [(1, reason)]
    assert parcel.numbers.tolist() == [2]
