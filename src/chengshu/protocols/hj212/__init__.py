"""HJ 212: data of online pollutant monitoring, editions 2005, 2017 and 2025."""

from chengshu.protocols.hj212.answers import (
    answer_to,
    data_answer,
    flag_of,
    following_number,
    notice_answer,
    operation_result,
    request_answer,
    request_number,
    split,
)
from chengshu.protocols.hj212.assembly import Assembled, Assembly
from chengshu.protocols.hj212.codec import CODEC
from chengshu.protocols.hj212.commands import (
    COMMANDS,
    SYSTEMS,
    Command,
    DataFlag,
    EquipmentState,
    ExecutionReturn,
    RequestReturn,
    Version,
)
from chengshu.protocols.hj212.crc import crc
from chengshu.protocols.hj212.data import Data, parse_time, time_text
from chengshu.protocols.hj212.factors import Factor, factor, factors
from chengshu.protocols.hj212.message import Message, decode, encode
from chengshu.protocols.hj212.reader import Reader

__all__ = [
    "CODEC",
    "COMMANDS",
    "SYSTEMS",
    "Assembled",
    "Assembly",
    "Command",
    "Data",
    "DataFlag",
    "EquipmentState",
    "ExecutionReturn",
    "Factor",
    "Message",
    "Reader",
    "RequestReturn",
    "Version",
    "answer_to",
    "crc",
    "data_answer",
    "decode",
    "encode",
    "factor",
    "factors",
    "flag_of",
    "following_number",
    "notice_answer",
    "operation_result",
    "parse_time",
    "request_answer",
    "request_number",
    "split",
    "time_text",
]
