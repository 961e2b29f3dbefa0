"""The protocol log and the list of unknown devices, written beside the frames' own way."""

import logging
import threading
from collections import Counter as Tally
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone
from prometheus_client import Counter

from chengshu.hub.sensing.models import Device, DeviceFrame, UnknownDevice
from chengshu.hub.sensing.models.secrets import Hidden, digest_of

from .blotting import blotted

log = logging.getLogger(__name__)

LEFT_OUT = Counter("chengshu_device_frames_not_logged", "Frames that the protocol log left out")
KEPT_FRAMES = 200
"""Frames of one device in the protocol log."""
SPARE_FRAMES = 50
FLUSH_SECONDS = 1.0
MOST_A_FLUSH = 2_000
MOST_STRANGERS = 1_000
MOST_STRANGERS_KEPT = 10_000

TRIM = """
    DELETE FROM sensing_deviceframe WHERE id IN (
        SELECT id FROM (
            SELECT id, row_number() OVER (PARTITION BY device_id ORDER BY id DESC) AS place
            FROM sensing_deviceframe WHERE device_id = ANY(%s)
        ) AS placed WHERE place > %s
    )
"""


@dataclass(frozen=True)
class Entry:
    """One frame as it went over the line."""

    device: int
    protocol: str
    at: datetime
    is_up: bool
    octets: bytes
    verdict: str


@dataclass
class _Stranger:
    protocol: str
    address: str
    peer: str
    secret: str
    first_at: datetime
    last_at: datetime
    frames: int = 0


class Logbook:
    """Collects entries of all connections and writes them every second.

    Under a flood the newest MOST_A_FLUSH of a second are kept and the others counted: the log is
    for people who look at one device, never a reason to make devices wait.
    """

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=MOST_A_FLUSH)
        self._strangers: dict[tuple[str, str], _Stranger] = {}
        self._written: Tally[int] = Tally()
        self._lock = threading.Lock()

    def write(self, entry: Entry) -> None:
        with self._lock:
            if len(self._entries) == MOST_A_FLUSH:
                LEFT_OUT.inc()
            self._entries.append(entry)

    def meet(self, protocol: str, address: str, peer: str, secret: str) -> None:
        """Count a frame of an unknown device; of too many at a time the later ones are not
        remembered."""
        now = timezone.now()
        with self._lock:
            known = self._strangers.get((protocol, address))
            if known is None:
                if len(self._strangers) >= MOST_STRANGERS:
                    return
                known = _Stranger(protocol, address, peer, secret, now, now)
                self._strangers[(protocol, address)] = known
            known.peer, known.secret, known.last_at = peer, secret, now
            known.frames += 1

    def keep_until(self, stop: threading.Event) -> None:
        """Write every second, and once more at the end."""
        while not stop.wait(FLUSH_SECONDS):
            self.flush()
        self.flush()

    def flush(self) -> None:
        """Write what has come since. What cannot be written is lost: it is only a log."""
        with self._lock:
            entries, self._entries = list(self._entries), deque(maxlen=MOST_A_FLUSH)
            strangers, self._strangers = list(self._strangers.values()), {}
        if not entries and not strangers:
            return
        close_old_connections()
        try:
            self._write_frames(entries)
            _write_strangers(strangers)
        except DatabaseError as error:
            log.warning("%d frames were not logged: %s", len(entries), error)
        finally:
            connection.close()

    def _write_frames(self, entries: Sequence[Entry]) -> None:
        known = _still_registered({entry.device for entry in entries})
        rows = [_frame(entry) for entry in entries if entry.device in known]
        DeviceFrame.objects.bulk_create(rows, batch_size=1_000)
        self._written.update(row.device_id for row in rows)
        due = [device for device, count in self._written.items() if count >= SPARE_FRAMES]
        if due:
            with connection.cursor() as cursor:
                cursor.execute(TRIM, [due, KEPT_FRAMES])
            for device in due:
                del self._written[device]


def _still_registered(devices: set[int]) -> set[int]:
    return set(Device.objects.filter(id__in=devices).values_list("id", flat=True))


def _frame(entry: Entry) -> DeviceFrame:
    octets, decoded = blotted(entry.protocol, entry.octets)
    return DeviceFrame(
        device_id=entry.device,
        at=entry.at,
        direction=DeviceFrame.Direction.UP if entry.is_up else DeviceFrame.Direction.DOWN,
        octets=octets,
        decoded=decoded,
        verdict=entry.verdict[:40],
    )


def _write_strangers(strangers: Sequence[_Stranger]) -> None:
    if not strangers:
        return
    codes = [f"{one.protocol}-{one.address}" for one in strangers]
    known = {row.code: row for row in UnknownDevice.objects.filter(code__in=codes)}
    room = MOST_STRANGERS_KEPT - UnknownDevice.objects.count()
    fresh = []
    for code, one in zip(codes, strangers, strict=True):
        secret = Hidden.of(digest_of(one.secret) if one.secret else "")
        row = known.get(code)
        if row is None:
            fresh.append(
                UnknownDevice(
                    code=code,
                    protocol=one.protocol,
                    address=one.address,
                    peer=one.peer,
                    secret=secret,
                    first_at=one.first_at,
                    last_at=one.last_at,
                    frames=one.frames,
                )
            )
        else:
            row.peer, row.secret, row.last_at = one.peer, secret, one.last_at
            row.frames += one.frames
    UnknownDevice.objects.bulk_create(fresh[: max(0, room)], ignore_conflicts=True)
    UnknownDevice.objects.bulk_update(known.values(), ["peer", "secret", "last_at", "frames"])
