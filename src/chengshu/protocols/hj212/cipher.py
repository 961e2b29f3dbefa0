"""Encryption of the data area in HJ 212-2025: SM4, ECB, no padding.

Whole blocks of 16 bytes are written as ``{0xE4,0x3E,…}``; a shorter rest stays plain behind the
brace. Length and check of the frame are those of the plain segment. Taken from published device
documents, not from the text of the standard: to be confirmed before certification.
"""

import re

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import ECB

from chengshu.kit.codec import BadFrame

ENCRYPTED = "encrypted"
CIPHER_MARK = b"&&{0x"
OPENING = b"CP=&&"
CLOSING = b"&&"
KEY_OCTETS = 16
_BLOCK = 16
_OCTETS = re.compile(rb"(?:0x[0-9A-Fa-f]{2},)*0x[0-9A-Fa-f]{2}")


def _sm4(key: bytes) -> Cipher[ECB]:
    if len(key) != KEY_OCTETS:
        raise BadFrame("key", f"An SM4 key has {KEY_OCTETS} bytes, not {len(key)}")
    return Cipher(SM4(key), ECB())  # noqa: S305 - the mode is the standard's


def hidden(segment: bytes, key: bytes) -> bytes:
    """*segment* with the whole blocks of its data area encrypted."""
    start = segment.find(OPENING)
    if start < 0 or not segment.endswith(CLOSING):
        raise BadFrame(ENCRYPTED, "The segment has no data area to encrypt")
    start += len(OPENING)
    plain = segment[start : -len(CLOSING)]
    whole = len(plain) // _BLOCK * _BLOCK
    if not whole:
        return segment
    encryptor = _sm4(key).encryptor()
    octets = encryptor.update(plain[:whole]) + encryptor.finalize()
    written = b",".join(b"0x%02X" % octet for octet in octets)
    return b"%b{%b}%b&&" % (segment[:start], written, plain[whole:])


def revealed(segment: bytes, key: bytes | None) -> bytes:
    """The plain segment. Raises BadFrame ("encrypted" without a key or blocks, "key")."""
    if key is None:
        raise BadFrame(ENCRYPTED, "The data area is encrypted and no key is given")
    start = segment.find(CIPHER_MARK) + len(CLOSING)
    end = segment.find(b"}", start)
    listed = segment[start + 1 : end] if end > 0 else b""
    if not _OCTETS.fullmatch(listed) or (listed.count(b",") + 1) % _BLOCK:
        raise BadFrame(ENCRYPTED, "The encrypted data area is not a list of whole blocks")
    octets = bytes.fromhex(listed.replace(b"0x", b"").replace(b",", b"").decode("ascii"))
    decryptor = _sm4(key).decryptor()
    return segment[:start] + decryptor.update(octets) + decryptor.finalize() + segment[end + 1 :]
