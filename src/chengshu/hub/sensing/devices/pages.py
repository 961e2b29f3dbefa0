"""The ledgers of devices: registered ones with their protocol log, and unknown ones."""

from collections.abc import Mapping
from typing import Any

import orjson
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor, visible_to
from chengshu.core.records.ledger import (
    Button,
    Column,
    Ledger,
    RecordPanel,
    register,
    register_panel,
)
from chengshu.hub.sensing.actions import devices
from chengshu.hub.sensing.models import (
    Device,
    DeviceFrame,
    DeviceProtocol,
    Terminal,
    UnknownDevice,
)

SHOWN, SHOWN_OF_TERMINAL = 50, 20
VIEW = "sensing.view_device"
MOST_OCTETS = 512


def _has_secret(device: Device) -> str:
    return str(_("yes") if getattr(device.secret, "kept", "") else _("no"))


def _log(device: Device, _actor: Actor) -> Mapping[str, Any]:
    frames = DeviceFrame.objects.filter(device=device).order_by("-id")[:SHOWN]
    return {"frames": [_shown(frame) for frame in frames]}


def _log_of_terminal(terminal: Terminal, actor: Actor) -> Mapping[str, Any]:
    devices = list(visible_to(Device.objects.filter(terminal=terminal), actor, VIEW))
    frames = DeviceFrame.objects.filter(device__in=devices).order_by("-id")[:SHOWN_OF_TERMINAL]
    return {"devices": devices, "frames": [_shown(frame) for frame in frames]}


def _shown(frame: DeviceFrame) -> dict[str, Any]:
    octets = bytes(frame.octets)[:MOST_OCTETS]
    is_text = octets.startswith(b"##")
    return {
        "frame": frame,
        "octets": octets.decode("utf-8", "replace") if is_text else octets.hex(" "),
        "decoded": orjson.dumps(frame.decoded, option=orjson.OPT_INDENT_2).decode(),
    }


register(
    Ledger(
        name="sensing.devices",
        model=Device,
        icon="sensor",
        columns=(
            "code",
            "protocol",
            "address",
            "terminal",
            "enabled",
            Column("has_secret", _("has a secret"), _has_secret),
        ),
        filters=("protocol", "enabled"),
        search=("code", "address"),
        fields=("code", "protocol", "address", "terminal", "secret", "settings", "enabled"),
        create=devices.register_device,
        change=devices.change_device,
        buttons={
            "disable": Button(devices.disable_device, shows=lambda device: device.enabled),
            "enable": Button(devices.enable_device, shows=lambda device: not device.enabled),
            "rotate-secret": Button(devices.rotate_secret),
            "ask-duty": Button(
                devices.ask_duty, shows=lambda device: device.protocol == DeviceProtocol.GB26875
            ),
        },
        panels=(
            RecordPanel(
                name="sensing.frames",
                title=_("Protocol log"),
                template="sensing/frames.html",
                context=_log,
                order=10,
            ),
        ),
    )
)
register(
    Ledger(
        name="sensing.unknown-devices",
        model=UnknownDevice,
        icon="stop",
        columns=("code", "protocol", "address", "peer", "first_at", "last_at", "frames"),
        filters=("protocol",),
        search=("address", "peer"),
        order=("-last_at",),
        buttons={"register": Button(devices.adopt_device)},
    )
)
register_panel(
    RecordPanel(
        name="sensing.frames-of-terminal",
        title=_("Protocol log"),
        template="sensing/frames_of_terminal.html",
        context=_log_of_terminal,
        ledger="sensing.terminals",
        permission=VIEW,
        order=15,
    )
)
