"""The command ``chengshu replay air-quality``."""

import sys
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from chengshu.core.runtime.doctor import reachable
from chengshu.hub.sensing.sending import Sender, Sent
from chengshu.kit.errors import Invalid

from ..actions.replays import Station, prepare
from . import checks
from .keys import OPERATOR, borrowed_keys
from .records import Records, read

TOLD_HOURS = 24
HEARD_SECONDS = 1.5
"""Until every ingest process has heard of new stations."""


def main(folder: Path, speed: float) -> int:
    """Play the files of *folder*, *speed* hours of records per second (0: without pauses).

    Killed at any moment it may simply be started again: what is stored already is counted as
    duplicate. Returns 1 when an index differs from the published one.
    """
    if speed < 0:
        raise Invalid("The speed is not negative", where={"speed": speed})
    records = read(folder, settings.TIME_ZONE)
    codes = prepare(records.stations, by=OPERATOR)
    host = reachable(settings.CHENGSHU.host)
    with borrowed_keys() as keys:
        time.sleep(HEARD_SECONDS)
        with Sender(f"http://{host}:{settings.CHENGSHU.ingest_port}", keys.ingest) as sender:
            sent = play(records, codes, sender, speed)
        _say(_received(records, sent))
        checks.wait_until_worked_in()
        web = f"http://{host}:{settings.CHENGSHU.port}"
        compared = checks.compare(records.latest, codes, web, keys.api)
    _say(_found(compared))
    return 1 if compared.different else 0


def play(
    records: Records, codes: Mapping[Station, str], sender: Sender, speed: float = 0.0
) -> Sent:
    """Send hour after hour; each until it is answered for."""
    run = f"air-quality {records.digest} {timezone.now().isoformat()}"
    total, began, hours = Sent(), time.monotonic(), len(records.hours)
    for number, (at, observations) in enumerate(records.observations(codes), 1):
        if observations:
            total += sender.send(observations, key=f"{run} {at.isoformat()}")
        _tell(number, hours, at, total)
        if speed:
            time.sleep(max(0.0, began + number / speed - time.monotonic()))
    return total


def _tell(number: int, hours: int, at: datetime, total: Sent) -> None:
    if number % TOLD_HOURS == 0 or number == hours:
        hour = timezone.localtime(at)
        _say(f"{number}/{hours} hours, {hour:%Y-%m-%d %H:%M}: {total.stored} values stored")


def _received(records: Records, sent: Sent) -> str:
    return (
        f"{records.read} rows read, {len(records.latest)} records of {len(records.stations)}"
        f" stations, {records.superseded} superseded\n"
        f"{sent.received} values sent: {sent.stored} stored, {sent.duplicate} duplicate,"
        f" {sent.rejected} rejected"
    )


def _found(compared: checks.Compared) -> str:
    healths = ", ".join(f"{count} {health}" for health, count in checks.healths().items())
    raised = ", ".join(f"{count} {rule}" for rule, count in checks.raised().items())
    lines = [
        f"AQI and primary pollutant: {compared.equal + compared.different} compared,"
        f" {compared.equal} equal, {compared.different} different,"
        f" {compared.not_comparable} without a published index",
        *compared.examples,
        f"stations now: {healths or 'none heard'}",
        f"warnings in all: {raised or 'none'}; cases: {checks.opened()}",
    ]
    return "\n".join(lines)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()
