"""JT/T 808: terminals of vehicles, editions 2013 and 2019."""

from chengshu.protocols.jt808.answers import (
    BEFORE_AUTHENTICATION,
    RegisterResult,
    Result,
    answer_to,
    general_reply,
    media_reply,
    register_reply,
    reply,
    resend_request,
    server_time,
)
from chengshu.protocols.jt808.assembly import Assembly, Incomplete, split
from chengshu.protocols.jt808.codec import CODEC, body_json
from chengshu.protocols.jt808.frame import Header, Package
from chengshu.protocols.jt808.items import Item, extras, tyre_pressures
from chengshu.protocols.jt808.location import (
    CLEARED_BY_REPLY,
    Alarm,
    Location,
    Status,
    moment,
    moment_digits,
)
from chengshu.protocols.jt808.message import Message, decode, encode
from chengshu.protocols.jt808.names import NAMES, message_name
from chengshu.protocols.jt808.parameters import (
    PARAMETERS,
    Parameter,
    parameter_octets,
    parameter_value,
)
from chengshu.protocols.jt808.reader import Reader

__all__ = [
    "BEFORE_AUTHENTICATION",
    "CLEARED_BY_REPLY",
    "CODEC",
    "NAMES",
    "PARAMETERS",
    "Alarm",
    "Assembly",
    "Header",
    "Incomplete",
    "Item",
    "Location",
    "Message",
    "Package",
    "Parameter",
    "Reader",
    "RegisterResult",
    "Result",
    "Status",
    "answer_to",
    "body_json",
    "decode",
    "encode",
    "extras",
    "general_reply",
    "media_reply",
    "message_name",
    "moment",
    "moment_digits",
    "parameter_octets",
    "parameter_value",
    "register_reply",
    "reply",
    "resend_request",
    "server_time",
    "split",
    "tyre_pressures",
]
