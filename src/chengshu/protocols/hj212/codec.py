"""HJ 212 as one `Codec`: a frame in, JSON values out."""

from typing import Any

from chengshu.kit.codec import BadFrame, Codec, Decoded
from chengshu.protocols.hj212.message import Message, decode_checked


def decode_frame(frame: bytes) -> Decoded:
    try:
        message, length, check = decode_checked(frame)
    except BadFrame as refusal:
        return Decoded.refused(refusal)
    return Decoded(True, message.name, fields_of(message, length, check))


def fields_of(message: Message, length: int, check: int) -> dict[str, Any]:
    """The fields of *message* under the names of the standard; those it lacks are left out."""
    fields: dict[str, Any] = {"crc": f"{check:04X}", "length": length}
    named = {
        "QN": message.qn,
        "ST": message.st,
        "CN": message.cn,
        "PW": message.pw,
        "MN": message.mn,
    }
    fields |= {name: value for name, value in named.items() if value is not None}
    if message.flag is not None:
        fields |= {
            "Flag": message.flag,
            "version": message.version,
            "has_packet_number": message.is_split,
            "ack_required": message.is_answer_wanted,
        }
    numbers = {"PNUM": message.pnum, "PNO": message.pno}
    fields |= {name: number for name, number in numbers.items() if number is not None}
    if message.other:
        fields["other_header"] = dict(message.other)
    if message.data is not None:
        fields |= {"cp_fields": message.data.fields, "cp_factors": message.data.factors}
    return fields


CODEC = Codec(
    "hj212",
    "HJ 212 pollutant online monitoring",
    "HJ/T 212-2005, HJ 212-2017, HJ 212-2025",
    is_text=True,
    decode=decode_frame,
)
