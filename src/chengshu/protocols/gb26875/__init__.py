"""GB/T 26875.3-2011: alarms from fire transmission devices to the monitoring centre."""

from .answers import Line, confirm, deny
from .fields import CODEC, text_of
from .frames import Command, Frame, Reader, decode, encode
from .stamps import Stamp
from .units import TYPES, RawUnit, Unit, decode_unit, encode_unit

__all__ = [
    "CODEC",
    "TYPES",
    "Command",
    "Frame",
    "Line",
    "RawUnit",
    "Reader",
    "Stamp",
    "Unit",
    "confirm",
    "decode",
    "decode_unit",
    "deny",
    "encode",
    "encode_unit",
    "text_of",
]
