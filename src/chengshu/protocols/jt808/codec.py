"""JT/T 808 as one `Codec`: a frame in, JSON values out."""

from collections.abc import Callable
from typing import Any

from chengshu.kit.codec import BadFrame, Codec, Decoded
from chengshu.protocols.jt808.batch import batch_json
from chengshu.protocols.jt808.bodies import (
    Body,
    Empty,
    LocationBatch,
    MediaData,
    ParameterAnswer,
    Raw,
    RegisterReply,
    SetParameters,
    Transparent,
)
from chengshu.protocols.jt808.frame import Frame, Header, parse
from chengshu.protocols.jt808.layouts import LAYOUTS
from chengshu.protocols.jt808.location import BASE_SIZE, Location, location_json
from chengshu.protocols.jt808.message import typed_body
from chengshu.protocols.jt808.names import message_name

_IN_BODY = frozenset(
    (
        *(0x0001, 0x0005, 0x0100, 0x0102, 0x0104, 0x0200, 0x0201, 0x0500, 0x0704, 0x0800, 0x0801),
        *(0x0900, 0x8001, 0x8003, 0x8100, 0x8103, 0x8202, 0x8300, 0x8900),
    )
)


def decode_frame(frame: bytes) -> Decoded:
    try:
        parsed = parse(frame)
    except BadFrame as refusal:
        return Decoded.refused(refusal)
    fields = _header_json(parsed.header, parsed) | _body_fields(parsed.header, parsed.body)
    return Decoded(True, message_name(parsed.header.message_id), fields)


def _header_json(header: Header, frame: Frame) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "message_id": f"0x{header.message_id:04X}",
        "attributes": f"0x{header.attributes(len(frame.body)):04X}",
        "body_length": len(frame.body),
        "encryption": header.encryption,
        "subpackage": header.package is not None,
        "version_flag": header.version_flag,
        "phone": header.phone,
        "serial": header.serial,
        "bcc": f"0x{frame.check:02X}",
    }
    if header.protocol_version is not None:
        fields["protocol_version"] = header.protocol_version
    if header.is_2013_forced:
        fields["header_format"] = "2013 forced"
    if header.package:
        fields["package_total"] = header.package.total
        fields["package_index"] = header.package.index
    return fields


def _body_fields(header: Header, octets: bytes) -> dict[str, Any]:
    """``body`` holds the messages a platform lives on under names, all others as ``body_hex``
    with the names beside them in ``content``. A later part of a split message is bytes only."""
    if not octets:
        return {}
    if header.package and header.package.index > 1:
        return {"body_hex": octets.hex()}
    bare = {"body": {"body_hex": octets.hex()}}
    if header.encryption:
        return bare
    is_2019 = header.protocol_version is not None
    body = typed_body(header.message_id, octets, is_2019=is_2019)
    if isinstance(body, (Raw, Empty)):
        return bare
    named = body_json(header.message_id, body)
    return {"body": named} if header.message_id in _IN_BODY else bare | {"content": named}


def _media_data(body: MediaData) -> dict[str, Any]:
    """Without the data, which begin at ``data_offset``."""
    head = {name: getattr(body, name) for name in _MEDIA_HEAD}
    offset = 8 + BASE_SIZE
    return head | {"location": location_json(body.location), "data_offset": offset}


_MEDIA_HEAD = ("media_id", "media_type", "format", "event", "channel")


def _register_reply(body: RegisterReply) -> dict[str, Any]:
    fields: dict[str, Any] = {"reply_serial": body.reply_serial, "result": body.result}
    return fields | ({"auth_code": body.auth_code} if body.auth_code else {})


def _transparent(body: Transparent) -> dict[str, Any]:
    return {"type": body.type, "content_hex": body.content.hex()}


def _parameters(body: SetParameters | ParameterAnswer) -> dict[str, Any]:
    listed = [[f"0x{number:08X}", value.hex()] for number, value in body.parameters]
    fields: dict[str, Any] = {"count": len(listed), "parameters": listed}
    if isinstance(body, ParameterAnswer):
        fields["reply_serial"] = body.reply_serial
    return fields


_OWN_WAY: dict[type, Callable[[Any], dict[str, Any]]] = {
    Location: location_json,
    LocationBatch: batch_json,
    MediaData: _media_data,
    RegisterReply: _register_reply,
    Transparent: _transparent,
    SetParameters: _parameters,
    ParameterAnswer: _parameters,
}


def body_json(message_id: int, body: Body) -> dict[str, Any]:
    """*body* as JSON values under the names of its attributes."""
    if own_way := _OWN_WAY.get(type(body)):
        return own_way(body)
    for shape in LAYOUTS.get(message_id, ()):
        if shape.describes(body):
            return shape.json(body)
    return {}


CODEC = Codec(
    "jt808",
    "JT/T 808 vehicle terminals",
    "JT/T 808-2013, JT/T 808-2019",
    is_text=False,
    decode=decode_frame,
)
