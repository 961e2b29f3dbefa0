"""One ASGI application on one port, by granian."""

import os
import signal
from collections.abc import Callable
from importlib import import_module
from typing import Any

from chengshu.core.runtime.files import allow_connections
from chengshu.core.runtime.lifetime import die_with
from chengshu.core.runtime.patient import Patient

STOP_SECONDS = 10
BACKLOG = 4096
MOST_CONNECTIONS = 16_384
"""At a time; more wait in the backlog. Whoever says nothing holds a place for half a minute."""


def serve(application: str, host: str, port: int) -> None:
    """Serve *application* ("module:name") until SIGTERM; a crashed worker starts again."""
    from granian import Granian
    from granian.constants import Interfaces

    Granian(
        application,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        backlog=BACKLOG,
        backpressure=allow_connections(MOST_CONNECTIONS),
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_SECONDS,
    ).serve(target_loader=load_bound)


def load_bound(application: str) -> Callable[..., Any]:
    """Runs first in the worker: granian's own process must not leave it behind when killed.

    Until granian sets the worker's own signal handlers, those inherited would swallow a stop.
    """
    die_with(os.getppid(), signal.SIGKILL)
    for sent in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sent, signal.SIG_DFL)
    module, _, name = application.partition(":")
    return Patient(getattr(import_module(module), name))
