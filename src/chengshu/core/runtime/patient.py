"""How long a server waits for a body that was begun: some never finish, and would fill it up."""

import asyncio
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

SILENT_SECONDS = 20.0
"""Without a byte of the body."""
BODY_SECONDS = 600.0
"""For all of it: 64 MB at 1 Mbit/s."""
GONE: Message = {"type": "http.disconnect"}


class Patient:
    """Tells *app* that whoever does not go on with a body has hung up; then he is hung up on."""

    def __init__(
        self,
        app: ASGIApp,
        silent_seconds: float = SILENT_SECONDS,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self._app = app
        self._silent_seconds = silent_seconds
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        heard = self._heard(receive) if scope["type"] == "http" else receive
        await self._app(scope, heard, send)

    def _heard(self, receive: Receive) -> Receive:
        give_up = time.monotonic() + self._body_seconds
        is_whole = False

        async def heard() -> Message:
            nonlocal is_whole
            if is_whole:
                return await receive()
            seconds = min(self._silent_seconds, give_up - time.monotonic())
            try:
                async with asyncio.timeout(seconds):
                    message = await receive()
            except TimeoutError:
                return GONE
            is_whole = not message.get("more_body", False)
            return message

        return heard
