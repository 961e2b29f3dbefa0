"""Numbers that HJ 212 fixes: commands (CN), systems (ST), return codes, data flags, versions."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Version(IntEnum):
    """The upper six bits of ``Flag``; a frame without ``Flag`` is of 2005."""

    V2005 = 0
    V2017 = 1
    V2025 = 2


class Sender(StrEnum):
    """Who may send a command: the centre, the site (data logger), or both."""

    CENTRE = "centre"
    SITE = "site"
    BOTH = "both"


class Reply(StrEnum):
    """What the centre owes a frame that asks for an answer."""

    DATA = "9014"
    NOTICE = "9013"
    NONE = ""


@dataclass(frozen=True)
class Command:
    """One CN; *reply* is what the centre answers when the site sends it with the answer bit."""

    cn: str
    name: str
    sender: Sender
    reply: Reply = Reply.NONE


_CENTRE, _SITE, _BOTH = Sender.CENTRE, Sender.SITE, Sender.BOTH

COMMANDS = {
    command.cn: command
    for command in (
        Command("1000", "set time-out and retries", _CENTRE),
        Command("1011", "clock", _BOTH),
        Command("1012", "set clock", _CENTRE),
        Command("1013", "clock calibration request", _SITE, Reply.NOTICE),
        Command("1014", "set key", _CENTRE),
        Command("1061", "real-time interval", _BOTH),
        Command("1062", "set real-time interval", _CENTRE),
        Command("1063", "minute interval", _BOTH),
        Command("1064", "set minute interval", _CENTRE),
        Command("1072", "set password", _CENTRE),
        Command("2011", "real-time data", _BOTH, Reply.DATA),
        Command("2012", "stop real-time data", _CENTRE),
        Command("2021", "equipment state", _BOTH, Reply.DATA),
        Command("2022", "stop equipment state", _CENTRE),
        Command("2031", "daily data", _BOTH, Reply.DATA),
        Command("2041", "daily running time of equipment", _BOTH, Reply.DATA),
        Command("2051", "minute data", _BOTH, Reply.DATA),
        Command("2061", "hourly data", _BOTH, Reply.DATA),
        Command("2071", "alarm", _SITE, Reply.DATA),
        Command("2081", "logger start-up", _SITE, Reply.DATA),
        Command("3011", "calibrate", _CENTRE),
        Command("3012", "sample now", _CENTRE),
        Command("3013", "clean", _CENTRE),
        Command("3014", "comparison sampling", _CENTRE),
        Command("3015", "keep a sample", _BOTH, Reply.DATA),
        Command("3016", "set sampling period", _CENTRE),
        Command("3017", "sampling period", _BOTH),
        Command("3018", "time to produce a sample", _BOTH),
        Command("3019", "instrument serial number", _BOTH, Reply.DATA),
        Command("3020", "site information", _BOTH, Reply.DATA),
        Command("3021", "set instrument parameter", _CENTRE),
        Command("9011", "request answer", _BOTH),
        Command("9012", "operation result", _BOTH),
        Command("9013", "notice answer", _BOTH),
        Command("9014", "data answer", _BOTH),
        Command("9015", "heartbeat", _SITE, Reply.DATA),
    )
}

SYSTEMS = {
    "21": "surface water quality",
    "22": "ambient air quality",
    "23": "acoustic environment",
    "24": "groundwater quality",
    "25": "soil quality",
    "26": "sea water quality",
    "27": "volatile organics",
    "31": "air pollution source",
    "32": "surface water source",
    "33": "groundwater source",
    "34": "marine source",
    "35": "soil source",
    "36": "noise source",
    "37": "vibration source",
    "38": "radioactivity source",
    "39": "construction-site dust",
    "41": "electromagnetic source",
    "51": "flue gas process",
    "52": "sewage process",
    "91": "system interaction",
}


class RequestReturn(IntEnum):
    """``QnRtn``: whether a request was taken."""

    READY = 1
    REFUSED = 2
    WRONG_PASSWORD = 3
    WRONG_MN = 4
    WRONG_ST = 5
    WRONG_FLAG = 6
    WRONG_QN = 7
    WRONG_CN = 8
    CRC_FAILED = 9
    UNKNOWN = 100


class ExecutionReturn(IntEnum):
    """``ExeRtn``: how an operation ended."""

    DONE = 1
    FAILED = 2
    CONDITION_NOT_MET = 3
    INSTRUMENT_TIMEOUT = 4
    BUSY = 5
    SYSTEM_FAULT = 6
    NO_DATA = 100


class DataFlag(StrEnum):
    """``<code>-Flag``; networks add letters of their own, which stay as they are."""

    NORMAL = "N"
    STOPPED = "F"
    MAINTENANCE = "M"
    ENTERED_BY_HAND = "S"
    FAULT = "D"
    CALIBRATING = "C"
    OVER_RANGE = "T"
    COMMUNICATION_FAILURE = "B"


class EquipmentState(IntEnum):
    """``SBx-RS``."""

    OFF = 0
    RUNNING = 1
    CALIBRATING = 2
    MAINTENANCE = 3
    ALARM = 4
    BACK_FLUSH = 5


def command_name(cn: str | None) -> str:
    """The English name of *cn*, for people."""
    if cn is None:
        return "no command"
    known = COMMANDS.get(cn)
    return f"{cn} {known.name if known else 'unknown command'}"
