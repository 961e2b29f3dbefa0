import json
from datetime import UTC, datetime

import pytest

from chengshu.hub.sensing.ingest import json_rows


def body(*observations: object) -> bytes:
    return json.dumps(list(observations)).encode()


def test_one_object_is_one_observation_with_a_row_per_value():
    sent = {"terminal": "T1", "at": "2026-01-01T08:00:00+08:00", "values": {"co": 1, "so2": 2.5}}

    parcel = json_rows.read(json.dumps(sent).encode())

    at = datetime(2026, 1, 1, tzinfo=UTC)
    assert parcel.rows.rows() == [
        (1, "T1", "co", None, at, 1.0),
        (2, "T1", "so2", None, at, 2.5),
    ]
    assert parcel.rejected == []


@pytest.mark.parametrize(
    "sent",
    [b"", b"{", b"[]", b"3", b'"x"', b"null", b'[{"terminal": NaN}]', b"\xff\xfe", b"[1,"],
)
def test_a_body_that_holds_no_observations_is_refused_whole(sent: bytes):
    with pytest.raises(json_rows.BadBody) as refused:
        json_rows.read(sent)

    assert refused.value.code == "bad-body"


@pytest.mark.parametrize(
    ("at", "value", "reason"),
    [
        ("2026-01-01T08:00:00", 1, "bad-time"),
        ("yesterday", 1, "bad-time"),
        (1767225600, 1, "bad-time"),
        ("0001-01-01T00:00:00+08:00", 1, "bad-time"),
        ("2026-01-01T08:00:00Z", "12", "not-a-number"),
        ("2026-01-01T08:00:00Z", True, "not-a-number"),
        ("2026-01-01T08:00:00Z", None, "not-a-number"),
        ("2026-01-01T08:00:00Z", [1], "not-a-number"),
    ],
)
def test_a_bad_value_or_time_rejects_its_row_alone(at: object, value: object, reason: str):
    good = {"terminal": "T1", "at": "2026-01-01T08:00:00Z", "values": {"co": 1}}

    parcel = json_rows.read(body({"terminal": "T1", "at": at, "values": {"co": value}}, good))

    assert [(row, code) for row, code, _sent in parcel.rejected] == [(1, reason)]
    assert parcel.rows["row"].to_list() == [2]


@pytest.mark.parametrize(
    "sent",
    [
        7,
        {},
        {"terminal": 1, "at": "2026-01-01T08:00:00Z", "values": {"co": 1}},
        {"terminal": "T1", "values": {"co": 1}},
        {"terminal": "T1", "at": "2026-01-01T08:00:00Z", "values": {}},
        {"terminal": "T1", "at": "2026-01-01T08:00:00Z", "values": [1]},
    ],
)
def test_what_is_no_observation_is_rejected_as_one_row(sent: object):
    parcel = json_rows.read(body(sent))

    assert [(row, code) for row, code, _sent in parcel.rejected] == [(1, "bad-row")]
