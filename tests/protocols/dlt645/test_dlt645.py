from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kit.codec import BadFrame, Spoilt
from chengshu.protocols.dlt645 import (
    CODEC,
    Frame,
    Reader,
    Reading,
    Request,
    Switch,
    broadcast_time,
    decode,
    encode,
    quantity,
    read,
    read_address,
    read_following,
    switch,
)
from chengshu.protocols.dlt645.messages import (
    ChangePassword,
    Clock,
    Failure,
    Freeze,
    MeterAddress,
    Plain,
    Write,
    read_message,
)

METER = "123456789012"
KEY = b"\x02\x00\x00\x00"


def reading(di: str, value: str) -> dict[str, object]:
    """The fields of an answer with *value* written the way people do, highest byte first."""
    control = 0x91 if len(di) == 8 else 0x81
    octets = encode(Frame(METER, control, Reading(di, bytes.fromhex(value)[::-1])))
    return dict(CODEC.decode(octets).fields)


@given(
    control=st.integers(0, 255),
    data=st.binary(max_size=200),
    address=st.binary(min_size=6, max_size=6).map(bytes.hex),
    preamble=st.integers(0, 4),
)
def test_a_frame_comes_back(control: int, data: bytes, address: str, preamble: int) -> None:
    frame = Frame(address, control, read_message(control, data), preamble)

    assert frame.message.octets == data
    assert decode(encode(frame)) == frame
    assert Reader().feed(encode(frame)) == [encode(frame)]


@pytest.mark.parametrize(
    ("di", "sent", "name", "value", "unit"),
    [
        ("00010000", "12345678", "forward active energy total", 123456.78, "kWh"),
        ("00020000", "00000100", "reverse active energy total", 1.0, "kWh"),
        ("00000000", "80000150", "combined active energy", -1.5, "kWh"),
        ("00030000", "00000200", "combined reactive energy 1 total", 2.0, "kvarh"),
        ("00010201", "00000300", "forward active energy peak, settlement 1", 3.0, "kWh"),
        ("02010300", "2213", "phase C voltage", 221.3, "V"),
        ("02020100", "004999", "phase A current", 4.999, "A"),
        ("02030000", "802512", "total active power", -0.2512, "kW"),
        ("02040200", "000001", "phase B reactive power", 0.0001, "kvar"),
        ("02060000", "0998", "total power factor", 0.998, ""),
        ("02800002", "4998", "frequency", 49.98, "Hz"),
        ("9010", "00123456", "forward active energy total", 1234.56, "kWh"),
        ("b611", "0220", "phase A voltage", 220.0, "V"),
        ("b621", "0123", "phase A current", 1.23, "A"),
    ],
)
def test_values_have_their_unit_and_sign(
    di: str, sent: str, name: str, value: float, unit: str
) -> None:
    fields = reading(di, sent)

    assert (fields["quantity"], fields["value"], fields["unit"]) == (name, value, unit)


def test_a_block_has_a_value_for_each_part() -> None:
    fields = reading("0001ff00", "00000004" + "00000003" + "00000002" + "00000001" + "00000010")

    assert fields["values"] == [0.1, 0.01, 0.02, 0.03, 0.04]
    assert fields["parts"] == ["total", "sharp", "peak", "flat", "valley"]


def test_a_demand_has_its_time() -> None:
    fields = reading("01010000", "2603041530" + "123456")

    assert (fields["value"], fields["at"], fields["unit"]) == (12.3456, "2603041530", "kW")


def test_clock_and_address_are_digits() -> None:
    assert reading("04000102", "235959")["digits"] == "235959"
    assert reading("04000401", METER)["digits"] == METER


@pytest.mark.parametrize("sent", ["ffff", "22", "2a13"])
def test_a_value_without_decimals_is_no_value(sent: str) -> None:
    assert reading("02010100", sent)["value"] is None


def test_an_unknown_identifier_is_kept_as_sent() -> None:
    assert quantity("0f0f0f0f") is None
    assert "value" not in reading("0f0f0f0f", "0102")


@pytest.mark.parametrize(
    ("control", "message"),
    [
        (0x11, Request("02010100", b"\x01")),
        (0x12, Request("02010100", b"\x02")),
        (0xB1, Reading("02010100", b"\x01\x02")),
        (0xD1, Failure(0x06)),
        (0xC1, Failure(0x02)),
        (0x13, Plain()),
        (0x93, MeterAddress(METER)),
        (0x14, Write("04000101", KEY, KEY, b"\x05")),
        (0x15, MeterAddress(METER)),
        (0x08, Clock("260304050607")),
        (0x16, Freeze("99990000")),
        (0x17, Plain(b"\x08")),
        (0x18, ChangePassword("04000c01", KEY, KEY)),
        (0x1A, Plain(KEY + KEY)),
        (0x1C, Switch(KEY, KEY, 0x1A, "260304050607")),
        (0x01, Request("9010")),
        (0x81, Reading("9010", b"\x01\x02\x03\x04")),
    ],
)
def test_each_control_code_has_its_message(control: int, message: object) -> None:
    octets = getattr(message, "octets", b"")

    assert read_message(control, octets) == message


def test_a_refusal_says_why() -> None:
    assert Failure(0x06).reasons == ["no such data", "password"]


def test_the_editions_are_told_by_the_control_code() -> None:
    assert read(METER, "9010").edition == 1997
    assert read(METER, "00010000").edition == 2007


@pytest.mark.parametrize(
    ("request_", "octets"),
    [
        (read("000000000161", "02010100"), "68610100000000681104333434351716"),
        (read(METER, "9010"), "6812907856341268010243c38f16"),
        (read_address(), "68aaaaaaaaaaaa681300df16"),
        (read_following("000000000161", "00010000", 1), "6861010000000068120533333433344a16"),
        (
            broadcast_time(datetime(2026, 3, 4, 5, 6, 7)),  # noqa: DTZ001
            "689999999999996808063a3938373659e516",
        ),
    ],
)
def test_requests(request_: Frame, octets: str) -> None:
    assert encode(request_).hex() == octets
    assert decode(encode(request_)) == request_


def test_an_order_to_the_switch_comes_back_with_its_name() -> None:
    order = switch(METER, Switch(KEY, KEY, 0x1C, "991231235959"))

    fields = CODEC.decode(encode(order)).fields

    assert (fields["command"], fields["until"]) == ("close", "991231235959")


def test_a_frame_is_found_behind_the_prefix_of_a_gateway() -> None:
    frame = bytes.fromhex("FEFEFEFE688453661605176891063334343549554416")

    decoded = CODEC.decode(bytes.fromhex("D8B04CBDD147") + frame + b"\x0d\x0a")

    assert decoded.valid
    assert (decoded.fields["before_hex"], decoded.fields["after_hex"]) == ("d8b04cbdd147", "0d0a")
    assert (decoded.fields["preamble"], decoded.fields["value"]) == (4, 221.6)


def test_the_reader_finds_frames_among_prefixes() -> None:
    frame = encode(read(METER, "00010000"))

    found = Reader().feed(b"\xd8\x68\x4c" + frame + b"\x68")

    assert found == [Spoilt("noise", b"\xd8\x68\x4c"), frame]


@pytest.mark.parametrize(
    ("at", "octet", "reason"),
    [
        (0, 0x67, "start mark"),
        (7, 0x67, "start mark"),
        (9, 0x05, "truncated"),
        (9, 0x03, "length"),
        (-2, 0x00, "checksum"),
        (-1, 0x17, "end mark"),
    ],
)
def test_each_fault_has_its_reason(at: int, octet: int, reason: str) -> None:
    frame = bytearray(encode(read(METER, "00010000")))
    frame[at] = octet

    with pytest.raises(BadFrame) as refused:
        decode(bytes(frame))

    assert refused.value.reason == reason
