"""The token of a request: as a bearer, or as the password of HTTP Basic, which older clients of
SensorThings can only do."""

import base64
import binascii


def token_of(header: str) -> str | None:
    """The raw token in an ``Authorization`` header; None when there is none."""
    scheme, _space, sent = header.partition(" ")
    match scheme.lower():
        case "bearer":
            return sent.strip() or None
        case "basic":
            return _password(sent.strip())
    return None


def _password(sent: str) -> str | None:
    try:
        pair = base64.b64decode(sent, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return pair.partition(":")[2] or None
