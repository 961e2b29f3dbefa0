import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from chengshu.core.lake import upkeep
from chengshu.core.lake.connection import Lake
from chengshu.hub.sensing.lake import OBSERVATIONS

from .factories import good, stored_in
from .sender import SIZE, batch

PROJECT = Path(__file__).parents[4]
STREAMS = 3
ROUNDS = 24
MOST_ROUNDS = 240
"""A slow machine needs more of them until each stream has been heard and gone on."""


class Sender:
    """Starts sending processes, kills them, and keeps what they said."""

    def __init__(self, lake: Lake, marks: Path) -> None:
        self.tried = [0] * STREAMS
        self.acknowledged = [-1] * STREAMS
        self.counts: list[list[int]] = []
        self.place = {"url": lake.place.url, "folder": lake.place.folder, "marks": str(marks)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.hub.sensing.store.sender"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def send_for(self, seconds: float) -> None:
        """Let a process send, resending what has no answer, and kill it with no warning."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({**self.place, "numbers": self.tried}) + "\n")
        self.process.stdin.flush()
        child = self._heard()["ready"]
        time.sleep(seconds)
        os.kill(child, signal.SIGKILL)
        while "ended" not in (words := self._heard()):
            self._take_down(words)

    def close(self) -> None:
        self.process.communicate()
        assert self.process.returncode == 0

    def _heard(self) -> dict[str, Any]:
        """The next words; the last ones of a killed process may be cut off."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        start = line.rfind("{")
        return json.loads(line[start:])

    def _take_down(self, words: dict[str, Any]) -> None:
        stream, number = words["stream"], words["number"]
        self.tried[stream] = number
        if words["counts"] is not None:
            self.acknowledged[stream] = number
            self.counts.append(words["counts"])


@contextmanager
def watching(lake: Lake) -> Iterator[list[str]]:
    """Look from another instance, as another process does, for what must never be seen."""
    view = Lake(lake.place, threads=1, memory="256MB")
    stop = threading.Event()
    wrong: list[str] = []

    def look() -> None:
        while not stop.is_set():
            rows = view.query(
                'SELECT datastream, count(*) AS n, count(DISTINCT o."at") AS keys, '
                "min(value) AS low, max(value) AS high FROM observations AS o "
                "WHERE o.\"at\" < TIMESTAMPTZ '2026-01-01 00:00:40+00' GROUP BY datastream"
            )
            wrong.extend(str(row) for row in rows.rows() if row[1:3] != (SIZE, SIZE))
            wrong.extend(str(row) for row in rows.rows() if row[3] != row[4])

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield wrong
    finally:
        stop.set()
        watcher.join()
        view.close()


@pytest.mark.slow
def test_killed_at_any_moment_nothing_acknowledged_is_lost_and_nothing_is_double(
    lake: Lake, tmp_path: Path
) -> None:
    moments = random.Random(20260401)
    sender = Sender(lake, tmp_path / "marks")

    with watching(lake) as wrong:
        for finished in range(MOST_ROUNDS):
            if finished >= ROUNDS and min(sender.acknowledged) > 0:
                break
            sender.send_for(moments.uniform(0.02, 0.8))
            found = stored_in(lake)
            for stream, number in enumerate(sender.acknowledged):
                own_rows = {(stream, SIZE + sent): float(sent) for sent in range(number + 1)}
                assert good(own_rows).items() <= found.items()
        upkeep.compact(lake, OBSERVATIONS)
    sender.close()

    assert wrong == []
    assert min(sender.acknowledged) > 0
    assert all(counts == [SIZE + 1, 0] for counts in sender.counts)
    found = stored_in(lake)
    for stream in range(STREAMS):
        rows = {key: value for key, value in found.items() if key[0] == stream}
        possible = {sender.acknowledged[stream], sender.tried[stream]}
        assert rows in [good(sent_up_to(stream, number)) for number in possible]


def sent_up_to(stream: int, number: int) -> dict[tuple[int, int], float]:
    return {
        (stream, at): value for sent in range(number + 1) for _, at, value in batch(stream, sent)
    }
