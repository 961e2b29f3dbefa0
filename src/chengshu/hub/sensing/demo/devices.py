"""The live devices of the demonstration city: they speak through the public ingest interface."""

import logging
import signal
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.db.models import Max
from django.utils import timezone

from chengshu.hub.sensing.models import StreamState
from chengshu.hub.sensing.sending import Sender, Stopped

from .fleets import SIMULATED
from .signals import as_observations, said, signals
from .speaking import speak

log = logging.getLogger(__name__)

BEAT_SECONDS = 5.0
LONGEST_GOODBYE_SECONDS = 2.0
LONGEST_SILENCE = timedelta(hours=24)
PARCEL = timedelta(hours=1)


def run(address: str, token: str, since: datetime, seed: int, ports: Mapping[str, int]) -> None:
    """``play`` at *address* and ``speak`` to the *ports* of its protocols until this process is
    told to end; call it in the main thread."""
    stop = threading.Event()
    for sent in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sent, lambda _number, _frame: stop.set())
    host = str(urlsplit(address).hostname)
    speaking = threading.Thread(target=speak, args=(host, ports, stop), daemon=True)
    speaking.start()
    with Sender(address, token, stop) as sender:
        play(sender, since, seed, stop)
    speaking.join(LONGEST_GOODBYE_SECONDS)


def play(sender: Sender, since: datetime, seed: int, stop: threading.Event) -> None:
    """Let the devices of a city founded at *since* speak in real time until *stop*.

    What they would have said while nobody played them is sent first, up to a day of it.
    """
    wanted = signals(since)
    heard = _last_heard() or since
    said_until = max(heard, timezone.now() - LONGEST_SILENCE)
    log.info("%d datastreams speak, from %s on", len(wanted), said_until.isoformat())
    while not stop.is_set():
        until = min(timezone.now(), said_until + PARCEL)
        observations = as_observations(said(wanted, said_until, until, seed), wanted)
        if observations:
            try:
                sender.send(observations, key=f"devices {until.isoformat()}")
            except Stopped:
                return
        is_live = until - said_until < PARCEL
        said_until = until
        if is_live:
            stop.wait(BEAT_SECONDS)


def _last_heard() -> datetime | None:
    states = StreamState.objects.filter(datastream__terminal__attributes__has_key=SIMULATED)
    newest: datetime | None = states.aggregate(newest=Max("at"))["newest"]
    return newest
