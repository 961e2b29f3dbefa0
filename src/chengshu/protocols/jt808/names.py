"""What the message ids of JT/T 808 are called."""

from collections.abc import Mapping
from types import MappingProxyType

NAMES: Mapping[int, str] = MappingProxyType(
    {
        0x0001: "terminal general reply",
        0x0002: "heartbeat",
        0x0003: "log-out",
        0x0004: "server time query",
        0x0005: "resend request of the terminal",
        0x0100: "register",
        0x0102: "authentication",
        0x0104: "parameter answer",
        0x0107: "terminal attributes",
        0x0108: "upgrade result",
        0x0200: "location",
        0x0201: "location answer",
        0x0301: "event report",
        0x0500: "vehicle control answer",
        0x0702: "driver identity",
        0x0704: "location batch",
        0x0705: "CAN data",
        0x0800: "multimedia event",
        0x0801: "multimedia data",
        0x0900: "transparent data up",
        0x0901: "compressed report",
        0x0A00: "terminal RSA key",
        0x8001: "platform general reply",
        0x8003: "resend request of the platform",
        0x8004: "server time",
        0x8100: "register reply",
        0x8103: "set parameters",
        0x8104: "query all parameters",
        0x8105: "terminal control",
        0x8106: "query parameters",
        0x8107: "query attributes",
        0x8108: "upgrade package",
        0x8201: "location query",
        0x8202: "temporary tracking",
        0x8203: "alarm confirmation",
        0x8300: "text message",
        0x8500: "vehicle control",
        0x8600: "set circles",
        0x8601: "delete circles",
        0x8602: "set rectangles",
        0x8603: "delete rectangles",
        0x8604: "set polygon",
        0x8605: "delete polygons",
        0x8606: "set route",
        0x8607: "delete routes",
        0x8800: "multimedia reply",
        0x8900: "transparent data down",
        0x8A00: "platform RSA key",
    }
)


def message_name(message_id: int) -> str:
    return f"0x{message_id:04X} {NAMES.get(message_id, 'unknown message')}"
