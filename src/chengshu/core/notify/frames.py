"""What is told, and to whom: one event as a frame of a server-sent stream with its rights."""

from dataclasses import dataclass
from typing import Any

import orjson

from chengshu.core.access.policy import Policy
from chengshu.core.events.models import OutboxEvent
from chengshu.core.events.outbox import event_types

HEARTBEAT = b":\n\n"
OPENING = b"retry: 3000\n\n"


@dataclass(frozen=True)
class Frame:
    """*where* are the row rights: place path, organisation path, grade. *id* is 0 if fleeting."""

    id: int
    permission: str
    where: tuple[str, str, int]
    text: bytes

    def is_for(self, policy: Policy) -> bool:
        return any(reach.covers(*self.where) for reach in policy.of(self.permission))


@dataclass(frozen=True)
class Cursor:
    """How far a stream has come: everything of transactions before *horizon*, and event *id*."""

    horizon: int
    id: int = 0

    def __str__(self) -> str:
        return f"{self.horizon}.{self.id}"

    @classmethod
    def parse(cls, text: str) -> "Cursor | None":
        """The cursor in a Last-Event-ID; None for anything else."""
        horizon, dot, number = text.partition(".")
        if not (dot and horizon.isdecimal() and number.isdecimal() and len(text) < 40):
            return None
        return cls(int(horizon), int(number))


def frame_of(row: OutboxEvent, horizon: int) -> Frame | None:
    """None for a type that is no longer known: nobody can hold its permission."""
    if row.type not in event_types:
        return None
    return Frame(
        row.id,
        event_types[row.type].permission,
        (row.place_path, row.organisation_path, row.grade),
        event_text(row.type, row.body, str(Cursor(horizon, row.id))),
    )


def fleeting_frame(message: str) -> Frame | None:
    """A frame of what `live.broadcast` sent."""
    told = orjson.loads(message)
    if told["type"] not in event_types:
        return None
    place_path, organisation_path, grade = told["where"]
    return Frame(
        0,
        event_types[told["type"]].permission,
        (place_path, organisation_path, grade),
        event_text(told["type"], told["body"], ""),
    )


def gap_frame(cursor: Cursor) -> bytes:
    """Too much was missed to repeat: read everything again."""
    return event_text("stream.gap", {}, str(cursor))


def event_text(type: str, body: dict[str, Any], id: str) -> bytes:
    """One frame as it is sent; the receiver hands *id* back when it comes again."""
    head = f"id: {id}\n" if id else ""
    return f"{head}event: {type}\ndata: ".encode() + orjson.dumps(body) + b"\n\n"
