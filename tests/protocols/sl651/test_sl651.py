import hashlib
import json
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kit.codec import BadFrame
from chengshu.protocols.sl651 import (
    CODEC,
    FUNCTIONS,
    Assembler,
    Body,
    End,
    Frame,
    Link,
    Mode,
    Packet,
    Reader,
    by_ascii,
    by_leader,
    confirm,
    decode,
    encode,
    read_body,
    read_text,
    repeat,
    split,
)
from chengshu.protocols.sl651.crc import crc16
from chengshu.protocols.sl651.parts import (
    Block,
    Counters,
    FixedQuantity,
    Group,
    Period,
    Rest,
    Series,
    Station,
    Step,
    Switches,
    Unread,
    Version,
    Wanted,
    number,
)

AT = datetime(2014, 12, 5, 11, 0, 2, tzinfo=timezone(timedelta(hours=8)))
PICTURE = "fa044c5ef89e12782a8d83a7dce9b4e37856f3a7514f4546c7e635f7716591e4"
LINK = Link(station="0011223344", centre=5, password=0x03E8)
REPORT = Frame(True, 2, "0012345678", 0x04D2, 0x32, 3, bytes.fromhex("0012141205110002"))


@pytest.fixture(scope="module")
def picture(shared: Path) -> list[Frame]:
    path = shared / "protocols" / "vectors" / "public" / "sl651.json"
    cases = json.loads(path.read_text(encoding="utf-8"))
    ours = [c for c in cases if c.get("sequence") == "sl651-m3-picture"]
    return [decode(bytes.fromhex(case["frame_hex"])) for case in ours]


frames = st.builds(
    Frame,
    is_up=st.just(True),
    centre=st.integers(0, 255),
    station=st.binary(min_size=5, max_size=5).map(bytes.hex),
    password=st.integers(0, 0xFFFF),
    function=st.integers(0, 255),
    end=st.sampled_from([3, 0x17]),
    text=st.binary(max_size=300),
    packet=st.none() | st.builds(Packet, st.integers(0, 0xFFF), st.integers(0, 0xFFF)),
    is_ascii=st.booleans(),
)


def test_the_crc_is_the_one_of_modbus() -> None:
    assert crc16(b"123456789") == 0x4B37


@given(frame=frames)
def test_a_frame_of_either_encoding_comes_back(frame: Frame) -> None:
    assert decode(encode(frame)) == frame
    assert Reader().feed(encode(frame)) == [encode(frame)]


@given(function=st.sampled_from(sorted(FUNCTIONS)), octets=st.binary(max_size=80), up=st.booleans())
def test_a_body_of_every_function_keeps_its_bytes(function: int, octets: bytes, up: bool) -> None:
    assert read_body(function, octets, is_up=up).octets == octets


@given(
    function=st.sampled_from([0x30, 0x32, 0x34, 0x38, 0x4E]),
    pieces=st.lists(
        st.sampled_from(["f1f1001122334448", "f0f01412051100", "0418000005", "39230001442"])
        | st.sampled_from(["f460" + "00" * 12, "f5c0" + "ff" * 24, "ff0108", "f2f2", "45200000"]),
        max_size=6,
    ),
)
def test_bodies_of_odd_order_keep_their_bytes(function: int, pieces: list[str]) -> None:
    octets = bytes.fromhex("0001141205110002" + "".join(p[: len(p) // 2 * 2] for p in pieces))

    assert read_body(function, octets, is_up=True).octets == octets


@pytest.mark.parametrize(
    ("data", "decimals", "value"),
    [
        ("00014420", 3, Decimal("14.420")),
        ("ff0123", 1, Decimal("-12.3")),
        ("ff", 0, None),
        ("ffffffff", 3, None),
        ("0a", 0, None),
        ("", 0, None),
    ],
)
def test_packed_decimals(data: str, decimals: int, value: Decimal | None) -> None:
    assert number(bytes.fromhex(data), decimals) == value


@pytest.mark.parametrize(
    ("function", "up", "body", "part"),
    [
        (0x45, True, "f1f100112233440456312e30", Version(b"V1.0")),
        (0x4C, True, "f1f100112233440103", Switches(1, b"\x03")),
        (0x4E, True, "f1f100112233440201" + "00020015", Switches(2, b"\x01", ("0002", "0015"))),
        (0x4E, False, "0101", Switches(1, b"\x01")),
        (0x4F, True, "f1f10011223344ff", FixedQuantity(0xFF)),
        (0x4F, False, "00", FixedQuantity(0)),
        (0x50, True, "f1f10011223344" + "0001" * 32, Counters((1,) * 32)),
        (0x3A, False, "f5c0", Wanted(b"\xf5", 0xC0)),
        (0x38, False, "13032410130325100418000000f460", Wanted(b"\xf4", 0x60)),
        (0x47, False, "9700", Group(b"\x97", 0, b"")),
        (0x49, False, "03101234", Group(b"\x03", 0x10, b"\x12\x34")),
        (0x35, True, "f2f2515a", Rest(b"\xf2\xf2", b"QZ")),
        (0x32, True, "ff011000ff", Group(b"\xff\x01", 0x10, b"\x00\xff")),
        (0x32, True, "3923000144", Unread(bytes.fromhex("3923000144"))),
    ],
)
def test_each_function_has_its_parts(function: int, up: bool, body: str, part: object) -> None:
    read = read_body(function, bytes.fromhex("0001170718102309" + body), is_up=up)

    assert isinstance(read, Body)
    assert read.parts[-1] == part


def test_counters_and_status_have_names() -> None:
    counters = Counters(tuple(range(1, 33)))
    status = Group(b"\x45", 0x20, bytes.fromhex("00000802"))

    assert (counters.named["data cleared"], counters.named["send error"]) == (1, 18)
    assert status.status == ["battery low", "remaining water alarm"]


def test_a_series_has_a_value_for_each_step() -> None:
    octets = bytes.fromhex(
        "0031170718110005f1f1001122334448f0f01707181005041800000539230000012212ff"
    )

    body = read_body(0x31, octets, is_up=True)

    assert isinstance(body, Body)
    assert isinstance(body.parts[0], Station)
    assert body.parts[2:] == (
        Step("000005"),
        Series(b"\x39", 0x23, bytes.fromhex("00000122")),
        Unread(b"\x12\xff"),
    )


def test_hourly_blocks_are_binary() -> None:
    assert Block(0xF4, b"\x05\xff").values == [Decimal("0.5"), None]
    assert Block(0xF5, b"\x00\x31\xff\xff").values == [Decimal("0.49"), None]


def test_the_elements_are_shipped() -> None:
    assert len(by_leader()) == 117
    assert (by_leader()["39"].ascii_id, by_leader()["39"].decimals) == ("Z", 3)
    assert by_ascii()["PJ"].unit == "mm"


def test_parameters_have_names_of_their_own_and_channels_an_address() -> None:
    channel = Group(b"\x04", 0x50, bytes.fromhex("02218094153172009708"))
    interval = Group(b"\x20", 0x08, b"\x01")

    basic = CODEC.decode(encode(LINK.write(0x40, AT, channel))).fields["details"][0]
    run = CODEC.decode(encode(LINK.write(0x42, AT, interval))).fields["details"][0]

    assert basic["name"] == "main channel of centre 1"
    assert basic["channel"] == "IPv4 218.94.153.172:9708"
    assert (run["name"], run["value"], run["unit"]) == ("timed report interval", 1.0, "h")


def test_an_ascii_body_is_pairs() -> None:
    text = b"0012141205110002ST 0012345678 H TT 1412051100 Z 14.420 VT 12.09 "

    body = read_text(text)

    assert body is not None
    assert (body.serial, body.octets) == (0x12, text)
    assert dict(body.values())["VT"] == Decimal("12.09")
    assert body.pairs[1:3] == [("station type", "H"), ("TT", "1412051100")]


def test_an_element_that_is_named_like_a_station_type_is_an_element() -> None:
    body = read_text(b"0012141205110002ST 0012345678 H 3.50 ")

    assert body is not None
    assert list(body.values())[-1] == ("H", Decimal("3.50"))


def test_an_ascii_frame_is_decoded_with_units() -> None:
    text = b"0012141205110002Z 14.420 VT 12.09 "
    octets = encode(Frame(True, 2, "0012345678", 0x04D2, 0x32, 3, text, is_ascii=True))

    fields = CODEC.decode(octets).fields

    assert (fields["encoding"], fields["length"], fields["body"]["serial"]) == ("ASCII", 34, 18)
    assert {"id": "Z", "value": 14.42, "unit": "m"} in fields["details"]


def test_the_picture_is_put_together_in_any_order(picture: list[Frame]) -> None:
    assembler = Assembler()

    found = [assembler.add(frame, now=0.0) for frame in [*picture[::-2], *picture[-2::-2]]]
    whole = found[-1]

    assert found[:-1] == [None] * 12
    assert whole is not None
    body = read_body(whole.function, whole.text, is_up=True)
    assert isinstance(body, Body)
    assert (body.serial, body.send_time) == (5, "591011161118")
    assert isinstance(body.parts[-1], Rest)
    assert hashlib.sha256(body.parts[-1].data).hexdigest() == PICTURE
    assert len(assembler) == 0


def test_packets_that_all_carry_number_and_time_are_put_together(picture: list[Frame]) -> None:
    once, every = Assembler(), Assembler()
    head = picture[0].text[:8]

    for frame in picture:
        plain = once.add(frame, now=0.0)
        text = frame.text if frame is picture[0] else head + frame.text
        repeated = every.add(Frame(**{**vars(frame), "text": text}), now=0.0)

    assert plain is not None
    assert repeated == plain


def test_missing_packets_are_named_and_asked_for_again(picture: list[Frame]) -> None:
    assembler = Assembler()
    for frame in picture:
        if frame.packet and frame.packet.index not in (4, 9):
            assembler.add(frame, now=0.0)

    missing = assembler.missing("0012345678", 0x36)
    again = repeat(picture[0], 5, missing[0], AT)

    assert missing == [4, 9]
    assert (again.end, again.packet, again.is_up) == (End.NAK, Packet(13, 4), False)
    assert decode(encode(again)) == again


def test_a_message_that_stops_is_given_up(picture: list[Frame]) -> None:
    assembler = Assembler(patience=60)
    assembler.add(picture[0], now=0.0)

    assert assembler.drop_stale(60.0) == []
    assert assembler.drop_stale(61.0) == [("0012345678", 0x36)]
    assert assembler.octets == 0


def test_packets_are_kept_within_bounds() -> None:
    assembler = Assembler(most_octets=1_000, most_messages=3)

    def packet(function: int, index: int) -> Frame:
        return Frame(True, 1, "0012345678", 0, function, 0x17, bytes(300), Packet(9, index))

    for function in range(20):
        assembler.add(packet(function, 1), now=0.0)
    held = len(assembler), assembler.octets
    with pytest.raises(BadFrame, match="1000 bytes"):
        assembler.add(packet(19, 2), now=0.0)

    assert held == (3, 900)


@pytest.mark.parametrize("packet", [None, Packet(2, 0), Packet(2, 3), Packet(0, 0)])
def test_a_frame_that_is_no_packet_is_refused(packet: Packet | None) -> None:
    with pytest.raises(BadFrame):
        Assembler().add(Frame(True, 1, "0012345678", 0, 0x36, 3, b"", packet), now=0.0)


@given(text=st.binary(min_size=1, max_size=500), size=st.integers(9, 100))
def test_what_is_split_is_put_together_again(text: bytes, size: int) -> None:
    whole = Frame(True, 1, "0012345678", 0, 0x36, 3, text)
    assembler = Assembler()

    found = [assembler.add(packet, now=0.0) for packet in split(whole, size)]

    assert found[-1] == whole or text[:2] in text[size:]


def test_the_confirmation_of_the_public_example_is_made() -> None:
    answer = confirm(REPORT, 18, AT, stay=True)

    assert answer is not None
    assert encode(answer).hex() == "7e7e00123456780204d23280080200121412051100021bbd6c"


@pytest.mark.parametrize("mode", [Mode.SEND, Mode.ASK])
def test_modes_without_confirmation_get_none(mode: Mode) -> None:
    assert confirm(REPORT, 18, AT, mode) is None


def test_a_keep_alive_is_not_confirmed() -> None:
    assert confirm(Frame(**{**vars(REPORT), "function": 0x2F}), 18, AT) is None


def test_a_complete_message_is_confirmed_with_its_total(picture: list[Frame]) -> None:
    answer = confirm(picture[-1], 5, AT, Mode.PACKETS)

    assert answer is not None
    assert (answer.end, answer.packet) == (End.EOT, Packet(13, 13))


def test_only_a_packet_is_asked_for_again() -> None:
    with pytest.raises(ValueError, match="several"):
        repeat(REPORT, 1, 1, AT)


@pytest.mark.parametrize(
    ("frame", "octets"),
    [
        (LINK.ask(0x46, datetime(2017, 7, 18, 10, 21, 8)), "46800802000017071810210805"),  # noqa: DTZ001
        (LINK.set_clock(AT), "4a800802000014120511000205"),
        (LINK.factory_reset(AT), "48800a020000141205110002980005"),
        (LINK.clear_memory(AT), "47800a020000141205110002970005"),
        (LINK.fixed_quantity(AT, on=True), "4f8009020000141205110002ff05"),
        (LINK.switch(0x4C, AT, Switches(1, b"\x01")), "4c800a020000141205110002010105"),
        (
            LINK.ask_period(
                AT, Period("13032410", "13032510"), Step("000000"), Wanted(b"\xf4", 96)
            ),
            "38801702000014120511000213032410130325100418000000f46005",
        ),
        (LINK.write(0x42, AT, Group(b"\x20", 8, b"\x01")), "42800b02000014120511000220080105"),
    ],
)
def test_questions_of_the_centre(frame: Frame, octets: str) -> None:
    assert encode(frame)[2:10].hex() == "00112233440503e8"
    assert encode(frame)[10:-2].hex() == octets
    assert decode(encode(frame)) == frame


@pytest.mark.parametrize(
    ("at", "octet", "reason"),
    [
        (0, 0x7D, "start mark"),
        (11, 0x10, "direction"),
        (13, 0x00, "start of text"),
        (-3, 0x07, "end character"),
        (-1, 0x00, "CRC"),
    ],
)
def test_each_fault_has_its_reason(at: int, octet: int, reason: str) -> None:
    frame = bytearray(encode(REPORT))
    frame[at] = octet

    with pytest.raises(BadFrame) as refused:
        decode(bytes(frame))

    assert refused.value.reason == reason


@pytest.mark.parametrize("spoil", [(1, b"G"), (1, b" "), (-1, b"z")])
def test_an_ascii_frame_of_other_characters_is_refused(spoil: tuple[int, bytes]) -> None:
    frame = bytearray(encode(Frame(True, 2, "0012345678", 1, 0x32, 3, b"", is_ascii=True)))
    frame[spoil[0]] = spoil[1][0]

    with pytest.raises(BadFrame, match="digits"):
        decode(bytes(frame))


def test_an_ascii_frame_in_lower_case_is_read_and_written_in_capitals() -> None:
    frame = Frame(True, 0xAB, "00123456ab", 0xCD, 0x3A, 3, b"", is_ascii=True)
    counted = encode(frame)[:-4].lower()
    octets = counted + f"{crc16(counted):04x}".encode()

    assert decode(octets) == frame
    assert encode(decode(octets)) == encode(frame) != octets


def test_a_body_over_the_limit_is_not_sent() -> None:
    with pytest.raises(ValueError, match="4096"):
        encode(Frame(**{**vars(REPORT), "text": bytes(4096)}))
