from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kit.codec import BadFrame, Spoilt
from chengshu.protocols.gb26875 import (
    TYPES,
    Command,
    Frame,
    Line,
    RawUnit,
    Reader,
    Stamp,
    Unit,
    confirm,
    decode,
    decode_unit,
    deny,
    encode,
    encode_unit,
    text_of,
)
from chengshu.protocols.gb26875.layouts import Layout
from chengshu.protocols.gb26875.objects import AnalogueValue, DeviceOperation, ToDevice
from chengshu.protocols.gb26875.tables import (
    ANALOGUES,
    COMPONENT_TYPES,
    SYSTEM_BITS,
    SYSTEM_TYPES,
    bit_names,
)

AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=timezone(timedelta(hours=8)))
LINE = Line(centre=88888, device=889)


def layouts(code: int) -> st.SearchStrategy[Layout]:
    values = [
        st.binary(min_size=kind.size, max_size=kind.size or 40).map(kind.read)
        for _name, kind in TYPES[code].layout.kinds()
    ]
    return st.tuples(*values).map(lambda given: TYPES[code].layout(*given))


units = st.sampled_from(sorted(TYPES)).flatmap(
    lambda code: st.lists(layouts(code), max_size=5).map(lambda found: Unit(code, tuple(found)))
)


@given(unit=units)
def test_a_unit_of_every_type_comes_back(unit: Unit) -> None:
    assert decode_unit(encode_unit(unit)) == unit


@given(
    unit=st.none() | units,
    serial=st.integers(0, 0xFFFF),
    command=st.sampled_from(list(Command)),
    addresses=st.tuples(*[st.integers(0, 2**48 - 1)] * 2),
)
def test_a_frame_comes_back(
    unit: Unit | None, serial: int, command: Command, addresses: tuple[int, int]
) -> None:
    frame = Frame(serial, Stamp.at(AT), *addresses, int(command), unit)

    assert decode(encode(frame)) == frame


def test_all_types_of_the_standard_are_there() -> None:
    up = {1, 2, 3, 4, 5, 6, 7, 8, 21, 24, 25, 26, 28}
    down = {61, 62, 63, 64, 65, 66, 67, 68, 81, 84, 85, 86, 88, 89, 90, 91}

    assert set(TYPES) == up | down
    assert [TYPES[code].command for code in (1, 61, 88, 89, 91)] == [2, 4, 4, 1, 1]


def test_tables_are_shipped() -> None:
    assert SYSTEM_TYPES[23] == "fire power supply"
    assert COMPONENT_TYPES[40] == "smoke detector"
    assert (ANALOGUES[3].unit, ANALOGUES[3].counts) == ("℃", 10)


def test_bits_have_names() -> None:
    assert bit_names(0b10000000000110, SYSTEM_BITS) == ["fire", "fault", "reset"]


@pytest.mark.parametrize(("raw", "value"), [(-5, -0.5), (800, 80.0)])
def test_analogue_values_are_signed(raw: int, value: float) -> None:
    assert AnalogueValue(1, 2, 40, bytes(4), 3, raw, Stamp.at(AT)).value == value


def test_an_unknown_quantity_has_no_value() -> None:
    assert AnalogueValue(1, 2, 40, bytes(4), 200, 5, Stamp.at(AT)).value is None


def test_confirmation_and_denial_swap_the_addresses_and_keep_the_number() -> None:
    sent = Frame(77, Stamp.at(AT), 889, 88888, 2, None)

    answers = confirm(sent, AT), deny(sent, AT)

    assert [(a.serial, a.source, a.destination, a.unit) for a in answers] == [
        (77, 88888, 889, None)
    ] * 2
    assert [a.command for a in answers] == [Command.CONFIRM, Command.DENY]


def test_the_confirmation_of_the_public_example_is_made() -> None:
    request = decode(
        bytes.fromhex("404001000101203A091A090C385B01000000790300000000030004510100FE2323")
    )

    answer = confirm(request, datetime(2012, 9, 26, 9, 58, 35, tzinfo=UTC))

    assert encode(answer).hex() == "404001000101233a091a090c790300000000385b01000000000003ab2323"


def test_the_clock_order_of_the_public_example_is_made() -> None:
    order = LINE.set_clock(1, datetime(2012, 9, 26, 9, 58, 32, tzinfo=UTC))

    assert (order.command, encode(order)[27:29].hex()) == (Command.CONTROL, "5a01")
    assert encode(order)[29:35] == encode(order)[6:12] == bytes.fromhex("203a091a090c")


@pytest.mark.parametrize(
    ("order", "unit"),
    [
        (LINE.duty_check(1, AT, 10), "5b010a"),
        (LINE.initialise(1, AT), "590100"),
        (LINE.read_state(1, AT), "510100"),
        (LINE.read_clock(1, AT), "580100"),
        (LINE.order(1, AT, 86, ToDevice(0)), "560100"),
    ],
)
def test_orders_of_the_centre(order: Frame, unit: str) -> None:
    assert encode(order)[27:-3].hex() == unit
    assert decode(encode(order)) == order


def test_the_guard_answers_a_duty_check_with_bit_5() -> None:
    assert DeviceOperation(0x20, 1, Stamp.at(AT)).answers_duty_check
    assert not DeviceOperation(0x40, 1, Stamp.at(AT)).answers_duty_check


def test_a_stamp_is_an_instant_in_the_zone_of_the_device() -> None:
    assert Stamp.at(AT).moment(timezone(timedelta(hours=8))) == AT
    assert Stamp(0, 0, 0, 0, 0, 0).moment(UTC) is None


def test_a_unit_that_cannot_be_read_does_not_spoil_its_frame() -> None:
    frame = Frame(1, Stamp.at(AT), 1, 2, 2, RawUnit(bytes.fromhex("01010304"), "any"))

    found = decode(encode(frame)).unit

    assert isinstance(found, RawUnit)
    assert found.reason == "application unit too short"


@pytest.mark.parametrize("code", [0, 9, 20, 60, 92, 127, 128, 254])
def test_reserved_and_makers_types_are_refused(code: int) -> None:
    with pytest.raises(BadFrame, match=f"type {code} "):
        decode_unit(bytes((code, 1, 0)))


@pytest.mark.parametrize(
    ("at", "octets", "reason"),
    [
        (0, "41", "head flag"),
        (24, "0104", "length"),
        (26, "07", "command"),
        (26, "00", "command"),
        (-3, "00", "checksum"),
        (-1, "13", "tail flag"),
    ],
)
def test_each_fault_has_its_reason(at: int, octets: str, reason: str) -> None:
    frame = bytearray(encode(LINE.read_state(1, AT)))
    at %= len(frame)
    frame[at : at + len(octets) // 2] = bytes.fromhex(octets)
    if reason == "command":
        frame[-3] = sum(frame[2:-3]) & 0xFF

    with pytest.raises(BadFrame) as refused:
        decode(bytes(frame))

    assert refused.value.reason == reason


def test_a_frame_with_a_bad_tail_is_dropped_whole() -> None:
    spoilt = encode(LINE.duty_check(1, AT, 5))[:-1] + b"\x13"
    good = encode(LINE.duty_check(2, AT, 5))

    assert Reader().feed(spoilt + good) == [Spoilt("tail flag", spoilt), good]


def test_a_frame_that_is_not_complete_waits() -> None:
    reader, frame = Reader(), encode(LINE.duty_check(1, AT, 5))

    assert reader.feed(frame[:10]) == []
    assert reader.feed(frame[10:]) == [frame]


def test_a_description_is_read_without_its_padding() -> None:
    assert text_of("一层烟感".encode("gb18030") + b"\0" * 5) == "一层烟感"


def test_a_unit_over_the_limit_is_not_sent() -> None:
    with pytest.raises(ValueError, match="1025"):
        encode(Frame(1, Stamp.at(AT), 1, 2, 2, RawUnit(bytes(1025), "")))
