from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kit.codec import BadFrame
from chengshu.protocols.hj212 import (
    Data,
    Message,
    crc,
    decode,
    encode,
    factor,
    factors,
    parse_time,
    time_text,
)
from chengshu.protocols.hj212.frame import framed
from tests.protocols.hj212.strategies import messages


@given(messages())
def test_a_message_comes_back_from_its_frame(message: Message) -> None:
    assert decode(encode(message)) == message


@given(messages())
def test_a_message_in_chinese_of_2005_comes_back_from_gbk(message: Message) -> None:
    data = Data.of({"i11001-Info": "//校准//"}, {"i11001-Info": "//时间//"})
    sent = replace(message, data=data, encoding="gb18030")

    assert decode(encode(sent)) == sent


@given(st.binary(max_size=3000))
def test_the_check_is_that_of_the_published_steps(octets: bytes) -> None:
    register = 0xFFFF
    for octet in octets:
        register = register >> 8 ^ octet
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)

    assert crc(octets) == register


def test_data_are_grouped_by_the_code_before_the_last_dash() -> None:
    data = Data("DataTime=20240101000000;SB1-RS=1;a-b-Rtd=2.50,a-b-Flag=N;")

    assert data.fields == {"DataTime": "20240101000000"}
    assert data.factors == {"SB1": {"RS": "1"}, "a-b": {"Rtd": "2.50", "Flag": "N"}}


def test_a_data_time_is_beijing_time() -> None:
    moment = parse_time("20240101073000")

    assert moment == datetime(2023, 12, 31, 23, 30, tzinfo=UTC)
    assert time_text(moment) == "20240101073000"


@pytest.mark.parametrize(
    "text", ["", "2024010107300", "20240231000000", "2024010107300a", "0" * 14]
)
def test_what_is_no_time_reads_as_none(text: str) -> None:
    assert parse_time(text) is None


@pytest.mark.parametrize(
    ("flag", "version", "answer", "is_split"),
    [(None, 0, False, False), (3, 0, True, True), (5, 1, True, False), (10, 2, False, True)],
)
def test_the_flag_holds_version_split_and_answer(
    flag: int | None, version: int, answer: bool, is_split: bool
) -> None:
    message = Message(flag=flag)

    assert (message.version, message.is_answer_wanted, message.is_split) == (
        version,
        answer,
        is_split,
    )


def test_data_sent_again_after_an_outage_are_marked() -> None:
    message = Message(st="21", cn="2061", mn="1", flag=9, other=(("RF", "1"),))

    frame = encode(message)

    assert b";Flag=9;RF=1;CP=" in frame
    assert decode(frame).is_resent


def test_packet_numbers_may_be_padded_and_in_either_order() -> None:
    frame = framed(b"ST=31;CN=2051;MN=1;Flag=2;PNO=01;PNUM=003;CP=&&&&")

    message = decode(frame)

    assert (message.pnum, message.pno) == (3, 1)


def test_a_flag_that_is_no_number_is_kept_as_it_is() -> None:
    message = decode(framed(b"ST=31;CN=2011;MN=1;Flag=N;CP=&&&&"))

    assert message.flag is None
    assert message.other == (("Flag", "N"),)


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"", "delimiter"),
        (b"#0010", "delimiter"),
        (b"##00", "length"),
        (b"##00A0" + b"x" * 20, "length"),
        (framed(b"nothing known"), "header"),
        (framed(b"ST=\xff\xff;CN=1"), "text"),
    ],
)
def test_a_broken_frame_is_refused_with_its_reason(frame: bytes, reason: str) -> None:
    with pytest.raises(BadFrame) as refusal:
        decode(frame)

    assert refusal.value.reason == reason


def test_a_check_of_modbus_is_refused_by_its_name() -> None:
    segment = (
        b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"
        b"CP=&&RtdInterval=30&&"
    )

    with pytest.raises(BadFrame, match="Modbus") as refusal:
        decode(b"##0101" + segment + b"0759\r\n")

    assert refusal.value.fields["crc_cause"] == "modbus"


def test_a_segment_over_four_digits_of_length_is_not_encoded() -> None:
    with pytest.raises(BadFrame, match="does not fit"):
        encode(Message(st="31", data=Data("x" * 10_000)))


def test_factors_have_the_meaning_of_the_standard() -> None:
    cod = factor("w01018")

    assert cod is not None
    assert (cod.name, cod.unit, cod.total_unit, cod.code_2005) == (
        "化学需氧量",
        "mg/L",
        "kg",
        "011",
    )
    assert factor("011") == cod
    assert factor("e10103") == factors()["e101xx"]
    assert factor("nothing") is None
    assert len(factors()) == 376
    assert factors()["e701xx"].name == "污水提升泵"
