"""The fields that packets are made of: integers, strings, binary data, properties of 5.0."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .packets import BadPacket, Properties, Property, Reason

LONGEST = 0xFFFF
LARGEST = 268_435_455
"""What a string and a variable byte integer can hold."""


class Cursor:
    """Reads *body* from the front. Every read raises BadPacket past the end."""

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._at = 0

    @property
    def is_done(self) -> bool:
        return self._at >= len(self._body)

    def take(self, size: int) -> bytes:
        end = self._at + size
        if end > len(self._body):
            raise BadPacket("The packet ends in the middle of a field")
        taken = self._body[self._at : end]
        self._at = end
        return taken

    def rest(self) -> bytes:
        return self.take(len(self._body) - self._at)

    def one(self) -> int:
        return self.take(1)[0]

    def two(self) -> int:
        return int.from_bytes(self.take(2), "big")

    def four(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def packet_id(self) -> int:
        found = self.two()
        if not found:
            raise BadPacket("A packet identifier is 0", Reason.PROTOCOL_ERROR)
        return found

    def variable(self) -> int:
        """A variable byte integer, clause 1.5.5."""
        value = 0
        for shift in (0, 7, 14, 21):
            octet = self.one()
            value |= (octet & 0x7F) << shift
            if octet < 0x80:
                return value
        raise BadPacket("A variable byte integer has more than four bytes")

    def binary(self) -> bytes:
        return self.take(self.two())

    def text(self) -> str:
        return text_of(self.binary())

    def pair(self) -> tuple[str, str]:
        return self.text(), self.text()

    def properties(self) -> Properties:
        """The properties of one packet; at most one of each but those that may repeat."""
        inner = Cursor(self.take(self.variable()))
        found: dict[str, Any] = {}
        while not inner.is_done:
            known = BY_NUMBER.get(inner.variable())
            if known is None:
                raise BadPacket("There is no such property")
            value = known.form.read(inner)
            if known.may_repeat:
                found[known.name] = (*found.get(known.name, ()), value)
            elif known.name in found:
                raise BadPacket(f"The property {known.name} comes twice", Reason.PROTOCOL_ERROR)
            else:
                found[known.name] = value
        return found


def text_of(octets: bytes) -> str:
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        raise BadPacket("A string is not UTF-8") from None
    if "\0" in text:
        raise BadPacket("A string has a null character")
    return text


def one(value: int) -> bytes:
    return value.to_bytes(1, "big")


def two(value: int) -> bytes:
    return value.to_bytes(2, "big")


def four(value: int) -> bytes:
    return value.to_bytes(4, "big")


def variable(value: int) -> bytes:
    octets = bytearray()
    while value > 0x7F:
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    octets.append(value)
    return bytes(octets)


def binary(value: bytes) -> bytes:
    """Raises OverflowError for more than 65,535 bytes."""
    return two(len(value)) + value


def text(value: str) -> bytes:
    """Raises OverflowError for more than 65,535 bytes."""
    return binary(value.encode())


def pair(value: tuple[str, str]) -> bytes:
    return text(value[0]) + text(value[1])


def properties(values: Properties) -> bytes:
    """Raises KeyError for a name that is no property."""
    written = b"".join(_written(BY_NAME[name], value) for name, value in values.items())
    return variable(len(written)) + written


def _written(known: "Known", value: Property) -> bytes:
    each = value if known.may_repeat and isinstance(value, tuple) else (value,)
    return b"".join(variable(known.number) + known.form.write(one) for one in each)


@dataclass(frozen=True)
class Form:
    """How a value is read and written."""

    read: Callable[[Cursor], Any]
    write: Callable[[Any], bytes]


@dataclass(frozen=True)
class Known:
    number: int
    name: str
    form: Form
    may_repeat: bool = False


ONE = Form(Cursor.one, one)
TWO = Form(Cursor.two, two)
FOUR = Form(Cursor.four, four)
VARIABLE = Form(Cursor.variable, variable)
TEXT = Form(Cursor.text, text)
BINARY = Form(Cursor.binary, binary)
PAIR = Form(Cursor.pair, pair)

KNOWN = (
    Known(1, "payload_format", ONE),
    Known(2, "message_expiry", FOUR),
    Known(3, "content_type", TEXT),
    Known(8, "response_topic", TEXT),
    Known(9, "correlation", BINARY),
    Known(11, "subscription", VARIABLE, may_repeat=True),
    Known(17, "session_expiry", FOUR),
    Known(18, "assigned_client_id", TEXT),
    Known(19, "server_keep_alive", TWO),
    Known(21, "authentication_method", TEXT),
    Known(22, "authentication", BINARY),
    Known(23, "request_problem", ONE),
    Known(24, "will_delay", FOUR),
    Known(25, "request_response", ONE),
    Known(26, "response", TEXT),
    Known(28, "server_reference", TEXT),
    Known(31, "reason", TEXT),
    Known(33, "receive_maximum", TWO),
    Known(34, "topic_alias_maximum", TWO),
    Known(35, "topic_alias", TWO),
    Known(36, "maximum_qos", ONE),
    Known(37, "retain_available", ONE),
    Known(38, "user", PAIR, may_repeat=True),
    Known(39, "maximum_packet", FOUR),
    Known(40, "wildcards_available", ONE),
    Known(41, "subscription_available", ONE),
    Known(42, "shared_available", ONE),
)
"""Table 2-4 of 5.0."""
BY_NUMBER = {known.number: known for known in KNOWN}
BY_NAME = {known.name: known for known in KNOWN}
