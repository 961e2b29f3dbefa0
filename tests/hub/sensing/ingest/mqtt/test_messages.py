import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.hub.sensing.ingest.mqtt.messages import Message, as_sent, message_of, moment, read
from chengshu.hub.sensing.ingest.mqtt.reading import READERS
from chengshu.hub.sensing.ingest.rows import REASONS, NamedRows

RECEIVED = 1_767_225_600_000_000
AT = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2026, 1, 1, 8, 30, tzinfo=UTC)


def taken(*sent: tuple[str, bytes]) -> tuple[NamedRows, list[int]]:
    messages = [Message(topic, payload, RECEIVED + n) for n, (topic, payload) in enumerate(sent)]
    found, firsts = read(messages, READERS)
    unmade = [(row, reason, as_sent(message)) for row, reason, message in found.aside]
    parcel = found.parcel()
    parcel.rejected.extend(unmade)
    return parcel, firsts


def rows(*sent: tuple[str, bytes]) -> list[tuple]:
    return taken(*sent)[0].rows.drop("row").rows()


def reasons(*sent: tuple[str, bytes]) -> list[str]:
    return [code for _row, code, _sent in taken(*sent)[0].rejected]


def test_a_plain_number_is_observed_when_it_is_received():
    assert rows(("chengshu/T1/level", b"21.5")) == [("T1", "level", None, AT, 21.5)]


def test_a_number_may_bring_its_time():
    payload = b'{"value": 3, "at": "2026-01-01T16:30:00+08:00"}'

    assert rows(("chengshu/T1/level", payload)) == [("T1", "level", None, LATER, 3.0)]


def test_several_properties_come_in_one_message():
    payload = b'{"at": "2026-01-01T08:30:00Z", "values": {"level": 1, "flow": 2.5}}'

    assert rows(("chengshu/T1", payload)) == [
        ("T1", "level", None, LATER, 1.0),
        ("T1", "flow", None, LATER, 2.5),
    ]


def test_a_list_of_observations_comes_in_one_message():
    payload = b'[{"values": {"level": 1}}, {"at": "2026-01-01T08:30:00Z", "values": {"level": 2}}]'

    assert rows(("chengshu/T1", payload)) == [
        ("T1", "level", None, AT, 1.0),
        ("T1", "level", None, LATER, 2.0),
    ]


def test_an_observation_of_sensorthings_names_its_datastream_in_the_topic():
    payload = b'{"result": 4.5, "phenomenonTime": "2026-01-01T08:30:00Z"}'

    assert rows(("v1.1/Datastreams(7)/Observations", payload)) == [(None, None, 7, LATER, 4.5)]


def test_an_observation_of_sensorthings_names_its_datastream_in_the_body():
    payload = b'{"result": 4.5, "Datastream": {"@iot.id": 7}}'

    assert rows(("v1.1/Observations", payload)) == [(None, None, 7, AT, 4.5)]


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("chengshu/T1/level", b"warm", "not-a-number"),
        ("chengshu/T1/level", b"", "not-a-number"),
        ("chengshu/T1/level", b"1_000", "not-a-number"),
        ("chengshu/T1/level", b"nan", "not-finite"),
        ("chengshu/T1/level", b"-inf", "not-finite"),
        ("chengshu/T1/level", b"1e999", "not-finite"),
        ("chengshu/T1/level", b"true", "not-a-number"),
        ("chengshu/T1/level", b'{"value": "12"}', "not-a-number"),
        ("chengshu/T1/level", b'{"value": 1, "at": "yesterday"}', "bad-time"),
        ("chengshu/T1/level", b'{"value": 1, "at": "2026-01-01T00:00:00"}', "bad-time"),
        ("chengshu/T1/level", b'{"value": 1, "at": 0}', "bad-time"),
        ("chengshu/T1/level", b"\xff\xfe", "not-a-number"),
        ("chengshu/T1", b"12", "bad-row"),
        ("chengshu/T1", b"[]", "bad-row"),
        ("chengshu/T1", b'{"values": {}}', "bad-row"),
        ("chengshu/T1", b'{"values": {"a\\u0000": 1}}', "bad-row"),
        ("chengshu/T1/level/more", b"1", "bad-topic"),
        ("chengshu", b"1", "bad-topic"),
        ("chengshu/errors/me", b"1", "bad-topic"),
        ("home/T1/level", b"1", "bad-topic"),
        ("v1.1/Things", b"{}", "bad-topic"),
        ("v1.1/Datastreams(7)", b"{}", "bad-topic"),
        ("v1.1/Datastreams(x)/Observations", b"{}", "bad-topic"),
        ("v1.1/Observations", b'{"result": 1}', "bad-row"),
        ("v1.1/Observations", b'{"result": 1, "Datastream": {"@iot.id": true}}', "bad-row"),
        ("v1.1/Datastreams(7)/Observations", b"[1]", "bad-row"),
        ("v1.1/Datastreams(7)/Observations", b'{"result": "open"}', "not-a-number"),
        (
            "v1.1/Datastreams(7)/Observations",
            b'{"result": 1, "phenomenonTime": "2026-01-01T00:00:00Z/2026-01-01T01:00:00Z"}',
            "bad-time",
        ),
    ],
)
def test_what_cannot_be_stored_is_rejected_with_its_reason(topic: str, payload: bytes, reason: str):
    assert reasons((topic, payload)) == [reason]


def test_a_rejected_message_is_kept_as_it_was_sent():
    parcel, _firsts = taken(("chengshu/T1/level", b"war\0m"))

    assert parcel.rejected[0][2] == {"topic": "chengshu/T1/level", "payload": "war\ufffdm"}


def test_every_row_is_traced_to_its_message():
    parcel, firsts = taken(
        ("chengshu/T1/level", b"1"),
        ("chengshu/T1", b'{"values": {"level": 1, "flow": 2}}'),
        ("chengshu/T1/level", b"no"),
    )

    numbers = [*parcel.rows["row"], *(row for row, _code, _sent in parcel.rejected)]
    assert [message_of(row, firsts) for row in sorted(numbers)] == [0, 1, 1, 2]


levels = st.sampled_from(["chengshu", "v1.1", "T1", "level", "Observations", "Datastreams(7)", ""])
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["value", "values", "at", "result", "Datastream", "@iot.id", "level"]),
            inner,
        )
    ),
    max_leaves=8,
)
payloads = st.binary(max_size=30) | values.map(lambda value: json.dumps(value).encode())


@given(st.lists(st.tuples(st.lists(levels, min_size=1, max_size=4).map("/".join), payloads)))
def test_every_message_becomes_at_least_one_row_or_rejection(sent: list[tuple[str, bytes]]):
    known = [one for one in sent if "Datastreams" not in one[0] and b"@iot.id" not in one[1]]

    parcel, firsts = taken(*known)

    numbers = {*parcel.rows["row"], *(row for row, _code, _sent in parcel.rejected)}
    assert {message_of(row, firsts) for row in numbers} == set(range(len(known)))
    assert {code for _row, code, _sent in parcel.rejected} <= set(REASONS)


@pytest.mark.parametrize("sent", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00"])
def test_the_ends_of_time_are_numbers_too(sent: str):
    assert isinstance(moment(sent), int)
