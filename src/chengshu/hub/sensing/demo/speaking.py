"""The devices of the demonstration city speak to the public ports of the ingest process."""

import logging
import math
import socket
import threading
from collections.abc import Mapping
from datetime import datetime

from django.db import connection
from django.utils import timezone

from chengshu.hub.sensing.devices.settings import complete
from chengshu.hub.sensing.models import Device, DeviceProtocol
from chengshu.hub.sensing.models.secrets import is_secret
from chengshu.protocols import gb26875, hj212, jt808, sl651
from chengshu.protocols.gb26875.objects import DeviceState
from chengshu.protocols.jt808.bodies import Authentication, Body
from chengshu.protocols.sl651.parts import Group, ObservedAt, Station

from .spoken import PHONES, password_of

log = logging.getLogger(__name__)

BEAT_SECONDS = 15.0
PATIENCE_SECONDS = 10.0
HYDROMETRIC = 0x48
METRES_PER_SECOND = 9.0
DEGREE_METRES = 111_320.0
MASK = 0xFFFF_FFFF
"""West and south are sent as two's complement."""


def speak(host: str, ports: Mapping[str, int], stop: threading.Event) -> None:
    """Let every device of the demonstration say what it measures, until *stop*."""
    speakers = [Speaker(device, host, ports) for device in _devices() if device.protocol in ports]
    while not stop.is_set():
        for speaker in speakers:
            speaker.say(timezone.now())
        stop.wait(BEAT_SECONDS)
    for speaker in speakers:
        speaker.hang_up()


def _devices() -> list[Device]:
    """Those whose secret is the demonstration's: real ones speak for themselves."""
    found = Device.objects.filter(enabled=True, terminal__isnull=False).select_related("terminal")
    try:
        return [device for device in found if _is_invented(device)]
    finally:
        connection.close()


def _is_invented(device: Device) -> bool:
    return is_secret(password_of(device.address), getattr(device.secret, "kept", ""))


class Speaker:
    """One device with its line, which it opens again when it breaks."""

    def __init__(self, device: Device, host: str, ports: Mapping[str, int]) -> None:
        self._device = device
        self._at = (host, ports[device.protocol])
        self._line: socket.socket | None = None
        self._number = 0

    def say(self, now: datetime) -> None:
        """One report, answered; a line that breaks is left for the next time."""
        try:
            if self._line is None:
                self._line = socket.create_connection(self._at, PATIENCE_SECONDS)
                self._exchange(self._greeting())
            self._exchange(self._report(now))
        except OSError as error:
            log.info("%s could not speak: %s", self._device.code, error)
            self.hang_up()

    def hang_up(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = None

    def _exchange(self, frame: bytes) -> None:
        if not frame or self._line is None:
            return
        self._line.sendall(frame)
        if not self._line.recv(4096):
            raise ConnectionError("the line was closed")

    def _greeting(self) -> bytes:
        if self._device.protocol != DeviceProtocol.JT808:
            return b""
        return self._of_vehicle(0x0102, Authentication(password_of(self._device.address)))

    def _report(self, now: datetime) -> bytes:
        self._number = (self._number + 1) & 0xFFFF
        local = now.astimezone(complete(self._device.protocol, {})["zone"])
        match self._device.protocol:
            case DeviceProtocol.HJ212:
                return self._of_dust(now)
            case DeviceProtocol.JT808:
                return self._of_vehicle(0x0200, self._location(now))
            case DeviceProtocol.GB26875:
                return self._of_panel(local)
            case DeviceProtocol.SL651:
                return self._of_river(local)
        return b""

    def _wave(self, now: datetime, minutes: float) -> float:
        """From -1 to 1 in *minutes*, for each device in its own step."""
        return math.sin(now.timestamp() / 60 / minutes * 2 * math.pi + self._device.pk)

    def _of_dust(self, now: datetime) -> bytes:
        fine = 38 + 12 * self._wave(now, 180)
        values = {"a34004": fine, "a34002": 1.8 * fine}
        pairs = [{f"{code}-Rtd": f"{v:.1f}", f"{code}-Flag": "N"} for code, v in values.items()]
        message = hj212.Message(
            qn=hj212.request_number(now),
            st="39",
            cn="2011",
            pw=password_of(self._device.address),
            mn=self._device.address,
            flag=hj212.flag_of(hj212.Version.V2017, answer=True),
            data=hj212.Data.of({"DataTime": hj212.time_text(now)}, *pairs),
        )
        return hj212.encode(message)

    def _of_vehicle(self, message_id: int, body: Body) -> bytes:
        phone = f"{int(self._device.address):012}"
        header = jt808.Header(message_id, phone, self._number)
        return jt808.encode(jt808.Message(header, body))

    def _location(self, now: datetime) -> jt808.Location:
        """In a circle around the terminal's own position."""
        terminal = self._device.terminal
        assert terminal is not None
        lon, lat = terminal.lon or 0.0, terminal.lat or 0.0
        turn = (now.timestamp() / 600 + (int(self._device.address) - PHONES) / 4) * 2 * math.pi
        radius = METRES_PER_SECOND * 600 / (2 * math.pi) / DEGREE_METRES
        east = lon + radius * math.sin(turn) / math.cos(math.radians(lat))
        north = lat + radius * math.cos(turn)
        return jt808.Location(
            alarm=0,
            status=1 << jt808.Status.ACC_ON | 1 << jt808.Status.POSITIONED,
            latitude_raw=round(north * 1_000_000) & MASK,
            longitude_raw=round(east * 1_000_000) & MASK,
            altitude=100,
            speed=round(METRES_PER_SECOND * 36),
            course=round(math.degrees(turn) + 90) % 360,
            time_digits=jt808.moment_digits(now),
        )

    def _of_panel(self, local: datetime) -> bytes:
        at = gb26875.Stamp.at(local)
        unit = gb26875.Unit(21, (DeviceState(1, at),))
        source = int(self._device.address)
        frame = gb26875.Frame(self._number, at, source, 1, int(gb26875.Command.SEND), unit)
        return gb26875.encode(frame)

    def _of_river(self, local: datetime) -> bytes:
        groups = (
            _group("39", 3, 4, 4.2 + 0.2 * self._wave(local, 720)),
            _group("20", 1, 3, max(0.0, 3 * self._wave(local, 360) - 2)),
            _group("38", 2, 2, 12.6),
        )
        head = (
            Station(self._device.address, HYDROMETRIC),
            ObservedAt(local.strftime("%y%m%d%H%M")),
        )
        body = sl651.Body(self._number, local.strftime("%y%m%d%H%M%S"), (*head, *groups))
        frame = sl651.Frame(
            is_up=True,
            centre=1,
            station=self._device.address,
            password=int(password_of(self._device.address), 16),
            function=0x32,
            end=int(sl651.End.ETX),
            text=body.octets,
        )
        return sl651.encode(frame)


def _group(leader: str, decimals: int, octets: int, value: float) -> Group:
    digits = f"{round(value * 10**decimals):0{2 * octets}}"
    return Group(bytes.fromhex(leader), octets << 3 | decimals, bytes.fromhex(digits))
