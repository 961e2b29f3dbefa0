"""What may be set for a device of each protocol, and how what an operator writes is checked."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.utils.translation import gettext as _

from chengshu.core.records.writing import WrongValues
from chengshu.hub.sensing.lake import QUALITY
from chengshu.hub.sensing.models import DeviceProtocol

Check = Callable[[Any], bool]


@dataclass(frozen=True)
class Setting:
    """*wanted* says in English what *is_right* checks."""

    default: Any
    is_right: Check
    wanted: str


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_words(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(to, str) and to for to in value.values())


def _is_factors(value: Any) -> bool:
    return isinstance(value, dict) and all(_is_number(to) and to for to in value.values())


def _is_flags(value: Any) -> bool:
    return isinstance(value, dict) and all(to in QUALITY.values() for to in value.values())


def _is_codes(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(di, str) and re.fullmatch(r"[0-9a-f]{4}|[0-9a-f]{8}", di) for di in value
    )


def _between(lowest: int, highest: int) -> Check:
    return lambda value: _is_number(value) and lowest <= value <= highest


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= 80


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _seconds(default: int) -> Setting:
    return Setting(default, _between(10, 90_000), "seconds from 10 to 90000")


FLAG = "true or false"
COMMON = {
    "zone": Setting("Asia/Shanghai", lambda name: name in _zones(), "the name of a time zone"),
    "streams": Setting({}, _is_words, "what the device says: code of the datastream"),
    "factors": Setting({}, _is_factors, "what the device says: number to multiply by"),
}
SETTINGS: Mapping[str, Mapping[str, Setting]] = {
    DeviceProtocol.HJ212: COMMON
    | {
        "silence_seconds": _seconds(4_000),
        "flags": Setting({}, _is_flags, "data flag: " + ", ".join(QUALITY.values())),
    },
    DeviceProtocol.JT808: COMMON
    | {
        "heartbeat_seconds": Setting(60, _between(5, 3_600), "seconds from 5 to 3600"),
        "force_2013": Setting(False, _is_flag, FLAG),
        "terminal_id": Setting("", _is_text, "the terminal id of its registration"),
        "plate": Setting("", _is_text, "the plate of its registration"),
    },
    DeviceProtocol.GB26875: COMMON
    | {
        "silence_seconds": _seconds(300),
        "terminals": Setting({}, _is_words, "system.address[.type.component]: terminal code"),
    },
    DeviceProtocol.SL651: COMMON
    | {
        "silence_seconds": _seconds(4_000),
        "mode": Setting(2, lambda mode: mode in (1, 2, 3, 4), "working mode 1, 2, 3 or 4"),
        "stay": Setting(False, _is_flag, FLAG),
    },
    DeviceProtocol.METERS: COMMON
    | {
        "silence_seconds": _seconds(4_000),
        "line": Setting("", _is_text, "what the gateway of its line says first"),
        "wanted": Setting([], _is_codes, "a list of data identifiers"),
        "poll_seconds": Setting(900, _between(10, 86_400), "seconds from 10 to 86400"),
    },
}
"""By protocol and name."""


def checked(protocol: str, given: Any) -> dict[str, Any]:
    """*given* as it may be kept. Raises WrongValues naming the first fault."""
    if not isinstance(given, dict):
        raise WrongValues({"settings": _("must be a JSON object")})
    known = SETTINGS[protocol]
    for name, value in given.items():
        if name not in known:
            raise WrongValues(
                {
                    "settings": _("no setting %(name)s; known: %(known)s")
                    % {"name": name, "known": ", ".join(sorted(known))}
                }
            )
        if not known[name].is_right(value):
            raise WrongValues(
                {
                    "settings": _("%(name)s must be %(wanted)s")
                    % {"name": name, "wanted": known[name].wanted}
                }
            )
    return given


def complete(protocol: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """*given* with the defaults for everything else; ``zone`` becomes a time zone."""
    found = {name: setting.default for name, setting in SETTINGS[protocol].items()} | dict(given)
    return found | {"zone": ZoneInfo(found["zone"])}


def plain_address(protocol: str, address: str) -> str:
    """*address* in the one way in which it is compared."""
    match protocol:
        case DeviceProtocol.JT808 | DeviceProtocol.GB26875:
            return address.lstrip("0") or "0"
        case DeviceProtocol.SL651 | DeviceProtocol.METERS:
            return address.lower()
    return address
