from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kit.codec import BadFrame, Spoilt
from chengshu.protocols.cjt188 import (
    CODEC,
    Exchange,
    Failure,
    Frame,
    Reader,
    decode,
    encode,
    read,
    read_address,
    turn_valve,
)
from chengshu.protocols.cjt188.frames import Plain
from chengshu.protocols.cjt188.readings import Amount, Clock, Consumption, Heat, read_current

METER = "78330011223344"
HEAT = (
    "0000100005" + "5634120005" + "0000000017" + "0000000035" + "000100002c"
    "505500" + "004500" + "341200" + "31012211051520" + "0400"
)

messages = (
    st.builds(
        Exchange,
        st.binary(min_size=2, max_size=2).map(bytes.hex),
        st.integers(0, 255),
        st.binary(max_size=100),
    )
    | st.builds(Failure, st.integers(0, 255), st.binary(min_size=2, max_size=2))
    | st.builds(Plain, st.binary(max_size=2))
)


@given(
    meter_type=st.sampled_from([0x10, 0x11, 0x20, 0x30, 0x40, 0xAA]),
    address=st.binary(min_size=7, max_size=7).map(bytes.hex),
    message=messages,
    preamble=st.integers(0, 4),
)
def test_a_frame_comes_back(
    meter_type: int, address: str, message: Exchange | Failure | Plain, preamble: int
) -> None:
    is_refusal = isinstance(message, Failure)
    frame = Frame(meter_type, address, 0xC1 if is_refusal else 0x81, message, preamble)

    assert decode(encode(frame)) == frame
    assert Reader().feed(encode(frame)) == [encode(frame)]


def test_water_and_gas_have_volume_clock_and_status() -> None:
    data = bytes.fromhex("007766552c007766552c31012211051520" + "2184")

    found = read_current(data)

    assert isinstance(found, Consumption)
    assert (found.cumulative.value, found.cumulative.unit) == (556677.0, "m3")
    assert found.clock.moment == datetime(2015, 5, 11, 22, 1, 31)  # noqa: DTZ001
    assert (found.status.valve, found.status.is_battery_low) == ("closed", False)


def test_heat_meters_have_energy_flow_and_temperatures() -> None:
    found = read_current(bytes.fromhex(HEAT))

    assert isinstance(found, Heat)
    assert (found.cumulative.value, found.cumulative.unit) == (1234.56, "kWh")
    assert (found.supply, found.returned, found.hours) == (55.5, 45.0, 1234)
    assert found.status.is_battery_low


def test_heat_is_decoded_from_a_frame() -> None:
    frame = Frame(0x20, METER, 0x81, Exchange("1f90", 7, bytes.fromhex(HEAT)))

    fields = CODEC.decode(encode(frame)).fields

    assert (fields["length"], fields["ser"], fields["settlement"]) == (0x2E, 7, 1000.0)
    assert (fields["power_unit"], fields["cumulative_flow"]) == ("kW", 1.0)


@pytest.mark.parametrize(
    ("octets", "value"),
    [("002222002c", 2222.0), ("4770010029", None), ("0a0000002c", None)],
)
def test_litres_and_what_is_no_decimal_have_digits_only(octets: str, value: float | None) -> None:
    assert Amount(bytes.fromhex(octets)).value == value


@pytest.mark.parametrize(
    ("octets", "moment", "is_turned"),
    [
        ("31012211051520", datetime(2015, 5, 11, 22, 1, 31), False),  # noqa: DTZ001
        ("20200528205824", datetime(2020, 5, 28, 20, 58, 24), True),  # noqa: DTZ001
        ("00000000000000", None, False),
        ("ffffffffffffff", None, False),
    ],
)
def test_clocks_run_either_way(octets: str, moment: datetime | None, is_turned: bool) -> None:
    clock = Clock(bytes.fromhex(octets))

    assert (clock.moment, clock.is_turned) == (moment, is_turned)


@pytest.mark.parametrize(
    ("di", "identifier"), [("901f", "901f"), ("1f90", "901f"), ("20d1", "d120")]
)
def test_identifiers_are_known_in_both_orders(di: str, identifier: str) -> None:
    assert Exchange(di, 0).identifier == identifier


@pytest.mark.parametrize(
    ("request_", "octets"),
    [
        (read(METER, 0, meter_type=0x10, identifier="1f90"), "68104433221100337801031f900080"),
        (read_address(1), "68aaaaaaaaaaaaaaaa0303810a01"),
        (turn_valve(METER, 2, 0x10, to_open=True), "6810443322110033780404a0170255"),
        (turn_valve(METER, 2, 0x10, to_open=False), "6810443322110033780404a0170299"),
    ],
)
def test_requests(request_: Frame, octets: str) -> None:
    assert encode(request_).hex().startswith(octets)
    assert decode(encode(request_)) == request_


def test_a_refusal_has_a_status() -> None:
    fields = CODEC.decode(encode(Frame(0x10, METER, 0xC1, Failure(5, b"\x01\x02")))).fields

    assert (fields["ser"], fields["status_hex"]) == (5, "0102")


def test_bytes_after_the_frame_are_told_apart() -> None:
    frame = encode(read(METER, 0, meter_type=0x10))

    decoded = CODEC.decode(frame + b"\x00\x16")

    assert (decoded.valid, decoded.fields["after_hex"]) == (True, "0016")


def test_a_frame_of_an_unknown_type_of_meter_is_read_when_it_stands_alone() -> None:
    frame = encode(read(METER, 0, meter_type=0x51))

    assert CODEC.decode(frame).valid
    assert not CODEC.decode(b"\x00" + frame).valid


def test_the_reader_finds_frames_among_noise() -> None:
    frame = encode(read(METER, 0, meter_type=0x10))

    assert Reader().feed(b"\x68\x00\x01" + frame) == [Spoilt("noise", b"\x68\x00\x01"), frame]


@pytest.mark.parametrize(
    ("at", "octet", "reason"),
    [
        (0, 0x67, "start mark"),
        (10, 0x04, "truncated"),
        (10, 0x02, "length"),
        (-2, 0x00, "checksum"),
        (-1, 0x17, "end mark"),
    ],
)
def test_each_fault_has_its_reason(at: int, octet: int, reason: str) -> None:
    frame = bytearray(encode(read(METER, 0, meter_type=0x10)))
    frame[at] = octet

    with pytest.raises(BadFrame) as refused:
        decode(bytes(frame))

    assert refused.value.reason == reason
