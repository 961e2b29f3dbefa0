"""The ledger of sensing terminals, their datastreams and what each stream last said."""

from .announcing import CHANNEL
from .ledger import Carrier, Clock, Feed, Terminal
from .streams import Datastream, ObservedProperty, Rejection, StreamState, TerminalState

__all__ = [
    "CHANNEL",
    "Carrier",
    "Clock",
    "Datastream",
    "Feed",
    "ObservedProperty",
    "Rejection",
    "StreamState",
    "Terminal",
    "TerminalState",
]
