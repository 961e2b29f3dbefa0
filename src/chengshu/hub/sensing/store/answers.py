"""Idempotency keys: what was answered to each, kept in the notes of the lake's commits."""

import json
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import astuple
from datetime import UTC, datetime, timedelta

from chengshu.core.lake.connection import Lake
from chengshu.core.lake.writing import Note

from .batches import Counts

KIND = "observations"


class Answers:
    """The answers of the last *kept* time, at most *most* of them; the oldest go first.

    An answer that changed nothing in the lake has no commit to ride on: it waits for the next.
    Until then the lake is as it was, so repeating the hand-in gives the same answer anyway.
    """

    def __init__(self, kept: timedelta, most: int) -> None:
        self.kept = kept
        self.most = most
        self._given: OrderedDict[str, tuple[datetime, Counts]] = OrderedDict()
        self._unwritten: dict[str, Counts] = {}

    def find(self, key: str | None) -> Counts | None:
        """What was answered to *key*; None without a key or when it is not known."""
        found = self._given.get(key) if key is not None else None
        if found is None or found[0] < datetime.now(UTC) - self.kept:
            return None
        return found[1]

    def note(self, given: Mapping[str, Counts]) -> Note:
        """The note for the commit that makes *given* true."""
        keys = {key: astuple(counts) for key, counts in (self._unwritten | dict(given)).items()}
        return Note(KIND, json.dumps({"keys": keys}))

    def give(self, given: Mapping[str, Counts], *, committed: bool) -> None:
        """Remember *given*; *committed* says whether a commit carried it."""
        self._remember(given, datetime.now(UTC))
        if committed:
            self._unwritten.clear()
        else:
            self._unwritten |= given

    def follow(self, lake: Lake, after: int) -> None:
        """Take in the answers in commits later than snapshot *after*."""
        notes = lake.notes(KIND, after=after, since=datetime.now(UTC) - self.kept)
        for at, content in notes.select("at", "content").iter_rows():
            keys = json.loads(content)["keys"]
            self._remember({key: Counts(*counts) for key, counts in keys.items()}, at)

    def _remember(self, given: Mapping[str, Counts], at: datetime) -> None:
        for key, counts in given.items():
            self._given[key] = (at, counts)
            self._given.move_to_end(key)
        while len(self._given) > self.most:
            self._given.popitem(last=False)
