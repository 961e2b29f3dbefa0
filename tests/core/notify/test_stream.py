import asyncio
import json
from collections.abc import AsyncIterator, Callable

import pytest
from asgiref.sync import sync_to_async
from django.contrib.sessions.models import Session
from django.db import connection, connections
from django.http import StreamingHttpResponse
from django.test import AsyncClient

from chengshu.core.access import tokens
from chengshu.core.access.models import Grant, Token, User
from chengshu.core.events.outbox import emit
from chengshu.core.notify import live, relay, views
from chengshu.core.places.models import Place
from tests.core.access.factories import make_grant, make_place, make_user

from .factories import LampFailed

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("chengshu.core.notify.urls"),
]
PATH = "/api/v1/stream"
PATIENCE_SECONDS = 10


class Stream:
    """An open stream, read frame by frame."""

    def __init__(self, response: StreamingHttpResponse) -> None:
        content = response.streaming_content
        assert isinstance(content, AsyncIterator)
        self._content = content

    async def next(self) -> bytes:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await anext(self._content)

    async def lamp(self) -> str:
        """The lamp of the next event; heartbeats and the opening are passed over."""
        while b"data: " not in (text := await self.next()):
            pass
        return str(json.loads(text.split(b"data: ")[1])["lamp"])

    async def end(self) -> None:
        """Read until the server closes."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            async for _ in self._content:
                pass

    async def close(self) -> None:
        await self._content.aclose()


@pytest.fixture(autouse=True)
def _relay_ends():
    connections.close_all()  # one test cuts all of them, this thread's too
    yield
    relay.relay.close()


def run(test: Callable[[], object]) -> None:
    async def whole() -> None:
        await test()
        await sync_to_async(connections.close_all)()

    asyncio.run(whole())


async def opened(user: User, **headers: str) -> Stream:
    client = AsyncClient()
    await client.aforce_login(user)
    response = await client.get(PATH, headers=headers)
    assert response.status_code == 200
    stream = Stream(response)
    assert await stream.next() == b"retry: 3000\n\n"
    return stream


@sync_to_async
def tell(lamp: str, on: Place | None = None) -> None:
    emit(LampFailed(lamp), on=on)


@sync_to_async
def viewer(place: Place | None = None) -> User:
    user = make_user()
    make_grant(user, LampFailed.permission, place=place)
    return user


place_of = sync_to_async(make_place)


def test_event_comes_as_it_is_committed_to_those_who_may_see_it():
    async def test() -> None:
        here, there = await place_of(), await place_of()
        stream = await opened(await viewer(here))
        await tell("there", there)
        await tell("nowhere")
        await tell("here", here)

        assert await stream.lamp() == "here"
        await stream.close()

    run(test)


def test_frame_names_its_type_and_a_cursor():
    async def test() -> None:
        stream = await opened(await viewer())
        await tell("a")

        text = await stream.next()

        head, kind, data, _, _ = text.split(b"\n")
        assert head.startswith(b"id: ")
        assert (kind, data) == (b"event: lamp.failed", b'data: {"lamp":"a"}')
        await stream.close()

    run(test)


def test_user_without_the_permission_hears_nothing():
    async def test() -> None:
        user = await sync_to_async(make_user)()
        stream = await opened(user)
        await tell("a")
        await sync_to_async(make_grant)(user, LampFailed.permission)
        await tell("b")

        assert relay_queue_sizes() == [0]
        await stream.close()

    run(test)


def relay_queue_sizes() -> list[int]:
    return [client.waiting.qsize() for client in relay.relay._present()]


def test_stream_resumes_after_the_last_event_without_loss():
    async def test() -> None:
        user = await viewer()
        stream = await opened(user)
        await tell("a")
        last = (await stream.next()).split(b"\n")[0][4:].decode()
        await stream.close()
        await tell("b")
        await tell("c")

        again = await opened(user, last_event_id=last)

        assert [await again.lamp(), await again.lamp()] == ["b", "c"]
        await tell("d")
        assert await again.lamp() == "d"
        await again.close()

    run(test)


def test_stream_that_missed_too_much_is_told_to_read_again(monkeypatch):
    async def test() -> None:
        stream = await opened(await viewer(), last_event_id="1.0")

        assert b"event: stream.gap" in await stream.next()
        await stream.close()

    emit(LampFailed("a"))
    emit(LampFailed("b"))
    monkeypatch.setattr(views.events_since, "__defaults__", (1,))
    run(test)


def test_fleeting_event_follows_the_same_rights():
    @sync_to_async
    def broadcast(lamp: str, on: Place) -> None:
        live.broadcast(LampFailed(lamp), on=on)

    async def test() -> None:
        here, there = await place_of(), await place_of()
        stream = await opened(await viewer(here))
        await broadcast("there", there)
        await broadcast("here", here)

        assert await stream.lamp() == "here"
        await stream.close()

    run(test)


def test_fleeting_event_too_large_for_a_notification_is_a_bug():
    with pytest.raises(ValueError, match="too many"):
        live.broadcast(LampFailed("x" * 8000))


def test_quiet_stream_beats(monkeypatch):
    async def test() -> None:
        stream = await opened(await viewer())

        assert await stream.next() == b":\n\n"
        await stream.close()

    monkeypatch.setattr(views, "HEARTBEAT_SECONDS", 0.05)
    run(test)


@pytest.mark.parametrize(
    "end",
    [
        lambda: User.objects.update(is_active=False),
        lambda: Session.objects.all().delete(),
    ],
    ids=["deactivated", "signed out"],
)
def test_stream_ends_with_the_right_to_look(monkeypatch, end):
    async def test() -> None:
        stream = await opened(await viewer())
        await sync_to_async(end)()

        await stream.end()

    quicken(monkeypatch)
    run(test)


def test_stream_of_a_token_ends_with_the_token(monkeypatch):
    async def test() -> None:
        raw = await sync_to_async(tokens.create_token)("screen")
        response = await AsyncClient().get(PATH, headers={"authorization": f"Bearer {raw}"})
        stream = Stream(response)
        await stream.next()
        await sync_to_async(Token.objects.all().delete)()

        await stream.end()

    quicken(monkeypatch)
    run(test)


def test_taken_right_is_noticed_while_the_stream_goes_on(monkeypatch):
    async def test() -> None:
        stream = await opened(await viewer())
        await sync_to_async(Grant.objects.all().delete)()
        for _ in range(3):
            assert await stream.next() == b":\n\n"
        await tell("a")

        assert await stream.next() == b":\n\n"
        await stream.close()

    quicken(monkeypatch)
    run(test)


def quicken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "HEARTBEAT_SECONDS", 0.1)
    monkeypatch.setattr(views, "RECHECK_SECONDS", 0.1)


def test_client_that_reads_too_slowly_is_dropped(monkeypatch):
    async def test() -> None:
        stream = await opened(await viewer())
        for number in range(relay.MOST_WAITING + 5):
            relay.relay._present()[0].offer([frame(number)])

        await stream.end()

    def frame(number: int) -> relay.Frame:
        return relay.Frame(number + 1000, LampFailed.permission, ("", "", 1), b"x")

    run(test)


def test_stream_goes_on_after_the_database_was_away(monkeypatch):
    @sync_to_async
    def cut_all_connections() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    async def test() -> None:
        stream = await opened(await viewer())
        await tell("a")
        assert await stream.lamp() == "a"
        await cut_all_connections()
        await tell("b")

        assert await stream.lamp() == "b"
        await stream.close()

    monkeypatch.setattr(relay, "PAUSE_SECONDS", 0.1)
    run(test)


def test_waiting_streams_hold_no_connection_each():
    @sync_to_async
    def connections_open() -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            )
            return int(cursor.fetchone()[0])

    async def test() -> None:
        user = await viewer()
        streams = [await opened(user) for _ in range(8)]

        assert await connections_open() <= 3
        for stream in streams:
            await stream.close()

    run(test)


def test_stranger_gets_no_stream():
    async def test() -> None:
        response = await AsyncClient().get(PATH)

        assert response.status_code == 401
        assert json.loads(response.content)["error"]["code"] == "not-signed-in"

    run(test)
