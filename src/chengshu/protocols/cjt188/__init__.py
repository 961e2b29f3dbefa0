"""CJ/T 188-2004: reading of water, gas and heat meters."""

from .fields import CODEC
from .frames import Exchange, Failure, Frame, Message, Reader, decode, encode
from .readings import CurrentData, read_current, read_variant
from .requests import read, read_address, turn_valve

__all__ = [
    "CODEC",
    "CurrentData",
    "Exchange",
    "Failure",
    "Frame",
    "Message",
    "Reader",
    "decode",
    "encode",
    "read",
    "read_address",
    "read_current",
    "read_variant",
    "turn_valve",
]
