"""Which devices are registered: all of them in memory, fresh on every change."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from django.db import close_old_connections, connection

from chengshu.hub.sensing.actions.devices import ORDERS
from chengshu.hub.sensing.devices.settings import complete
from chengshu.hub.sensing.models import CHANNEL, DEVICES, Datastream, Device, Terminal
from chengshu.hub.sensing.models.secrets import code_of, is_secret

log = logging.getLogger(__name__)

REST_SECONDS = 0.2
"""Pause between two readings of the whole ledger, so that a long import does not fill them."""


@dataclass(frozen=True)
class Registered:
    """A device as the ledger has it. *streams* are the codes of the datastreams of each terminal
    that it may speak for."""

    id: int
    code: str
    protocol: str
    address: str
    terminal: str
    terminal_id: int
    kept: str
    enabled: bool
    settings: Mapping[str, Any]
    streams: Mapping[str, frozenset[str]]

    def knows(self, secret: str) -> bool:
        """Whether *secret* is this device's; anything is, when it has none."""
        return not self.kept or is_secret(secret, self.kept)

    @property
    def given_code(self) -> str:
        """The authentication code that the platform gives to it."""
        return code_of(self.kept, self.address)

    def has(self, terminal: str, stream: str) -> bool:
        return stream in self.streams.get(terminal, ())


class DeviceBook:
    """The registered devices as they are. A reader never waits."""

    def __init__(self) -> None:
        self._devices: dict[tuple[str, str], Registered] = {}

    def find(self, protocol: str, address: str) -> Registered | None:
        return self._devices.get((protocol, address))

    def on_line(self, line: str) -> list[Registered]:
        """The meters behind the gateway that says *line* first."""
        return [
            device
            for (protocol, _address), device in self._devices.items()
            if protocol == "meters" and device.settings["line"] == line
        ]

    def read(self) -> None:
        """Read the ledger anew."""
        close_old_connections()
        try:
            self._devices = _load()
        finally:
            connection.close()

    def listen(self, stop: threading.Event, order: Callable[[str], None]) -> None:
        """Read anew whenever the ledger changes, and pass on every *order*, until *stop*."""
        while not stop.is_set():
            try:
                with psycopg.connect(**_listening(), autocommit=True) as listener:
                    for channel in (DEVICES, CHANNEL, ORDERS):
                        listener.execute(f"LISTEN {channel}")
                    self.read()
                    while not stop.is_set():
                        self._hear(listener, order)
            except psycopg.OperationalError as error:
                log.warning("the book of devices lost its connection: %s", error)
                stop.wait(1)

    def _hear(
        self, listener: "psycopg.Connection[tuple[Any, ...]]", order: Callable[[str], None]
    ) -> None:
        is_stale = False
        for notice in listener.notifies(timeout=1, stop_after=1):
            if notice.channel == ORDERS:
                order(notice.payload)
            else:
                is_stale = True
        if is_stale:
            self.read()
            time.sleep(REST_SECONDS)


def _listening() -> dict[str, Any]:
    parameters: dict[str, Any] = connection.get_connection_params()
    return {name: value for name, value in parameters.items() if name != "pool"}


def _load() -> dict[tuple[str, str], Registered]:
    devices = list(Device.objects.select_related("terminal").order_by())
    streams = _streams(devices)
    return {(row.protocol, row.address): _registered(row, streams) for row in devices}


def _streams(devices: list[Device]) -> dict[str, frozenset[str]]:
    """The codes of the datastreams of every terminal that a device may speak for."""
    named = {code for row in devices for code in row.settings.get("terminals", {}).values()}
    numbers = {row.terminal_id for row in devices if row.terminal_id}
    numbers |= set(Terminal.objects.filter(code__in=named).values_list("id", flat=True))
    found: dict[str, set[str]] = {}
    rows = Datastream.objects.filter(terminal__in=numbers).order_by()
    for terminal, code in rows.values_list("terminal__code", "code"):
        found.setdefault(terminal, set()).add(code)
    return {terminal: frozenset(codes) for terminal, codes in found.items()}


def _registered(row: Device, streams: Mapping[str, frozenset[str]]) -> Registered:
    terminal = row.terminal.code if row.terminal else ""
    speaks_for = {terminal, *row.settings.get("terminals", {}).values()}
    return Registered(
        id=row.pk,
        code=row.code,
        protocol=row.protocol,
        address=row.address,
        terminal=terminal,
        terminal_id=row.terminal_id or 0,
        kept=getattr(row.secret, "kept", ""),
        enabled=row.enabled,
        settings=complete(row.protocol, row.settings),
        streams={code: streams.get(code, frozenset()) for code in speaks_for},
    )
