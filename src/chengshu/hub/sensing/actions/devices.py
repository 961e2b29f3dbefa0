"""Every way the ledger of devices changes."""

import secrets
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chengshu.core.access.policy import Actor, require
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.core.records.writing import Clash, WrongValues, check
from chengshu.hub.sensing.devices.settings import checked, plain_address
from chengshu.hub.sensing.models import Device, DeviceProtocol, Terminal, UnknownDevice
from chengshu.kit.errors import Conflict

NEEDS_SECRET = (DeviceProtocol.HJ212,)
"""Protocols whose frames carry a password: without one anybody could speak for the device."""


class NoTerminal(Conflict):
    """There is no terminal of the device's address, so somebody has to say which one it is."""

    code = "no-terminal"


@action("sensing.add_device", gettext_lazy("Register devices"))
def register_device(
    *,
    by: Actor,
    protocol: str,
    address: str,
    terminal: Terminal | None = None,
    secret: str = "",
    code: str = "",
    settings: dict[str, Any] | None = None,
    enabled: bool = True,
) -> Device:
    """Register a device that speaks *protocol* as *address*. Raises WrongValues and Clash."""
    device = Device(
        protocol=protocol,
        address=plain_address(protocol, address),
        terminal=terminal,
        secret=secret,
        settings={} if settings is None else settings,
        enabled=enabled,
    )
    device.code = code or f"{device.protocol}-{device.address}"
    _check(device, by)
    if protocol in NEEDS_SECRET and not _has_secret(device):
        raise WrongValues({"secret": _("A device of this protocol needs its password")})
    require(by, "sensing.add_device", device)
    try:
        with transaction.atomic():
            device.save(force_insert=True)
    except IntegrityError:
        raise Clash(_("Another device has this code or address.")) from None
    return device


@action("sensing.change_device", gettext_lazy("Change devices"))
def change_device(device: Device, *, by: Actor, **values: Any) -> Device:
    """Set *values* of *device*; an empty secret stays as it is."""
    if not values.get("secret", "unsaid"):
        del values["secret"]
    for name, value in values.items():
        setattr(device, name, value)
    device.address = plain_address(device.protocol, device.address)
    _check(device, by)
    require(by, "sensing.change_device", device)
    if values:
        device.save(update_fields=[*values])
    note(fields=sorted(values))
    return device


@action("sensing.rotate_device_secret", gettext_lazy("Take the secret of a device away"))
def rotate_secret(device: Device, *, by: Actor) -> Device:
    """Give *device* a secret that nobody knows: a vehicle terminal has to register again, any
    other device is refused until its new password is entered."""
    device.secret = secrets.token_urlsafe(24)
    device.save(update_fields=["secret"])
    return device


@action("sensing.disable_device", gettext_lazy("Disable a device"))
def disable_device(device: Device, *, by: Actor) -> Device:
    """Refuse everything that *device* says from now on."""
    return _switched(device, is_on=False)


@action("sensing.enable_device", gettext_lazy("Enable a device"))
def enable_device(device: Device, *, by: Actor) -> Device:
    """Take again what *device* says."""
    return _switched(device, is_on=True)


@action("sensing.adopt_device", gettext_lazy("Register an unknown device"))
def adopt_device(unknown: UnknownDevice, *, by: Actor) -> Device:
    """Register *unknown* as it speaks now, password included, for the terminal whose code is its
    address. Raises NoTerminal without one."""
    terminal = Terminal.objects.filter(code=unknown.address).first()
    if terminal is None:
        raise NoTerminal(
            _("No terminal has the code %(code)s: register the device by hand")
            % {"code": unknown.address},
            where={"address": unknown.address},
        )
    device = register_device(
        by=by,
        protocol=unknown.protocol,
        address=unknown.address,
        terminal=terminal,
        secret=unknown.secret,
    )
    unknown.delete()
    return device


@action("sensing.ask_device_duty", gettext_lazy("Ask for the guard of a fire control room"))
def ask_duty(device: Device, *, by: Actor) -> Device:
    """Have the ingest process that holds the line of *device* ask for its guard."""
    if device.protocol != DeviceProtocol.GB26875:
        raise Conflict(_("Only fire alarm transmission devices can be asked."))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [ORDERS, f"duty {device.pk}"])
    return device


ORDERS = "chengshu_device_orders"
"""PostgreSQL channel: what an ingest process shall tell a device."""


def _has_secret(device: Device) -> bool:
    return bool(device.secret or getattr(device.secret, "kept", ""))


def _check(device: Device, by: Actor) -> None:
    """Raises WrongValues; NotAllowed for terminals that *by* may not have devices speak for."""
    device.settings = checked(device.protocol, device.settings)
    check(device)
    named = set(device.settings.get("terminals", {}).values())
    found = list(Terminal.objects.filter(code__in=named))
    if unknown := named - {terminal.code for terminal in found}:
        raise WrongValues(
            {"settings": _("no terminal %(code)s") % {"code": ", ".join(sorted(unknown))}}
        )
    require(by, "sensing.view_terminal", [*found, *([device.terminal] if device.terminal else [])])


def _switched(device: Device, *, is_on: bool) -> Device:
    device.enabled = is_on
    device.save(update_fields=["enabled"])
    return device
