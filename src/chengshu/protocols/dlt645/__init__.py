"""DL/T 645-2007 and 1997: reading and switching of electricity meters."""

from .fields import CODEC
from .frames import Frame, Reader, decode, encode
from .identifiers import Quantity, quantity
from .messages import Message, Reading, Request, Switch
from .requests import broadcast_time, read, read_address, read_following, switch

__all__ = [
    "CODEC",
    "Frame",
    "Message",
    "Quantity",
    "Reader",
    "Reading",
    "Request",
    "Switch",
    "broadcast_time",
    "decode",
    "encode",
    "quantity",
    "read",
    "read_address",
    "read_following",
    "switch",
]
