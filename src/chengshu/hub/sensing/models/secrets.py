"""Secrets of devices: kept as digests, told to nobody."""

import hashlib
import hmac
from typing import Any

from django.conf import settings
from django.db import models

_MARK = "sha256$"


def digest_of(secret: str) -> str:
    """What is kept of *secret*; it can be compared in this installation only."""
    return _MARK + _keyed(f"device {secret}")


def code_of(kept: str, address: str) -> str:
    """The authentication code that the platform gives to the device at *address*.

    It follows from what is *kept*, so that it needs no place of its own, and changes with it.
    """
    return _keyed(f"code {address} {kept}")[:16]


def signing_secret(code: str, salt: str) -> str:
    """What signs the bodies for the webhook of subscription *code*, until its *salt* changes."""
    return "cw_" + _keyed(f"webhook {code} {salt}")


def is_secret(said: str, kept: str) -> bool:
    """Whether *said* is the secret of which the digest is *kept*."""
    return hmac.compare_digest(digest_of(said), kept)


def _keyed(text: str) -> str:
    return hmac.new(settings.SECRET_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


class Hidden(str):
    """Empty to everyone who looks; *kept* is the digest."""

    kept: str

    @classmethod
    def of(cls, kept: str) -> "Hidden":
        made = cls("")
        made.kept = kept
        return made


class SecretField(models.CharField):
    """Written as text, kept as a digest, read as nothing."""

    def from_db_value(self, kept: str, _expression: object, _connection: object) -> Hidden:
        return Hidden.of(kept)

    def get_prep_value(self, value: Any) -> str:
        if isinstance(value, Hidden):
            return value.kept
        return digest_of(str(value)) if value else ""
