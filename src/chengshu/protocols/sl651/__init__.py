"""SL 651-2014: reports of hydrological stations to their centre, and what it answers."""

from .answers import FUNCTIONS, Link, Mode, confirm, repeat
from .bodies import Body, read_body
from .elements import Element, by_ascii, by_leader
from .fields import CODEC
from .frames import End, Frame, Packet, decode, encode
from .packets import Assembler, split
from .parameters import Parameter, channel, parameter
from .reader import Reader
from .text import TextBody, read_text

__all__ = [
    "CODEC",
    "FUNCTIONS",
    "Assembler",
    "Body",
    "Element",
    "End",
    "Frame",
    "Link",
    "Mode",
    "Packet",
    "Parameter",
    "Reader",
    "TextBody",
    "by_ascii",
    "by_leader",
    "channel",
    "confirm",
    "decode",
    "encode",
    "parameter",
    "read_body",
    "read_text",
    "repeat",
    "split",
]
