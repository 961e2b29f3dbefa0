"""Observations as server-sent events."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from asgiref.sync import sync_to_async
from django.test import AsyncClient, Client

from chengshu.core.access.models import Grant
from chengshu.core.lake import installation
from chengshu.hub.sensing.subscriptions.reading import Position, recent
from tests.hub.sensing.factories import place, stream, terminal
from tests.hub.sensing.storing import store

from .conftest import AT, person

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/api/v1/sensing/observations/stream"
PATIENCE_SECONDS = 20


def kept(number: int, value: float, minute: int = 0) -> None:
    store(installation.current(), (number, AT.replace(minute=minute), value))
    recent.forget()


async def opened(of, **more: str) -> AsyncIterator[bytes]:
    client = AsyncClient()
    await client.aforce_login(of.user)
    headers = {"Last-Event-ID": more.pop("last")} if "last" in more else {}
    answer = await client.get(PATH, more, headers=headers)
    assert answer.status_code == 200, answer.content
    content = answer.streaming_content
    assert (await anext(content)).startswith(b"retry")
    return content


async def heard(content: AsyncIterator[bytes]) -> tuple[str, list[float]]:
    """The id of the next event and its values."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not (text := await anext(content)).startswith(b"id"):
            pass
    head, body = text.split(b"data: ")
    values = [row["value"] for row in json.loads(body)["observations"]]
    return head.decode().split()[1], values


def test_a_stream_tells_what_is_wanted_as_it_comes(lake):
    one, other = stream(terminal("T1")), stream(terminal("T2"))
    reader = person()

    async def listen() -> list[float]:
        content = await opened(reader, terminal="T1")
        await sync_to_async(kept)(other, 1.0)
        await sync_to_async(kept)(one, 2.0)
        return (await heard(content))[1]

    assert asyncio.run(listen()) == [2.0]


def test_a_stream_goes_on_after_the_last_event(lake):
    number = stream(terminal("T1"))
    reader = person()
    head = lake.current_snapshot()
    kept(number, 1.0)
    kept(number, 2.0, minute=1)

    async def listen(last: str) -> tuple[str, list[float]]:
        return await heard(await opened(reader, last=last))

    last, values = asyncio.run(listen(str(Position(head))))
    kept(number, 3.0, minute=2)
    assert values == [1.0, 2.0]
    assert asyncio.run(listen(last))[1] == [3.0]


def test_a_right_that_is_taken_away_stops_the_stream(lake):
    here, there = place("1"), place("2")
    seen, lost = stream(terminal("T1", place=here)), stream(terminal("T2", place=there))
    reader = person()

    def move() -> None:
        Grant.objects.filter(user=reader.user).update(place=here)
        kept(lost, 2.0)
        kept(seen, 3.0, minute=1)

    async def listen() -> list[list[float]]:
        content = await opened(reader)
        await sync_to_async(kept)(lost, 1.0, 1)
        first = await heard(content)
        await sync_to_async(move)()
        return [first[1], (await heard(content))[1]]

    assert asyncio.run(listen()) == [[1.0], [3.0]]


def test_strangers_and_nonsense_are_refused(lake):
    client = Client()
    anonymous = client.get(PATH).status_code
    client.force_login(person("nothing.at_all").user)
    without_right = client.get(PATH).status_code
    client.force_login(person().user)
    nowhere = client.get(PATH, {"place": "nowhere"}).status_code

    assert (anonymous, without_right, nowhere) == (401, 403, 404)


@pytest.mark.parametrize("text", ["", "x", "1.2", "1.2.3.4.5", "1.2.3.x", "9" * 30, "9" * 90])
def test_what_is_no_position_is_none(text: str):
    assert Position.parse(text) is None


def test_a_position_is_read_as_it_is_written():
    for position in (Position(7), Position(7, (8, 9, -10))):
        assert Position.parse(str(position)) == position
