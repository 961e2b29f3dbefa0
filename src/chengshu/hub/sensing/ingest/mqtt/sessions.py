"""What outlives a connection: QoS 2 messages half-way, and filters."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chengshu.protocols.mqtt.packets import Reason

if TYPE_CHECKING:
    from .connection import Connection

Key = tuple[str, str]
"""Name of the sender and client identifier: nobody takes over the session of another sender."""


@dataclass
class Session:
    """*storing* and *received* are packet identifiers of QoS 2: before and after the commit."""

    connection: Connection | None = None
    keep_seconds: float = 0
    ended_at: float = 0
    storing: set[int] = field(default_factory=set)
    received: set[int] = field(default_factory=set)
    filters: set[str] = field(default_factory=set)


class Sessions:
    """The sessions of clients that are connected or may come back; kept in memory only."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._by_key: dict[Key, Session] = {}

    def open(
        self, key: Key, connection: Connection, *, clean: bool, now: float
    ) -> tuple[Session, bool]:
        """The session for *connection*, and whether it was there before.

        Who holds it still is told so.
        """
        before = self._by_key.pop(key, None)
        if before is not None and before.connection is not None:
            before.connection.end(Reason.TAKEN_OVER)
        is_present = before is not None and not clean and not self._is_over(before, now)
        session = before if before is not None and is_present else Session()
        session.connection = connection
        self._by_key[key] = session
        return session, is_present

    def end(self, key: Key, session: Session, now: float) -> None:
        """*session* has lost its connection."""
        session.connection, session.ended_at = None, now
        if self._by_key.get(key) is session and not session.keep_seconds:
            del self._by_key[key]

    def expire(self, now: float) -> None:
        """Forget sessions that are over, and the oldest when there are too many."""
        idle = [key for key, session in self._by_key.items() if session.connection is None]
        surplus = len(self._by_key) - self._most
        for place, key in enumerate(idle):
            if place < surplus or self._is_over(self._by_key[key], now):
                del self._by_key[key]

    def _is_over(self, session: Session, now: float) -> bool:
        return session.connection is None and now > session.ended_at + session.keep_seconds
