"""One data segment: header fields and data area, HJ 212-2017 clause 6.3.2."""

from dataclasses import dataclass, field

from chengshu.kit.codec import BadFrame
from chengshu.protocols.hj212.cipher import ENCRYPTED, OPENING, hidden
from chengshu.protocols.hj212.commands import Version, command_name
from chengshu.protocols.hj212.crc import crc
from chengshu.protocols.hj212.data import Data, Pair, pairs_of
from chengshu.protocols.hj212.frame import LONGEST_DATA, LONGEST_SEGMENT, framed, unframed

ANSWER_WANTED = 1
SPLIT = 2
_SYMBOLS = "°±²³µ·×"
_KNOWN = ("QN", "ST", "CN", "PW", "MN")


@dataclass(frozen=True)
class Message:
    """A field that the frame does not have is None; *other* keeps header fields unknown here.

    *data* is None for the frames of some vendors that have no data area at all. *encoding* is
    that of the text: UTF-8, or GB 18030 for loggers of 2005.
    """

    qn: str | None = None
    st: str | None = None
    cn: str | None = None
    pw: str | None = None
    mn: str | None = None
    flag: int | None = None
    pnum: int | None = None
    pno: int | None = None
    data: Data | None = field(default_factory=Data)
    other: tuple[Pair, ...] = ()
    encoding: str = "utf-8"

    @property
    def version(self) -> int:
        """0 for 2005, 1 for 2017, 2 for 2025, as a number: devices send others too."""
        return (self.flag or 0) >> 2

    @property
    def is_answer_wanted(self) -> bool:
        return bool((self.flag or 0) & ANSWER_WANTED)

    @property
    def is_split(self) -> bool:
        return bool((self.flag or 0) & SPLIT)

    @property
    def is_resent(self) -> bool:
        """``RF=1``: data sent again after an outage (2025)."""
        return ("RF", "1") in self.other

    @property
    def name(self) -> str:
        return command_name(self.cn)


def decode(frame: bytes, *, key: bytes | None = None) -> Message:
    """The message of one frame. Raises BadFrame; "encrypted" when *key* is needed for it."""
    return decode_checked(frame, key)[0]


def decode_checked(frame: bytes, key: bytes | None = None) -> tuple[Message, int, int]:
    """The message, the length of its plain segment in bytes and its check."""
    try:
        segment, check = unframed(frame, key)
    except BadFrame as refusal:
        if refusal.reason == ENCRYPTED:
            refusal.fields |= _header_names(frame)
        raise
    return decode_segment(segment), len(segment), check


def _header_names(frame: bytes) -> dict[str, str]:
    """What the plain header of an encrypted frame says: ``MN`` tells whose key is wanted."""
    head = frame[6:].partition(OPENING)[0].decode("ascii", "replace")
    return {name: value for name, value in pairs_of(head) if name in _KNOWN}


def decode_segment(segment: bytes) -> Message:
    """The message of a plain data segment. Raises BadFrame ("text", "header")."""
    text, encoding = _text(segment)
    head, opening, area = text.partition("CP=&&")
    data = Data(area.removesuffix("&&")) if opening else None
    if not opening:
        head = head.removesuffix("&&")
    return _assembled(dict(pairs_of(head)), data, encoding)


def _text(segment: bytes) -> tuple[str, str]:
    """Some Chinese words of GB 18030 (校准) are well-formed UTF-8 of Cyrillic and Hebrew letters,
    which no logger sends: Chinese takes three bytes in UTF-8."""
    as_utf8 = _decoded(segment, "utf-8")
    if as_utf8 is not None and (segment.isascii() or not _is_foreign(as_utf8)):
        return as_utf8, "utf-8"
    as_chinese = _decoded(segment, "gb18030")
    if as_chinese is not None:
        return as_chinese, "gb18030"
    if as_utf8 is not None:
        return as_utf8, "utf-8"
    raise BadFrame("text", "The segment is neither UTF-8 nor GB 18030 text")


def _decoded(segment: bytes, encoding: str) -> str | None:
    try:
        return segment.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_foreign(text: str) -> bool:
    return any("\x80" <= letter <= "\u07ff" and letter not in _SYMBOLS for letter in text)


def _assembled(fields: dict[str, str], data: Data | None, encoding: str) -> Message:
    qn, st, cn, pw, mn = (fields.pop(name, None) for name in _KNOWN)
    if qn is None and st is None and cn is None and mn is None:
        raise BadFrame("header", "The segment has none of the fields QN, ST, CN and MN")
    return Message(
        qn,
        st,
        cn,
        pw,
        mn,
        _number(fields, "Flag"),
        _number(fields, "PNUM"),
        _number(fields, "PNO"),
        data,
        tuple(fields.items()),
        encoding,
    )


def _number(fields: dict[str, str], name: str) -> int | None:
    """The number under *name*, taken out; what is no number stays among the other fields."""
    text = fields.get(name, "")
    if 0 < len(text) <= 6 and text.isascii() and text.isdecimal():
        del fields[name]
        return int(text)
    return None


def encode_segment(message: Message) -> bytes:
    """The plain segment in the standard's order of fields."""
    known = (message.qn, message.st, message.cn, message.pw, message.mn)
    header: list[Pair] = [
        (name, value) for name, value in zip(_KNOWN, known, strict=True) if value is not None
    ]
    numbers = (("Flag", message.flag), ("PNUM", message.pnum), ("PNO", message.pno))
    header += [(name, str(number)) for name, number in numbers[:1] if number is not None]
    header += message.other
    header += [(name, str(number)) for name, number in numbers[1:] if number is not None]
    head = ";".join(f"{name}={value}" for name, value in header)
    area = "&&" if message.data is None else f";CP=&&{message.data.text}&&"
    return (head + area).encode(message.encoding)


def encode(message: Message, *, key: bytes | None = None) -> bytes:
    """The frame of *message*, its data area encrypted when a *key* is given.

    Raises BadFrame ("length") when it does not fit; see `split` for one that is longer than the
    standard allows.
    """
    segment = encode_segment(message)
    if key is None:
        return framed(segment)
    if len(segment) > 9999:
        raise BadFrame("length", f"A segment of {len(segment)} bytes does not fit a frame")
    return b"##%04d%b%04X\r\n" % (len(segment), hidden(segment, key), crc(segment))


def is_too_long(message: Message) -> bool:
    """Whether the standard wants *message* split: segment over 1024 or data over 950 bytes."""
    area = message.data.text.encode(message.encoding) if message.data else b""
    return len(area) > LONGEST_DATA or len(encode_segment(message)) > LONGEST_SEGMENT


def version_of(message: Message) -> Version | None:
    """The edition of the standard that *message* names, None for one unknown here."""
    return Version(message.version) if message.version in list(Version) else None
