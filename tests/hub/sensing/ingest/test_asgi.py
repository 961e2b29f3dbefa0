"""What a sender is told when it is not about what was sent."""

import asyncio

import httpx
import pytest
from django.db import InterfaceError, OperationalError

from chengshu.hub.sensing.ingest.asgi import application


class Away:
    """A door whose database does not answer."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def sender(self, _token: str) -> None:
        raise self._error


@pytest.mark.parametrize("error", [OperationalError("gone"), InterfaceError("closed")])
def test_while_the_database_is_away_the_sender_is_told_to_try_again(error: Exception) -> None:
    app = application(lambda _index: pytest.fail("nothing is opened"))
    app.state.door = Away(error)

    async def post() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://city") as sender:
            given = {"Authorization": "Bearer t"}
            return await sender.post("/ingest/json", content=b"[]", headers=given)

    answer = asyncio.run(post())

    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "try-again"
