from datetime import UTC, datetime

import pytest

from chengshu.protocols.jt808 import (
    Header,
    Message,
    Package,
    RegisterResult,
    answer_to,
    decode,
    encode,
    media_reply,
    register_reply,
    resend_request,
    server_time,
)
from chengshu.protocols.jt808.bodies import (
    Empty,
    GeneralReply,
    MediaData,
    MediaReply,
    Raw,
    RegisterReply,
    Resend,
    ServerTime,
)
from chengshu.protocols.jt808.location import Location

OLD = Header(0x0200, "012345678901", 7)
NEW = Header(0x0002, "0" * 20, 8, True, 1)


@pytest.mark.parametrize(
    ("message_id", "result"),
    [(0x0002, 0), (0x0003, 0), (0x0102, 0), (0x0200, 0), (0x0704, 0), (0x0702, 0), (0x0F00, 3)],
)
def test_the_platform_answers_generally(message_id: int, result: int) -> None:
    request = Message(Header(message_id, "012345678901", 7), Raw(b""))

    answer = answer_to(request, 99)

    assert answer is not None
    assert answer.header == Header(0x8001, "012345678901", 99)
    assert answer.body == GeneralReply(7, message_id, result)


@pytest.mark.parametrize("message_id", [0x0001, 0x0004, 0x0100, 0x0104, 0x0201])
def test_answers_and_what_wants_a_decision_are_not_answered_generally(message_id: int) -> None:
    assert answer_to(Message(Header(message_id, "1", 7), Raw(b"")), 1) is None


def test_an_answer_speaks_the_layout_of_the_terminal() -> None:
    answer = answer_to(Message(NEW, Empty()), 65536)

    assert answer is not None
    read = decode(encode(answer))
    assert read.header == Header(0x8001, "0" * 20, 0, True, 1)
    assert read.body == GeneralReply(8, 0x0002, 0)


def test_a_whole_picture_is_answered_with_nothing_missing_and_a_part_generally() -> None:
    body = MediaData(5, 0, 0, 1, 1, Location(0, 0, 0, 0, 0, 0, 0, "0" * 12), b"x")
    whole = Message(Header(0x0801, "1", 7), body)
    part = Message(Header(0x0801, "1", 7, package=Package(2, 1)), Raw(b"x"))

    answers = answer_to(whole, 1), answer_to(part, 2)

    assert [answer.body for answer in answers if answer] == [
        MediaReply(5),
        GeneralReply(7, 0x0801, 0),
    ]


def test_a_code_is_given_only_to_a_terminal_that_is_registered() -> None:
    done = register_reply(OLD, 1, RegisterResult.DONE, "code")
    refused = register_reply(OLD, 1, RegisterResult.NO_SUCH_VEHICLE, "code")

    assert (done.body, refused.body) == (RegisterReply(7, 0, "code"), RegisterReply(7, 2))


@pytest.mark.parametrize(("header", "form"), [(OLD, "2013"), (NEW, "2019")])
def test_missing_parts_are_asked_for_in_the_layout_of_the_terminal(
    header: Header, form: str
) -> None:
    request = resend_request(header, 1, 100, (2, 3))

    assert decode(encode(request)).body == Resend(100, (2, 3), form)


def test_missing_parts_of_a_picture_are_listed() -> None:
    assert decode(encode(media_reply(OLD, 1, 5, (2,)))).body == MediaReply(5, (2,), "listed")


def test_the_server_time_is_utc() -> None:
    answer = server_time(NEW, 1, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))

    assert answer.body == ServerTime("260102030405")
