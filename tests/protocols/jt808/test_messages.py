from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chengshu.kit.codec import BadFrame
from chengshu.protocols.jt808 import (
    CODEC,
    Alarm,
    Header,
    Item,
    Location,
    Message,
    Package,
    decode,
    encode,
    extras,
    moment_digits,
    parameter_octets,
    parameter_value,
    tyre_pressures,
)
from chengshu.protocols.jt808.bodies import Authentication, GeneralReply, LocationBatch, Raw
from chengshu.protocols.jt808.frame import build, escaped, parse, unescaped
from tests.protocols.jt808.strategies import (
    SHAPES,
    any_location,
    bodies,
    headers,
    location_messages,
)

HEADER = Header(0x0200, "012345678901", 7)
LOCATION = Location(0b11, 0b1110, 30_500_000, 120_000_001, 12, 605, 359, "260102030405")


@pytest.mark.parametrize(("message_id", "shape"), SHAPES)
@settings(max_examples=15)
@given(data=st.data())
def test_every_layout_comes_back_from_its_frame(
    message_id: int, shape: Any, data: st.DataObject
) -> None:
    message = Message(
        data.draw(headers(message_id, is_2019=shape.fixed.get("form") == "2019")),
        data.draw(bodies(shape)),
    )

    assert decode(encode(message)) == message


@given(location_messages())
def test_locations_come_back_from_their_frame(message: Message) -> None:
    assert decode(encode(message)) == message


@given(st.binary(max_size=60))
def test_escapes_hide_every_flag_and_are_undone(octets: bytes) -> None:
    hidden = escaped(octets)

    assert b"\x7e" not in hidden
    assert unescaped(hidden) == octets


def test_coordinates_take_their_sign_from_the_status() -> None:
    assert LOCATION.point == (-120.000001, -30.5)


def test_coordinates_in_twos_complement_are_understood() -> None:
    location = replace(LOCATION, latitude_raw=2**32 - 30_500_000, status=0b0110)

    assert location.point == (120.000001, -30.5)


def test_a_location_says_when_it_was_and_what_is_wrong() -> None:
    assert LOCATION.time == datetime(2026, 1, 1, 19, 4, 5, tzinfo=UTC)
    assert moment_digits(datetime(2026, 1, 1, 19, 4, 5, tzinfo=UTC)) == "260102030405"
    assert LOCATION.alarms == (Alarm.EMERGENCY, Alarm.OVERSPEED)
    assert LOCATION.speed_kmh == 60.5
    assert replace(LOCATION, altitude=0xFFFF).signed_altitude == -1
    assert replace(LOCATION, status=0x300).load == 3


@pytest.mark.parametrize("digits", ["000000000000", "260231000000", "26010203040a"])
def test_digits_that_are_no_time_read_as_none(digits: str) -> None:
    assert replace(LOCATION, time_digits=digits).time is None


def test_an_item_longer_than_the_rest_ends_the_items_and_is_kept() -> None:
    body = encode(Message(HEADER, replace(LOCATION, tail=b"\x01\x04\x00")))

    location = decode(body).body

    assert isinstance(location, Location)
    assert (location.items, location.tail) == ((), b"\x01\x04\x00")


def test_items_of_another_length_are_the_vendors_own() -> None:
    items = [Item(0x01, b"\x00\x00\x00\x0b"), Item(0x06, b"\xff\xfe"), Item(0x02, b"\x01")]

    assert extras(items) == {"mileage_km": 1.1, "cabin_temperature_c": -2}


def test_tyre_pressures_have_no_value_for_a_wheel_without_a_sensor() -> None:
    pressures = tyre_pressures([Item(0x05, b"\x37\xff" + bytes(28))])

    assert pressures is not None
    assert pressures[:3] == [0x37, None, 0]


def test_a_batch_keeps_what_comes_before_the_damage() -> None:
    whole = encode(Message(replace(HEADER, message_id=0x0704), LocationBatch(1, 0, (LOCATION,))))
    octets = parse(whole).body + b"\x00\x1c\x00"
    frame = build(replace(HEADER, message_id=0x0704), b"\x00\x02" + octets[2:])

    batch = decode(frame).body

    assert isinstance(batch, LocationBatch)
    assert (batch.locations, batch.remainder) == ((LOCATION,), b"\x00\x1c\x00")
    assert CODEC.decode(frame).fields["body"]["remainder_hex"] == "001c00"


def test_a_terminal_of_2013_that_sets_the_version_bit_is_told_by_its_length() -> None:
    header = Header(0x0102, "010030000681", 1, version_flag=True)

    read = decode(encode(Message(header, Authentication("J10030000681"))))

    assert read.header.is_2013_forced
    assert read.body == Authentication("J10030000681")


def test_an_encrypted_body_stays_bytes() -> None:
    header = replace(HEADER, encryption=1)

    assert decode(build(header, b"\x01\x02")).body == Raw(b"\x01\x02")
    assert CODEC.decode(build(header, b"\x01\x02")).fields["encryption"] == 1


def test_a_later_part_of_a_split_message_is_bytes_only() -> None:
    frame = build(replace(HEADER, package=Package(2, 2)), b"\x01\x02")

    fields = CODEC.decode(frame).fields

    assert fields["body_hex"] == "0102"
    assert "body" not in fields


def test_a_body_that_does_not_fit_its_layout_is_valid_and_stays_bytes() -> None:
    frame = build(replace(HEADER, message_id=0x8001), b"\x01")

    assert decode(frame).body == Raw(b"\x01")
    assert CODEC.decode(frame).fields["body"] == {"body_hex": "01"}


def test_messages_outside_the_main_body_names_are_shown_beside_their_bytes() -> None:
    fields = CODEC.decode(build(replace(HEADER, message_id=0x8203), bytes(6))).fields

    assert fields["body"] == {"body_hex": "000000000000"}
    assert fields["content"] == {"alarm_serial": 0, "alarms": 0}


GOOD = build(HEADER, bytes(28))


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"", "delimiter"),
        (b"\x7e", "delimiter"),
        (GOOD[:-1], "delimiter"),
        (GOOD + GOOD, "delimiter"),
        (GOOD[:5] + b"\x7d\x03" + GOOD[5:], "escape"),
        (b"\x7e\x00\x02\x7e", "length"),
        (GOOD[:-2] + bytes([GOOD[-2] ^ 1]) + GOOD[-1:], "bcc"),
        (GOOD[:-1] + b"\x00" + GOOD[-1:], "length"),
    ],
)
def test_a_broken_frame_is_refused_with_its_reason(frame: bytes, reason: str) -> None:
    with pytest.raises(BadFrame) as refusal:
        decode(frame)

    assert refusal.value.reason == reason


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (Message(HEADER, Raw(bytes(1024))), "length"),
        (Message(replace(HEADER, phone="1" * 13), Raw(b"")), "phone"),
        (Message(replace(HEADER, phone="x"), Raw(b"")), "phone"),
        (Message(HEADER, GeneralReply(1, 2, 0)), "body"),
        (Message(replace(HEADER, message_id=0x8001), GeneralReply(1, 2, 256)), "body"),
    ],
)
def test_what_does_not_fit_is_not_encoded(message: Message, reason: str) -> None:
    with pytest.raises(BadFrame) as refusal:
        encode(message)

    assert refusal.value.reason == reason


@given(any_location)
def test_json_of_a_location_names_its_coordinates_in_degrees(location: Location) -> None:
    body = CODEC.decode(encode(Message(HEADER, location))).fields["body"]

    assert -2148 < body["latitude"] < 2148
    assert body["latitude_raw"] == location.latitude_raw


@pytest.mark.parametrize(
    ("number", "value", "octets"),
    [
        (0x0001, 60, b"\x00\x00\x00\x3c"),
        (0x0031, 300, b"\x01\x2c"),
        (0x0084, 2, b"\x02"),
        (0x0083, "粤A12345", "粤A12345".encode("gbk")),
    ],
)
def test_parameters_have_the_type_of_their_id(number: int, value: int | str, octets: bytes) -> None:
    assert parameter_octets(number, value) == octets
    assert parameter_value(number, octets) == value


def test_a_parameter_unknown_or_of_another_size_has_no_meaning() -> None:
    assert parameter_value(0xF364, b"\x01") is None
    assert parameter_value(0x0001, b"\x01") is None


@pytest.mark.parametrize("value", ["60", -1, 2**32])
def test_a_value_that_a_parameter_cannot_have_is_refused(value: int | str) -> None:
    with pytest.raises(ValueError, match="no value of parameter 0x0001"):
        parameter_octets(0x0001, value)
