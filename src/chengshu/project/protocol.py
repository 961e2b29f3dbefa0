"""``chengshu protocol decode``: frames of devices as JSON, a line each, without a database."""

import json
from collections.abc import Iterable
from importlib import import_module
from typing import BinaryIO

from chengshu.kit.codec import Codec, Decoded

METERS = ("dlt645", "cjt188")
NAMES = ("hj212", "jt808", "gb26875", "sl651", "meters", *METERS)
HEX_DIGITS = frozenset(b"0123456789abcdefABCDEF")
SPACES = b" \t\r\n"
ELECTRICITY_MARK, MARK_DISTANCE = 0x68, 7


def codec(name: str) -> Codec:
    """The codec of one of NAMES; only what it needs is imported."""
    if name == "meters":
        return Codec("meters", "Meters", "DL/T 645, CJ/T 188", is_text=False, decode=_meters)
    found: Codec = import_module(f"chengshu.protocols.{name}").CODEC
    return found


def decode_lines(codec: Codec, lines: Iterable[bytes], out: BinaryIO) -> None:
    """One JSON object for each line, written at once; a bad line is an object like any other."""
    for line in lines:
        decoded = _decoded(codec, line)
        text = json.dumps(decoded.as_json(), ensure_ascii=False, separators=(",", ":"))
        out.write(text.encode("utf-8", "backslashreplace") + b"\n")
        out.flush()


def _decoded(codec: Codec, line: bytes) -> Decoded:
    digits = line.translate(None, SPACES)
    if digits and HEX_DIGITS.issuperset(digits):
        if len(digits) % 2:
            return Decoded(False, "an odd number of hexadecimal digits", {"error": "hexadecimal"})
        return codec.decode(bytes.fromhex(digits.decode("ascii")))
    if codec.is_text:
        return codec.decode(line.rstrip(b"\r\n") + b"\r\n")
    return Decoded(False, "the line is not hexadecimal digits", {"error": "hexadecimal"})


def _meters(octets: bytes) -> Decoded:
    """Both meter protocols tried in turn; a refusal is told in the words of the likelier one."""
    electricity, other = (codec(name).decode(octets) for name in METERS)
    if electricity.valid or (not other.valid and _looks_like_electricity(octets)):
        return _named(electricity, "DL/T 645-2007")
    return _named(other, "CJ/T 188-2004")


def _looks_like_electricity(octets: bytes) -> bool:
    start = octets.find(ELECTRICITY_MARK)
    return start >= 0 and octets[start + MARK_DISTANCE :][:1] == bytes((ELECTRICITY_MARK,))


def _named(decoded: Decoded, standard: str) -> Decoded:
    standard = decoded.fields.get("edition", standard)
    return Decoded(decoded.valid, decoded.message, {**decoded.fields, "protocol": standard})
