"""The ledger of sensing terminals, requests, datastreams and what each stream last said."""

from .announcing import CHANNEL, LedgerChange
from .devices import DEVICES, Device, DeviceFrame, DeviceProtocol, UnknownDevice
from .health import HealthPeriod, HealthRule, StreamState, TerminalState
from .ledger import Carrier, Clock, Feed, Terminal
from .mountings import Mounting
from .rejections import Rejection, RejectionCount
from .requests import BuildRequest, Candidate, ReuseRequest
from .rollups import KeptSince, RollupProgress
from .rules import CodingRule, Sector, SectorLimit, SpentCode, TerminalKind
from .streams import Datastream, ObservedProperty
from .subscriptions import Subscription, WebhookAttempt

__all__ = [
    "CHANNEL",
    "DEVICES",
    "BuildRequest",
    "Candidate",
    "Carrier",
    "Clock",
    "CodingRule",
    "Datastream",
    "Device",
    "DeviceFrame",
    "DeviceProtocol",
    "Feed",
    "HealthPeriod",
    "HealthRule",
    "KeptSince",
    "LedgerChange",
    "Mounting",
    "ObservedProperty",
    "Rejection",
    "RejectionCount",
    "ReuseRequest",
    "RollupProgress",
    "Sector",
    "SectorLimit",
    "SpentCode",
    "StreamState",
    "Subscription",
    "Terminal",
    "TerminalKind",
    "TerminalState",
    "UnknownDevice",
    "WebhookAttempt",
]
