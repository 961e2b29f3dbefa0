"""What the centre sends: answers to a site, and the flags and numbers of its own requests."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from chengshu.kit.codec import BadFrame
from chengshu.protocols.hj212.commands import (
    COMMANDS,
    ExecutionReturn,
    Reply,
    RequestReturn,
    Version,
)
from chengshu.protocols.hj212.data import BEIJING, Data, Group, parse_time
from chengshu.protocols.hj212.message import ANSWER_WANTED, SPLIT, Message, is_too_long

INTERACTION = "91"
_QN_DIGITS = 17


def flag_of(version: int, *, answer: bool = False, split: bool = False) -> int:
    return version << 2 | (ANSWER_WANTED if answer else 0) | (SPLIT if split else 0)


def answer_to(message: Message) -> Message | None:
    """What the centre owes *message*: 9014 for data, 9013 for a notice, None for neither.

    A command unknown here is acknowledged like data, so that the site does not repeat it.
    """
    if not message.is_answer_wanted:
        return None
    command = COMMANDS.get(message.cn or "")
    reply = command.reply if command else Reply.DATA
    if reply is Reply.NONE:
        return None
    return data_answer(message) if reply is Reply.DATA else notice_answer(message)


def data_answer(message: Message) -> Message:
    """9014; in 2005 the request is named in the data area."""
    return _answer(message, "9014", {})


def notice_answer(message: Message) -> Message:
    """9013."""
    return _answer(message, "9013", {})


def request_answer(message: Message, result: RequestReturn) -> Message:
    """9011 with ``QnRtn``."""
    return _answer(message, "9011", {"QnRtn": str(result.value)})


def operation_result(message: Message, result: ExecutionReturn) -> Message:
    """9012 with ``ExeRtn``."""
    return _answer(message, "9012", {"ExeRtn": str(result.value)})


def _answer(message: Message, cn: str, area: dict[str, str]) -> Message:
    flag = None if message.flag is None else flag_of(message.version)
    pairs = area
    is_2005 = message.version == Version.V2005
    if is_2005:
        named = {"QN": message.qn} if message.qn is not None else {}
        named |= {"CN": message.cn} if cn == "9014" and message.cn is not None else {}
        pairs = named | area
    return Message(
        qn=None if is_2005 else message.qn,
        st=INTERACTION,
        cn=cn,
        pw=message.pw,
        mn=message.mn,
        flag=flag,
        data=Data.of(*({name: value} for name, value in pairs.items())),
        encoding=message.encoding,
    )


def request_number(moment: datetime) -> str:
    """The ``QN`` of *moment*: Beijing time to the millisecond."""
    local = moment.astimezone(BEIJING)
    return f"{local:%Y%m%d%H%M%S}{local.microsecond // 1000:03d}"


def following_number(qn: str, steps: int) -> str:
    """The ``QN`` that is *steps* milliseconds after *qn*. Raises ValueError."""
    moment = parse_time(qn[:14])
    if moment is None or len(qn) != _QN_DIGITS:
        raise ValueError(f"{qn!r} is not a request number")
    return request_number(moment + timedelta(milliseconds=int(qn[14:]) + steps))


def split(message: Message, number: Callable[[int], str] | None = None) -> list[Message]:
    """*message*, or the parts the standard wants when it is too long.

    Parts end between groups and each repeats ``DataTime``. *number* gives the QN of the n-th part,
    by default one millisecond after the other; a message of 2005 without QN has parts without.
    Raises BadFrame ("length") for a group that is too long alone.
    """
    if message.data is None or not is_too_long(message):
        return [message]
    qn = message.qn
    if qn is not None and number is None:
        number = partial(following_number, qn)
    flag = flag_of(message.version, answer=message.is_answer_wanted, split=True)
    shape = replace(message, flag=flag, pnum=999, pno=999)
    areas = _areas(shape, message.data)
    return [
        replace(
            shape, qn=number(step) if number else None, pnum=len(areas), pno=step + 1, data=area
        )
        for step, area in enumerate(areas)
    ]


def _areas(shape: Message, data: Data) -> list[Data]:
    repeated = tuple(group for group in data.groups if group[0][0] == "DataTime")[:1]
    areas: list[tuple[Group, ...]] = [repeated]
    for group in data.groups:
        if group in repeated:
            continue
        if is_too_long(replace(shape, data=Data.joined((*areas[-1], group)))):
            if areas[-1] == repeated or is_too_long(
                replace(shape, data=Data.joined((*repeated, group)))
            ):
                raise BadFrame("length", "One group of the data is too long for a frame")
            areas.append(repeated)
        areas[-1] = (*areas[-1], group)
    return [Data.joined(area) for area in areas]
