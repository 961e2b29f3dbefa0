"""Work that never ends: each loop runs in a thread of the worker and is started again."""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.db import connections

from chengshu.kit.registry import Registry

log = logging.getLogger(__name__)

PAUSES_SECONDS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
STEADY_SECONDS = 60.0


@dataclass(frozen=True)
class Loop:
    """*run* works until the event is set, looking at it at least every second."""

    name: str
    run: Callable[[threading.Event], None]


loops: Registry[Loop] = Registry("loop", Loop)


def keep_running(
    loop: Loop, stop: threading.Event, pauses: tuple[float, ...] = PAUSES_SECONDS
) -> None:
    """Run *loop* until *stop*, on fresh database connections each time.

    A loop that raises or returns is started again after a pause that grows while it fails soon.
    """
    failures = 0
    while not stop.is_set():
        began = time.monotonic()
        try:
            loop.run(stop)
        except Exception:
            log.exception("loop %s failed", loop.name)
        finally:
            connections.close_all()
        failures = 0 if time.monotonic() - began > STEADY_SECONDS else failures + 1
        stop.wait(pauses[min(failures, len(pauses) - 1)])
