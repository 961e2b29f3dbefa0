"""Which layout every message id has, in the order in which they are tried.

Terminals do not keep to the edition that their header names, so a body that does not fit the
layout of its edition is tried with the others of its id.
"""

from collections.abc import Mapping
from types import MappingProxyType

from chengshu.protocols.jt808.bodies import (
    AlarmConfirmation,
    AreaDeletion,
    Authentication,
    CanData,
    Compressed,
    DriverIdentity,
    Empty,
    GeneralReply,
    LocationAnswer,
    MediaData,
    MediaEvent,
    MediaReply,
    ParameterAnswer,
    ParameterQuery,
    Register,
    RegisterReply,
    Resend,
    RsaKey,
    ServerTime,
    SetParameters,
    TerminalAttributes,
    TerminalControl,
    TextMessage,
    Tracking,
    Transparent,
    VehicleControl,
)
from chengshu.protocols.jt808.location import BareLocationKind, LocationKind
from chengshu.protocols.jt808.shapes import (
    Digits,
    FixedText,
    Identifier,
    Kind,
    Listed,
    Number,
    Octets,
    RestText,
    Row,
    Shape,
    SizedOctets,
    SizedText,
)

_BYTE, _WORD, _DWORD = Number(1), Number(2), Number(4)
_TIME = Digits(6)
_PARAMETER_ID = Identifier(4)


_PARAMETERS = Listed(1, Row((_PARAMETER_ID, SizedOctets())))


def _shape(body: type, form: str = "", /, **kinds: Kind) -> Shape:
    return Shape(body, tuple(kinds.items()), {"form": form} if form else {})


def _register(form: str, maker: int, model: int, terminal: int) -> Shape:
    return _shape(
        Register,
        form,
        province=_WORD,
        city=_WORD,
        maker=FixedText(maker),
        model=FixedText(model),
        terminal_id=FixedText(terminal),
        plate_color=_BYTE,
        plate=RestText(),
    )


def _attributes(form: str, maker: int, model: int, terminal: int) -> Shape:
    return _shape(
        TerminalAttributes,
        form,
        type=_WORD,
        maker=FixedText(maker),
        model=FixedText(model),
        terminal_id=FixedText(terminal),
        iccid=Digits(10),
        hardware=SizedText(),
        firmware=SizedText(),
        gnss=_BYTE,
        radio=_BYTE,
    )


def _driver(form: str, **more: Kind) -> Shape:
    return _shape(DriverIdentity, form, status=_BYTE, time=_TIME, **more)


_CARD: dict[str, Kind] = {
    "result": _BYTE,
    "name": SizedText(),
    "certificate": FixedText(20),
    "issuer": SizedText(),
    "valid_until": Digits(4),
}
_MEDIA: dict[str, Kind] = {
    "media_id": _DWORD,
    "media_type": _BYTE,
    "format": _BYTE,
    "event": _BYTE,
    "channel": _BYTE,
}
_EMPTY = (_shape(Empty),)
_REPLY = (_shape(GeneralReply, reply_serial=_WORD, reply_id=Identifier(2), result=_BYTE),)
_RESEND = (
    _shape(Resend, "2013", original_serial=_WORD, missing=Listed(1, _WORD)),
    _shape(Resend, "2019", original_serial=_WORD, missing=Listed(2, _WORD)),
)
_LOCATION_ANSWER = (_shape(LocationAnswer, reply_serial=_WORD, location=LocationKind()),)
_TRANSPARENT = (_shape(Transparent, type=_BYTE, content=Octets()),)
_RSA = (_shape(RsaKey, exponent=_DWORD, modulus=Octets(128)),)
_DELETION = (_shape(AreaDeletion, ids=Listed(1, _DWORD)),)

LAYOUTS: Mapping[int, tuple[Shape, ...]] = MappingProxyType(
    {
        0x0001: _REPLY,
        0x0002: _EMPTY,
        0x0003: _EMPTY,
        0x0004: _EMPTY,
        0x0005: _RESEND,
        0x0100: (
            _register("2013", 5, 20, 7),
            _register("2011", 5, 8, 7),
            _register("2019", 11, 30, 30),
        ),
        0x0102: (
            _shape(Authentication, "2013", auth_code=RestText()),
            _shape(
                Authentication,
                "2019",
                auth_code=SizedText(),
                imei=FixedText(15),
                software_version=FixedText(20),
            ),
        ),
        0x0104: (_shape(ParameterAnswer, reply_serial=_WORD, parameters=_PARAMETERS),),
        0x0107: (
            _attributes("2013", 5, 20, 7),
            _attributes("2019", 11, 30, 30),
            _attributes("mixed", 5, 30, 30),
        ),
        0x0201: _LOCATION_ANSWER,
        0x0500: _LOCATION_ANSWER,
        0x0702: (
            _driver("out"),
            _driver("unread", result=_BYTE),
            _driver("2013", **_CARD),
            _driver("2019", **_CARD, id_card=FixedText(20)),
        ),
        0x0705: (
            _shape(
                CanData,
                count=_WORD,
                time=Digits(5),
                items=Listed(0, Row((Identifier(4), Octets(8)))),
            ),
        ),
        0x0800: (_shape(MediaEvent, "", **_MEDIA),),
        0x0801: (_shape(MediaData, "", **_MEDIA, location=BareLocationKind(), data=Octets()),),
        0x0900: _TRANSPARENT,
        0x0901: (_shape(Compressed, length=_DWORD, data=Octets()),),
        0x0A00: _RSA,
        0x8001: _REPLY,
        0x8003: _RESEND,
        0x8004: (_shape(ServerTime, time=_TIME),),
        0x8100: (_shape(RegisterReply, reply_serial=_WORD, result=_BYTE, auth_code=RestText()),),
        0x8103: (_shape(SetParameters, parameters=_PARAMETERS),),
        0x8104: _EMPTY,
        0x8105: (_shape(TerminalControl, command=_BYTE, parameters=RestText()),),
        0x8106: (_shape(ParameterQuery, ids=Listed(1, _PARAMETER_ID)),),
        0x8107: _EMPTY,
        0x8201: _EMPTY,
        0x8202: (_shape(Tracking, interval_s=_WORD, duration_s=_DWORD),),
        0x8203: (_shape(AlarmConfirmation, alarm_serial=_WORD, alarms=_DWORD),),
        0x8300: (
            _shape(TextMessage, "2013", flag=_BYTE, text=RestText()),
            _shape(TextMessage, "2019", flag=_BYTE, type=_BYTE, text=RestText()),
        ),
        0x8500: (
            _shape(VehicleControl, "2013", flag=_BYTE),
            _shape(VehicleControl, "2019", controls=Listed(2, Row((_WORD, _BYTE)))),
        ),
        0x8601: _DELETION,
        0x8603: _DELETION,
        0x8605: _DELETION,
        0x8607: _DELETION,
        0x8800: (
            _shape(MediaReply, "whole", media_id=_DWORD),
            _shape(MediaReply, "listed", media_id=_DWORD, missing=Listed(1, _WORD)),
        ),
        0x8900: _TRANSPARENT,
        0x8A00: _RSA,
    }
)


def layouts(message_id: int, *, is_2019: bool) -> tuple[Shape, ...]:
    """The layouts to try, that of the header's edition first."""
    shapes = LAYOUTS.get(message_id, ())
    if not is_2019:
        return shapes
    return tuple(sorted(shapes, key=lambda shape: shape.fixed.get("form") != "2019"))
