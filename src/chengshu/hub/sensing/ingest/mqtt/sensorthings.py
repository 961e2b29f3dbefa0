"""The create topics of SensorThings 1.1, clause 14.2.1.

The id of a Datastream is the number of the stream. A number at a time becomes a row; what says
more is set aside for who makes whole Observations (`MAKERS` in ``reading``). An observation by
MQTT has no answer: what is wrong with it stands in the ledger of rejected rows.
"""

import re
from collections.abc import Sequence
from typing import Any

from .messages import LARGEST_ID, Message, Taken, moment, number, parsed

ROOT = "v1.1"
CREATE = "Observations"
PARENT = re.compile(r"(\w+)\((\d{1,18})\)")
DATASTREAMS = "Datastreams"
ROW = frozenset({"phenomenonTime", "resultTime", "result", "Datastream"})
"""What a row can say of an observation."""


def read(levels: Sequence[str], message: Message, taken: Taken) -> None:
    parent = PARENT.fullmatch(levels[1]) if len(levels) > 1 else None
    if levels[-1] != CREATE or len(levels) != (3 if parent else 2):
        taken.reject("bad-topic", message)
        return
    sent = parsed(message.payload)
    if not isinstance(sent, dict):
        taken.reject("bad-row", message)
        return
    if parent is None:
        datastream = _datastream(sent)
    else:
        datastream = int(parent[2]) if parent[1] == DATASTREAMS else None
    found = number(sent.get("result"))
    if datastream is None or isinstance(found, str) or not sent.keys() <= ROW:
        taken.set_aside(found if datastream and isinstance(found, str) else "bad-row", message)
        return
    at = _at(sent, message)
    if at is None:
        taken.set_aside("bad-time", message)
    else:
        taken.value_of(datastream, at, found)


def _datastream(sent: dict[str, Any]) -> int | None:
    """The id that an observation names and nothing else: ``{"Datastream": {"@iot.id": 7}}``."""
    link = sent.get("Datastream")
    found = link.get("@iot.id") if isinstance(link, dict) and len(link) == 1 else None
    is_id = isinstance(found, int) and not isinstance(found, bool) and 0 <= found < LARGEST_ID
    return found if is_id else None


def _at(sent: dict[str, Any], message: Message) -> int | None:
    """The instant observed, that of receipt if none is said; None when a row cannot say it."""
    observed, result = sent.get("phenomenonTime"), sent.get("resultTime")
    if observed is None and result is None:
        return message.received_at
    if result is None or observed is None or result == observed:
        return moment(observed if observed is not None else result)
    return None
