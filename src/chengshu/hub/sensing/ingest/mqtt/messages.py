"""What messages say: rows of a parcel, and which row came from which message."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Any

import orjson
import polars as pl

from chengshu.hub.sensing.ingest.rows import SENT, NamedRows, Rejected

SHOWN = 1000
"""Bytes of a payload that are kept with the reason why it was not understood."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LARGEST_ID = 2**63


@dataclass(slots=True)
class Message:
    """One PUBLISH. *received_at* in microseconds since 1970, never the same twice in a process."""

    topic: str
    payload: bytes
    received_at: int
    qos: int = 0
    packet_id: int = 0
    is_made: bool = False
    """What it asks to be made is there already: it is handed in again for others' sake."""


@dataclass
class Taken:
    """The rows of several messages, numbered from 1 in the order of the messages."""

    columns: dict[str, list[Any]] = field(default_factory=lambda: {name: [] for name in SENT})
    rejected: list[Rejected] = field(default_factory=list)
    aside: list[tuple[int, str, Message]] = field(default_factory=list)
    row: int = 0

    def value(self, terminal: str, name: str, at: int, value: float) -> None:
        self._add(terminal, name, None, at, value)

    def value_of(self, datastream: int, at: int, value: float) -> None:
        self._add(None, None, datastream, at, value)

    def _add(self, *rest: object) -> None:
        self.row += 1
        for column, one in zip(self.columns.values(), (self.row, *rest), strict=True):
            column.append(one)

    def reject(self, reason: str, message: Message) -> None:
        self.row += 1
        self.rejected.append((self.row, reason, as_sent(message)))

    def set_aside(self, reason: str, message: Message) -> None:
        """*message* says more than a row can; *reason* is for when nobody makes more of it."""
        self.row += 1
        self.aside.append((self.row, reason, message))

    def parcel(self) -> NamedRows:
        """All rows. The parcel is the caller's; reading the same messages again makes another."""
        rows = pl.DataFrame(self.columns, schema=SENT | {"at": pl.Int64}).cast({"at": SENT["at"]})
        return NamedRows(rows, self.rejected)


Reader = Callable[[Sequence[str], Message, Taken], None]
"""Takes in one message, whose topic has these levels; it never raises."""


def read(messages: Iterable[Message], readers: dict[str, Reader]) -> tuple[Taken, list[int]]:
    """What *messages* say, and the number of the first row of each.

    *readers* by the first level of the topic.
    """
    taken, firsts = Taken(), []
    for message in messages:
        firsts.append(taken.row + 1)
        levels = message.topic.split("/")
        readers.get(levels[0], _no_reader)(levels, message, taken)
    return taken, firsts


def message_of(row: int, firsts: Sequence[int]) -> int:
    """The place of the message that *row* came from."""
    return bisect_right(firsts, row) - 1


def _no_reader(_levels: Sequence[str], message: Message, taken: Taken) -> None:
    taken.reject("bad-topic", message)


def parsed(payload: bytes) -> Any:
    """The JSON in *payload*; None if it is none."""
    try:
        return orjson.loads(payload)
    except orjson.JSONDecodeError:
        return None


def moment(sent: object) -> int | None:
    """Microseconds since 1970 of an ISO 8601 time with its offset; None for anything else."""
    if not isinstance(sent, str):
        return None
    try:
        at = datetime.fromisoformat(sent)
        return (at - EPOCH) // MICROSECOND if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def number(sent: object) -> float | str:
    """*sent* as a number, or the reason why it is none that can be stored."""
    if isinstance(sent, bool) or not isinstance(sent, int | float):
        return "not-a-number"
    return float(sent) if isfinite(sent) else "not-finite"


def as_sent(message: Message) -> dict[str, object]:
    """*message* as it is kept: PostgreSQL's JSON has no null characters."""
    text = message.payload[:SHOWN].decode(errors="replace").replace("\0", "\ufffd")
    return {"topic": message.topic[:SHOWN], "payload": text}
