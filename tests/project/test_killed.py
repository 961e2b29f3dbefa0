"""Real records are replayed while one process after the other is killed."""

import os
import random
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.installation import Installation, eventually, installation

from chengshu.apps.environment.replay.records import POLLUTANTS, read
from chengshu.core.events.outbox import subscribers
from chengshu.core.lake.connection import Lake
from chengshu.hub.sensing.follow import NAME

pytestmark = pytest.mark.slow

FILES = 2
HOURS_PER_SECOND = 3.0
LONGEST_PEACE_SECONDS = 2.0
VICTIMS = ("ingest", "ingest worker", "web", "worker", "postgres", "replay")
ROUNDS = 1


@pytest.fixture
def records(shared: Path, tmp_path: Path) -> Path:
    """A folder with the smallest files of the replay."""
    files = sorted(
        (shared / "data" / "airquality" / "henan_stations_2020").glob("*.csv"), key=_size
    )
    folder = tmp_path / "records"
    folder.mkdir()
    for file in files[:FILES]:
        (folder / file.name).symlink_to(file)
    return folder


def _size(path: Path) -> int:
    return path.stat().st_size


@pytest.fixture
def city() -> Iterator[Installation]:
    with installation() as one:
        one.up()
        yield one


class Replay:
    """The command, started again whenever it is gone: it may end with the database it reads."""

    def __init__(self, city: Installation, folder: Path) -> None:
        self._words = ("replay", "air-quality", str(folder), "--speed")
        self._city = city
        self._process = self._begin()

    def _begin(self) -> "subprocess.Popen[bytes]":
        words = (*self._words, str(HOURS_PER_SECOND))
        with (self._city.home / "replay.log").open("ab") as log:
            return self._city.begin(*words, output=log.fileno())

    def ensure(self) -> None:
        if self._process.poll() is not None:
            self._process = self._begin()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._process = self._begin()

    def finish(self) -> Counter[str]:
        """Kill it a last time and run it to its end; the totals that it says."""
        self._process.kill()
        self._process.wait()
        said = self._city.run(*self._words, "0")
        totals = re.search(
            r"(\d+) values sent: (\d+) stored, (\d+) duplicate, (\d+) rejected", said
        )
        assert totals, said
        names = ("received", "stored", "duplicate", "rejected")
        return Counter(dict(zip(names, map(int, totals.groups()), strict=True)))


def test_nothing_is_lost_or_doubled_whatever_is_killed(city: Installation, records: Path) -> None:
    replay = Replay(city, records)

    for _round in range(ROUNDS):
        for victim in random.sample(VICTIMS, len(VICTIMS)):
            replay.ensure()
            time.sleep(random.uniform(0, LONGEST_PEACE_SECONDS))
            _kill(victim, city, replay)
    totals = replay.finish()

    _everything_sent_is_stored_once(city, records, totals)
    with psycopg.connect(city.database_url()) as database:
        _everything_stored_is_worked_in(city, database)
        _every_event_is_told_once(database)
        _every_warning_has_one_case(database)
    assert "lines fit" in city.run("audit", "verify")


def _kill(victim: str, city: Installation, replay: Replay) -> None:
    """Kill *victim* and wait until everything serves again."""
    if victim == "replay":
        replay.kill()
        return
    name, _space, inner = victim.partition(" ")
    before = city.pid(name)
    doomed = _child(before) if inner else before
    os.kill(doomed, signal.SIGKILL)
    if inner:
        assert eventually(lambda: _child(before) not in (0, doomed)), victim
    else:
        assert eventually(lambda: city.pid(name) not in (0, before)), victim
    assert eventually(city.is_healthy), victim


def _child(pid: int) -> int:
    """The process that a server of *pid* has started for its work; 0 while there is none."""
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(found[0]) if found else 0


def _everything_sent_is_stored_once(
    city: Installation, records: Path, totals: Counter[str]
) -> None:
    sent = sum(read(records, "Asia/Shanghai").latest.select(POLLUTANTS).count().row(0))
    lake = Lake.open(city.database_url(), str(city.home / "lake"))
    [(rows, distinct)] = lake.query(
        'SELECT count(*), count(DISTINCT (datastream, "at")) FROM observations'
    ).rows()
    lake.close()

    assert totals["received"] == sent > 0
    assert totals["stored"] + totals["duplicate"] + totals["rejected"] == sent
    assert (rows, distinct) == (sent - totals["rejected"],) * 2


def _everything_stored_is_worked_in(
    city: Installation, database: "psycopg.Connection[Any]"
) -> None:
    lake = Lake.open(city.database_url(), str(city.home / "lake"))
    behind = "SELECT %s - snapshot FROM lake_follower WHERE name = %s"

    def is_level() -> bool:
        return _rows(database, behind, lake.current_snapshot(), NAME) == [(0,)]

    assert eventually(is_level)
    lake.close()


def _every_event_is_told_once(database: "psycopg.Connection[Any]") -> None:
    listening = Counter(subscriber.event.type for subscriber in subscribers)
    told = "SELECT type, count(d) FROM events_outboxevent e"
    told += " LEFT JOIN events_delivery d ON d.event_id = e.id GROUP BY e.id"
    waiting = "SELECT count(*) FROM events_outboxevent WHERE delivered_at IS NULL"

    assert eventually(lambda: _rows(database, waiting) == [(0,)])
    events = _rows(database, told)
    assert events
    assert [event for event in events if event[1] != listening[event[0]]] == []


def _every_warning_has_one_case(database: "psycopg.Connection[Any]") -> None:
    """Its own, or that of another fault of the same terminal."""
    cases = "SELECT w.subject_code, count(c) FROM warnings_citywarning w"
    cases += " LEFT JOIN cases_case c ON c.origin = 'warning:' || w.code"
    cases += " WHERE w.case_type <> '' GROUP BY w.{}, w.subject_code"
    of_warnings = _rows(database, cases.format("code"))
    of_subjects = dict(_rows(database, cases.format("subject_code")))
    twice = "SELECT rule, subject_code, raised_at FROM warnings_citywarning"
    twice += " GROUP BY 1, 2, 3 HAVING count(*) > 1"

    assert of_warnings
    assert [found for found in of_warnings if found[1] > 1] == []
    assert [subject for subject, count in of_subjects.items() if not count] == []
    assert _rows(database, twice) == []


def _rows(database: "psycopg.Connection[Any]", query: str, *given: object) -> list[Any]:
    with database.transaction():
        return database.execute(query, given).fetchall()
