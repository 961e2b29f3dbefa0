"""Devices that speak a protocol of their own, and the log of what they say."""

import pgtrigger
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.places.scope import Scope
from chengshu.core.records.models import recorded

from .ledger import Terminal
from .secrets import SecretField

DEVICES = "chengshu_devices"
"""PostgreSQL tells every ingest process on this channel that registered devices have changed."""
ADDRESS = r"[0-9A-Za-z._-]{1,40}"


class DeviceProtocol(models.TextChoices):
    HJ212 = "hj212", _("HJ 212 pollutant monitoring")
    JT808 = "jt808", _("JT/T 808 vehicle terminal")
    GB26875 = "gb26875", _("GB/T 26875.3 fire alarm transmission")
    SL651 = "sl651", _("SL 651 hydrological monitoring")
    METERS = "meters", _("DL/T 645 and CJ/T 188 meters")


@recorded(exclude=["secret"])
class Device(models.Model):
    """A device and the terminal into whose datastreams it speaks.

    *address* is what its frames call it: MN, phone number, source address, station or meter
    address. Without a *terminal* it stores nothing. *settings* are declared for each protocol.
    """

    code = models.CharField(_("code"), max_length=60, unique=True, blank=True)
    protocol = models.CharField(_("protocol"), max_length=10, choices=DeviceProtocol.choices)
    address = models.CharField(
        _("address"), max_length=40, validators=[RegexValidator(rf"^{ADDRESS}\Z")]
    )
    terminal = models.ForeignKey(
        Terminal, models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("terminal"),
    )  # fmt: skip
    secret = SecretField(_("password or authentication code"), max_length=80, blank=True)
    settings = models.JSONField(_("settings"), default=dict, blank=True)
    enabled = models.BooleanField(_("enabled"), default=True)

    scope = Scope(place="terminal__place", organisation="terminal__owner", grade="terminal__grade")

    class Meta:
        verbose_name = _("device")
        verbose_name_plural = _("devices")
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["protocol", "address"], name="one_device_per_address")
        ]
        triggers = [
            pgtrigger.Trigger(
                name="announce",
                level=pgtrigger.Statement,
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=f"PERFORM pg_notify('{DEVICES}', ''); RETURN NULL;",
            )
        ]

    def __str__(self) -> str:
        return self.code


class DeviceFrame(models.Model):
    """One frame of the protocol log, newest kept; secrets and people's data are blotted out."""

    class Direction(models.TextChoices):
        UP = "up", _("from the device")
        DOWN = "down", _("to the device")

    device = models.ForeignKey(Device, models.CASCADE, related_name="frames")
    at = models.DateTimeField(_("time"))
    direction = models.CharField(_("direction"), max_length=4, choices=Direction.choices)
    octets = models.BinaryField()
    decoded = models.JSONField(_("content"), default=dict)
    verdict = models.CharField(_("verdict"), max_length=40)

    class Meta:
        verbose_name = _("device frame")
        verbose_name_plural = _("device frames")
        indexes = [models.Index(fields=["device", "-id"], name="sensing_frames_newest")]

    def __str__(self) -> str:
        return f"{self.device_id} {self.direction} {self.at:%Y-%m-%d %H:%M:%S}"


class UnknownDevice(models.Model):
    """A device that speaks and is not registered; written by the ingest process only."""

    code = models.CharField(_("code"), max_length=60, unique=True)
    protocol = models.CharField(_("protocol"), max_length=10, choices=DeviceProtocol.choices)
    address = models.CharField(_("address"), max_length=40)
    peer = models.CharField(_("speaks from"), max_length=60)
    secret = SecretField(max_length=80, blank=True, editable=False)
    first_at = models.DateTimeField(_("first seen"))
    last_at = models.DateTimeField(_("last seen"), db_index=True)
    frames = models.PositiveBigIntegerField(_("frames"))

    scope = Scope(place="", organisation="", grade="")

    class Meta:
        verbose_name = _("unknown device")
        verbose_name_plural = _("unknown devices")
        ordering = ["-last_at"]

    def __str__(self) -> str:
        return self.code
