"""Ports for what a test starts."""

import secrets
import socket
from contextlib import suppress

PORTS = range(10_000, 15_000)
"""Below those that the system gives to outgoing connections, which would take one in between, and
those of the databases."""


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    for port in iter(lambda: secrets.choice(PORTS), 0):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError
