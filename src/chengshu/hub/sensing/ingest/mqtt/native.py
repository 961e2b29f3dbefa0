"""The topics ``chengshu/<terminal>`` and ``chengshu/<terminal>/<property>``."""

from collections.abc import Sequence
from math import isfinite

from .messages import Message, Taken, moment, number, parsed

ROOT = "chengshu"
ERRORS = "errors"
"""``chengshu/errors/<sender>`` tells a sender what was rejected; nobody publishes there."""
STEM, LEAF = 2, 3


def read(levels: Sequence[str], message: Message, taken: Taken) -> None:
    if len(levels) == LEAF and levels[1] != ERRORS:
        _value(levels[1], levels[2], message, taken)
    elif len(levels) == STEM and levels[1] != ERRORS:
        _observations(levels[1], message, taken)
    else:
        taken.reject("bad-topic", message)


def _value(terminal: str, name: str, message: Message, taken: Taken) -> None:
    """A number as text, or ``{"value": …, "at": …}``."""
    payload = message.payload
    try:
        plain = float(payload)
    except ValueError:
        sent = parsed(payload)
        if isinstance(sent, dict) and "value" in sent:
            _take(terminal, {name: sent["value"]}, sent, message, taken)
        else:
            taken.reject("not-a-number", message)
        return
    if b"_" in payload:
        taken.reject("not-a-number", message)
    elif isfinite(plain):
        taken.value(terminal, name, message.received_at, plain)
    else:
        taken.reject("not-finite", message)


def _observations(terminal: str, message: Message, taken: Taken) -> None:
    """``{"at": …, "values": {property: value}}`` or a list of such."""
    sent = parsed(message.payload)
    observations = sent if isinstance(sent, list) and sent else [sent]
    for one in observations:
        values = one.get("values") if isinstance(one, dict) else None
        if isinstance(values, dict) and values:
            _take(terminal, values, one, message, taken)
        else:
            taken.reject("bad-row", message)


def _take(
    terminal: str,
    values: dict[str, object],
    sent: dict[str, object],
    message: Message,
    taken: Taken,
) -> None:
    at = moment(sent["at"]) if "at" in sent else message.received_at
    for name, value in values.items():
        found = number(value)
        if "\0" in name:
            taken.reject("bad-row", message)
        elif at is None:
            taken.reject("bad-time", message)
        elif isinstance(found, str):
            taken.reject(found, message)
        else:
            taken.value(terminal, name, at, found)
