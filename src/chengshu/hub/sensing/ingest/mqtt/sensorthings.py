"""The create topics of SensorThings 1.1, clause 14.2.1, for numeric results.

The id of a Datastream is the number of the stream. An observation by MQTT has no answer: what is
wrong with it stands in the ledger of rejected rows. `READERS` in ``reading`` is where another
reader of these topics is put in.
"""

import re
from collections.abc import Mapping, Sequence

from .messages import LARGEST_ID, Message, Taken, moment, number, parsed

ROOT = "v1.1"
CREATE = "Observations"
DATASTREAM = re.compile(r"Datastreams\((\d{1,18})\)")
TIMES = ("phenomenonTime", "resultTime")


def read(levels: Sequence[str], message: Message, taken: Taken) -> None:
    named = DATASTREAM.fullmatch(levels[1]) if len(levels) > 1 else None
    if levels[-1] != CREATE or len(levels) != (3 if named else 2):
        taken.reject("bad-topic", message)
        return
    sent = parsed(message.payload)
    datastream = int(named[1]) if named else _datastream(sent)
    if not isinstance(sent, dict) or datastream is None:
        taken.reject("bad-row", message)
        return
    at, found = _at(sent, message), number(sent.get("result"))
    if at is None:
        taken.reject("bad-time", message)
    elif isinstance(found, str):
        taken.reject(found, message)
    else:
        taken.value_of(datastream, at, found)


def _datastream(sent: object) -> int | None:
    """The id that an observation names: ``{"Datastream": {"@iot.id": 7}}``."""
    link = sent.get("Datastream") if isinstance(sent, dict) else None
    found = link.get("@iot.id") if isinstance(link, dict) else None
    is_id = isinstance(found, int) and not isinstance(found, bool) and 0 <= found < LARGEST_ID
    return found if is_id else None


def _at(sent: Mapping[str, object], message: Message) -> int | None:
    """The instant observed, else that of the result, else that of receipt."""
    for name in TIMES:
        if sent.get(name) is not None:
            return moment(sent[name])
    return message.received_at
