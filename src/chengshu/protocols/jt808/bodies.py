"""What the messages say: one frozen class for each body of JT/T 808, 2013 clause 8, 2019 clause 8.

Attributes carry the unit of the wire. *form* tells the layout when a class has several: "2011",
"2013" or "2019", and "mixed" for terminals that mix two of them.
"""

from dataclasses import dataclass

from chengshu.protocols.jt808.location import Location


@dataclass(frozen=True)
class Raw:
    """A body that is unknown, encrypted, one part of several, or does not fit its layout."""

    octets: bytes


@dataclass(frozen=True)
class Empty:
    """0x0002, 0x0003, 0x0004, 0x8104, 0x8107, 0x8201."""


@dataclass(frozen=True)
class GeneralReply:
    """0x0001 and 0x8001. *result*: 0 done, 1 failure, 2 bad message, 3 not supported, 4 alarm
    confirmed (platform only)."""

    reply_serial: int
    reply_id: int
    result: int


@dataclass(frozen=True)
class ServerTime:
    """0x8004: ``YYMMDDhhmmss`` in UTC."""

    time: str


@dataclass(frozen=True)
class Resend:
    """0x8003 and 0x0005: the parts of a split message to be sent again."""

    original_serial: int
    missing: tuple[int, ...]
    form: str = "2013"


@dataclass(frozen=True)
class Register:
    """0x0100. *province* and *city* are the digits 1-2 and 3-6 of GB/T 2260; *plate* is the VIN
    when *plate_color* is 0."""

    province: int
    city: int
    maker: str
    model: str
    terminal_id: str
    plate_color: int
    plate: str
    form: str = "2013"


@dataclass(frozen=True)
class RegisterReply:
    """0x8100. *result*: 0 done, 1 vehicle registered, 2 no such vehicle, 3 terminal registered,
    4 no such terminal. *auth_code* is empty unless done."""

    reply_serial: int
    result: int
    auth_code: str = ""


@dataclass(frozen=True)
class Authentication:
    """0x0102. *imei* and *software_version* are empty in the layout of 2013."""

    auth_code: str
    imei: str = ""
    software_version: str = ""
    form: str = "2013"


@dataclass(frozen=True)
class LocationAnswer:
    """0x0201 and 0x0500."""

    reply_serial: int
    location: Location


@dataclass(frozen=True)
class LocationBatch:
    """0x0704. *type*: 0 batch, 1 blind area. *count* is what the terminal declares; *remainder*
    is what follows the last whole location."""

    count: int
    type: int
    locations: tuple[Location, ...]
    remainder: bytes = b""


@dataclass(frozen=True)
class DriverIdentity:
    """0x0702. *status*: 1 card in, 2 card out; *time* ``YYMMDDhhmmss`` of Beijing time; *form*
    "out" has no more, "unread" no more than the *result* of reading the card."""

    status: int
    time: str
    result: int = 0
    name: str = ""
    certificate: str = ""
    issuer: str = ""
    valid_until: str = ""
    id_card: str = ""
    form: str = "2013"


@dataclass(frozen=True)
class CanData:
    """0x0705. *time* ``hhmmssmmmm`` of Beijing time; items are id word and eight bytes."""

    count: int
    time: str
    items: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True)
class MediaEvent:
    """0x0800. *media_type*: 0 picture, 1 audio, 2 video; *format*: 0 JPEG, 1 TIF, 2 MP3, 3 WAV,
    4 WMV."""

    media_id: int
    media_type: int
    format: int
    event: int
    channel: int


@dataclass(frozen=True)
class MediaData:
    """0x0801."""

    media_id: int
    media_type: int
    format: int
    event: int
    channel: int
    location: Location
    data: bytes


@dataclass(frozen=True)
class MediaReply:
    """0x8800; *form* "whole" has no list of missing parts."""

    media_id: int
    missing: tuple[int, ...] = ()
    form: str = "whole"


@dataclass(frozen=True)
class SetParameters:
    """0x8103: id and value."""

    parameters: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True)
class ParameterAnswer:
    """0x0104."""

    reply_serial: int
    parameters: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True)
class ParameterQuery:
    """0x8106."""

    ids: tuple[int, ...]


@dataclass(frozen=True)
class TerminalControl:
    """0x8105. *command*: 1 upgrade, 2 connect to a server, 3 off, 4 reset, 5 factory settings,
    6 no data link, 7 no radio; *parameters* are separated by semicolons."""

    command: int
    parameters: str = ""


@dataclass(frozen=True)
class TerminalAttributes:
    """0x0107."""

    type: int
    maker: str
    model: str
    terminal_id: str
    iccid: str
    hardware: str
    firmware: str
    gnss: int
    radio: int
    form: str = "2013"


@dataclass(frozen=True)
class Tracking:
    """0x8202: an interval of 0 s stops it."""

    interval_s: int
    duration_s: int


@dataclass(frozen=True)
class AlarmConfirmation:
    """0x8203: *alarms* are bits of the alarm word."""

    alarm_serial: int
    alarms: int


@dataclass(frozen=True)
class TextMessage:
    """0x8300. *type* is of 2019: 1 notice, 2 service."""

    flag: int
    text: str
    type: int = 0
    form: str = "2013"


@dataclass(frozen=True)
class VehicleControl:
    """0x8500. 2013: *flag* bit 0 locks the doors; 2019: *controls* are id and value."""

    flag: int = 0
    controls: tuple[tuple[int, int], ...] = ()
    form: str = "2013"


@dataclass(frozen=True)
class AreaDeletion:
    """0x8601, 0x8603, 0x8605, 0x8607: none named means all."""

    ids: tuple[int, ...]


@dataclass(frozen=True)
class Transparent:
    """0x0900 and 0x8900. *type*: 00 GNSS, 0B IC card, 41 and 42 serial ports, F0 to FF users."""

    type: int
    content: bytes


@dataclass(frozen=True)
class Compressed:
    """0x0901: *data* is GZIP, not opened here."""

    length: int
    data: bytes


@dataclass(frozen=True)
class RsaKey:
    """0x0A00 and 0x8A00."""

    exponent: int
    modulus: bytes


Body = (
    Raw
    | Empty
    | GeneralReply
    | ServerTime
    | Resend
    | Register
    | RegisterReply
    | Authentication
    | Location
    | LocationAnswer
    | LocationBatch
    | DriverIdentity
    | CanData
    | MediaEvent
    | MediaData
    | MediaReply
    | SetParameters
    | ParameterAnswer
    | ParameterQuery
    | TerminalControl
    | TerminalAttributes
    | Tracking
    | AlarmConfirmation
    | TextMessage
    | VehicleControl
    | AreaDeletion
    | Transparent
    | Compressed
    | RsaKey
)
