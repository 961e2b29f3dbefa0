"""Identifiers that sort by the time they were made, and numbers for people to read out."""

import secrets
import time
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

NOISE_BYTES = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def new_id(now_ms: int, noise: bytes) -> UUID:
    """UUID version 7 (RFC 9562) of the milliseconds since 1970 and ten random bytes."""
    if len(noise) != NOISE_BYTES:
        raise ValueError(f"An id needs {NOISE_BYTES} random bytes, not {len(noise)}")
    if not 0 <= now_ms < 1 << 48:
        raise ValueError("An id holds times from 1970 to the year 10889")
    random = int.from_bytes(noise, "big")
    first, second = random >> 68, random & (1 << 62) - 1
    return UUID(int=now_ms << 80 | 7 << 76 | first << 64 | 2 << 62 | second)


def fresh_id() -> UUID:
    """A new id of this moment; within one millisecond the order is chance."""
    return new_id(time.time_ns() // 1_000_000, secrets.token_bytes(NOISE_BYTES))


def made_at(identifier: UUID) -> datetime:
    """When an id was made, UTC, to the millisecond."""
    if identifier.version != 7:
        raise ValueError("Only an id of version 7 holds a time")
    return _EPOCH + timedelta(milliseconds=identifier.int >> 80)


def serial_number(on: date, sequence: int, *, prefix: str = "", digits: int = 5) -> str:
    """Prefix, date and sequence of that day, such as ``AJ2026112100042``.

    Raises ``OverflowError`` when the day's sequence no longer fits: a longer number would break
    the order of the text.
    """
    if sequence < 1:
        raise ValueError("A sequence begins with 1")
    if sequence >= 10**digits:
        raise OverflowError(f"More than {digits} digits of numbers on one day")
    return f"{prefix}{on:%Y%m%d}{sequence:0{digits}}"
