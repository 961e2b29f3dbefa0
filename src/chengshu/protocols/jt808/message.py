"""A whole message: header and typed body."""

from dataclasses import dataclass

from chengshu.kit.codec import BadFrame
from chengshu.protocols.jt808.batch import parse_batch, write_batch
from chengshu.protocols.jt808.bodies import Body, LocationBatch, Raw
from chengshu.protocols.jt808.frame import Header, build, parse
from chengshu.protocols.jt808.layouts import LAYOUTS, layouts
from chengshu.protocols.jt808.location import Location, parse_location, write_location
from chengshu.protocols.jt808.names import message_name

LOCATION = 0x0200
LOCATION_BATCH = 0x0704


@dataclass(frozen=True)
class Message:
    header: Header
    body: Body

    @property
    def name(self) -> str:
        return message_name(self.header.message_id)


def decode(frame: bytes) -> Message:
    """The message of one frame. Raises BadFrame.

    A part of a split message has a `Raw` body; `Assembly` makes the whole of them.
    """
    parsed = parse(frame)
    return Message(parsed.header, body_of(parsed.header, parsed.body))


def body_of(header: Header, octets: bytes) -> Body:
    """The typed body; `Raw` for a part, an encrypted body, an unknown id and a misfit."""
    if header.package or header.encryption:
        return Raw(octets)
    return typed_body(header.message_id, octets, is_2019=header.protocol_version is not None)


def typed_body(message_id: int, octets: bytes, *, is_2019: bool) -> Body:
    if message_id in (LOCATION, LOCATION_BATCH):
        try:
            if message_id == LOCATION:
                return parse_location(octets)
            return parse_batch(octets)
        except ValueError:
            return Raw(octets)
    for shape in layouts(message_id, is_2019=is_2019):
        try:
            body: Body = shape.read(octets)
        except ValueError:
            continue
        return body
    return Raw(octets)


def body_octets(message_id: int, body: Body) -> bytes:
    """The bytes of *body*. Raises BadFrame ("body") when it is none of *message_id*'s."""
    if isinstance(body, Raw):
        return body.octets
    try:
        if isinstance(body, Location) and message_id == LOCATION:
            return write_location(body)
        if isinstance(body, LocationBatch) and message_id == LOCATION_BATCH:
            return write_batch(body)
        for shape in LAYOUTS.get(message_id, ()):
            if shape.describes(body):
                return shape.write(body)
    except (ValueError, OverflowError) as error:
        raise BadFrame("body", f"{message_name(message_id)}: {error}") from error
    raise BadFrame("body", f"{type(body).__name__} is no body of {message_name(message_id)}")


def encode(message: Message) -> bytes:
    """The frame of *message*. Raises BadFrame ("length", "phone", "body")."""
    return build(message.header, body_octets(message.header.message_id, message.body))
