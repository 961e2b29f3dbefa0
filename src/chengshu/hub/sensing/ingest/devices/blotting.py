"""What the protocol log may keep of a frame: no secret, nothing that tells of people."""

import re
from typing import Any

from chengshu.kit.codec import BadFrame, Codec
from chengshu.protocols import cjt188, dlt645, gb26875, hj212, jt808, sl651
from chengshu.protocols.jt808.frame import parse
from chengshu.protocols.sl651.frames import HEX_START

CODECS: dict[str, Codec] = {
    "hj212": hj212.CODEC,
    "jt808": jt808.CODEC,
    "gb26875": gb26875.CODEC,
    "sl651": sl651.CODEC,
}
METERS = (dlt645.CODEC, cjt188.CODEC)
PASSWORD = re.compile(rb"(?<=;PW=)[^;]*|(?<=^PW=)[^;]*|(?<=NewPW=)[^;,&]*|(?<=Key=)[^;,&]*")
HIDDEN_BODIES = frozenset((0x0102, 0x0702, 0x8100))
"""Authentication, driver identity, register reply."""
SECRET_NAMES = frozenset(("PW", "password", "NewPW"))
LONGEST = 2_048


def blotted(protocol: str, frame: bytes) -> tuple[bytes, dict[str, Any]]:
    """The octets and the content of *frame* for the log."""
    decoded = _decoded(protocol, frame)
    match protocol:
        case "hj212":
            frame = PASSWORD.sub(lambda found: b"*" * len(found[0]), frame)
        case "jt808":
            frame, decoded = _without_people(frame, decoded)
        case "sl651":
            frame = _without_password(frame)
    return frame[:LONGEST], _clean(decoded)


def _decoded(protocol: str, frame: bytes) -> dict[str, Any]:
    if protocol in CODECS:
        return CODECS[protocol].decode(frame).as_json()
    found = [codec.decode(frame).as_json() for codec in METERS]
    return next((one for one in found if one["valid"]), found[0])


def _without_people(frame: bytes, decoded: dict[str, Any]) -> tuple[bytes, dict[str, Any]]:
    try:
        header = parse(frame).header
    except BadFrame:
        return b"", {"valid": False, "message": decoded["message"]}
    if header.message_id not in HIDDEN_BODIES:
        return frame, decoded
    hidden = {"body", "content"}
    fields = {name: value for name, value in decoded["fields"].items() if name not in hidden}
    return frame[: 1 + (17 if header.protocol_version is not None else 12)], decoded | {
        "fields": fields
    }


def _without_password(frame: bytes) -> bytes:
    """The two octets (four characters) of the password are zeros."""
    if frame.startswith(HEX_START):
        return frame[:8] + bytes(2) + frame[10:]
    return frame[:13] + b"0000" + frame[17:]


def _clean(decoded: Any) -> Any:
    """*decoded* as PostgreSQL takes it, secrets blotted out."""
    if isinstance(decoded, dict):
        return {
            str(name).replace("\0", ""): "***" if name in SECRET_NAMES else _clean(value)
            for name, value in decoded.items()
        }
    if isinstance(decoded, list | tuple):
        return [_clean(value) for value in decoded]
    return decoded.replace("\0", "") if isinstance(decoded, str) else decoded
