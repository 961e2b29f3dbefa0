"""Somebody who begins a body and does not go on is hung up on."""

import asyncio
from collections.abc import Sequence

import pytest
from starlette.types import Message, Receive, Scope, Send

from chengshu.core.runtime.patient import GONE, Patient

HTTP: Scope = {"type": "http"}


def part(body: bytes, *, more: bool) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def heard(
    sent: Sequence[tuple[float, Message]], times: int, scope: Scope = HTTP, **seconds: float
) -> list[Message]:
    """What an application hears in *times* of asking when *sent* comes after so many seconds."""
    found: list[Message] = []
    coming = iter(sent)

    async def receive() -> Message:
        wait, message = next(coming, (60.0, GONE))
        await asyncio.sleep(wait)
        return message

    async def app(_scope: Scope, hear: Receive, _send: Send) -> None:
        for _turn in range(times):
            found.append(await hear())

    async def send(_message: Message) -> None:
        raise AssertionError

    asyncio.run(Patient(app, **seconds)(scope, receive, send))
    return found


def test_a_whole_body_is_heard_as_it_comes() -> None:
    parts = [part(b"half", more=True), part(b"whole", more=False)]

    assert heard([(0, parts[0]), (0.01, parts[1])], 2, silent_seconds=5) == parts


def test_silence_within_a_body_is_heard_as_a_hang_up() -> None:
    begun = part(b"half", more=True)

    assert heard([(0, begun)], 2, silent_seconds=0.05) == [begun, GONE]


def test_a_body_that_trickles_has_an_end() -> None:
    drop = part(b"x", more=True)

    said = heard([(0.02, drop)] * 50, 8, silent_seconds=5, body_seconds=0.1)

    assert said.count(drop) <= 5
    assert said[-1] == GONE


@pytest.mark.parametrize("scope", [HTTP, {"type": "websocket"}])
def test_after_the_body_there_is_no_hurry(scope: Scope) -> None:
    whole = part(b"", more=False)
    later = {"type": "http.disconnect", "late": True}

    assert heard([(0, whole), (0.2, later)], 2, scope, silent_seconds=0.05)[-1] == later
