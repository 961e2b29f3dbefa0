"""What the platform sends back. *serial* is always the platform's own number of the link."""

from dataclasses import replace
from datetime import UTC, datetime
from enum import IntEnum

from chengshu.protocols.jt808.bodies import (
    Body,
    GeneralReply,
    MediaData,
    MediaReply,
    RegisterReply,
    Resend,
    ServerTime,
)
from chengshu.protocols.jt808.frame import Header
from chengshu.protocols.jt808.message import Message
from chengshu.protocols.jt808.names import NAMES


class Result(IntEnum):
    """Of a general reply."""

    DONE = 0
    FAILURE = 1
    BAD_MESSAGE = 2
    NOT_SUPPORTED = 3
    ALARM_CONFIRMED = 4


class RegisterResult(IntEnum):
    DONE = 0
    VEHICLE_REGISTERED = 1
    NO_SUCH_VEHICLE = 2
    TERMINAL_REGISTERED = 3
    NO_SUCH_TERMINAL = 4


_ANSWERS_OF_TERMINAL = (0x0001, 0x0005, 0x0104, 0x0107, 0x0201, 0x0500)
_ASKS_FOR_MORE = (0x0004, 0x0100)
_NOT_ANSWERED_HERE = frozenset((*_ANSWERS_OF_TERMINAL, *_ASKS_FOR_MORE))
_PLATFORM_SENDS = 0x8000
BEFORE_AUTHENTICATION = frozenset((0x0003, 0x0100, 0x0102))


def reply(request: Header, message_id: int, serial: int, body: Body) -> Message:
    """*body* to the terminal of *request*, in the layout that it speaks."""
    header = replace(
        request,
        message_id=message_id,
        serial=serial & 0xFFFF,
        package=None,
        encryption=0,
        reserved=False,
    )
    return Message(header, body)


def general_reply(request: Header, serial: int, result: int = Result.DONE) -> Message:
    """0x8001."""
    return reply(
        request, 0x8001, serial, GeneralReply(request.serial, request.message_id, int(result))
    )


def register_reply(request: Header, serial: int, result: int, auth_code: str = "") -> Message:
    """0x8100; the code is sent only with result 0."""
    code = auth_code if result == RegisterResult.DONE else ""
    return reply(request, 0x8100, serial, RegisterReply(request.serial, int(result), code))


def media_reply(
    request: Header, serial: int, media_id: int, missing: tuple[int, ...] = ()
) -> Message:
    """0x8800, with the parts that are missing or none when all came."""
    body = MediaReply(media_id, missing, "listed" if missing else "whole")
    return reply(request, 0x8800, serial, body)


def resend_request(
    request: Header, serial: int, first_serial: int, missing: tuple[int, ...]
) -> Message:
    """0x8003."""
    form = "2013" if request.protocol_version is None else "2019"
    return reply(request, 0x8003, serial, Resend(first_serial, missing, form))


def server_time(request: Header, serial: int, now: datetime) -> Message:
    """0x8004, in UTC."""
    digits = now.astimezone(UTC).strftime("%y%m%d%H%M%S")
    return reply(request, 0x8004, serial, ServerTime(digits))


def answer_to(message: Message, serial: int) -> Message | None:
    """What the platform owes *message* whatever it thinks of it.

    None for answers of the terminal, and for 0x0100 and 0x0004, which want `register_reply` and
    `server_time`. Every part of a split message gets a general reply of its own.
    """
    header = message.header
    if header.message_id in _NOT_ANSWERED_HERE:
        return None
    if isinstance(message.body, MediaData) and header.package is None:
        return media_reply(header, serial, message.body.media_id)
    is_known = header.message_id in NAMES and header.message_id < _PLATFORM_SENDS
    return general_reply(header, serial, Result.DONE if is_known else Result.NOT_SUPPORTED)
