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
        self._through = -1

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

    def give(self, given: Mapping[str, Counts], *, commit: int | None) -> None:
        """Remember *given*, which the snapshot *commit* carried; None: no commit was needed."""
        self._remember(given, datetime.now(UTC))
        if commit is None:
            self._unwritten |= given
        else:
            self._unwritten.clear()
            self._through = commit

    def follow(self, lake: Lake) -> None:
        """Take in the answers in commits since the last that is known here."""
        since = datetime.now(UTC) - self.kept
        notes = lake.notes(KIND, after=self._through, since=since)
        for snapshot, at, content in notes.iter_rows():
            keys = json.loads(content)["keys"]
            self._remember({key: Counts(*counts) for key, counts in keys.items()}, at)
            self._through = snapshot

    def _remember(self, given: Mapping[str, Counts], at: datetime) -> None:
        for key, counts in given.items():
            self._given[key] = (at, counts)
            self._given.move_to_end(key)
        while len(self._given) > self.most:
            self._given.popitem(last=False)
