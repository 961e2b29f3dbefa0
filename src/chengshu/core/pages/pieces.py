"""Answers that are sent while they are made."""

from collections.abc import AsyncIterator, Iterator

from asgiref.sync import sync_to_async
from django.http import StreamingHttpResponse


class PiecesResponse(StreamingHttpResponse):
    """Sends a plain iterator piece by piece: Django would read it whole before an ASGI server.

    Whatever the iterator's ``close`` lets go of is let go of at the end, or when nobody listens.
    """

    async def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = iter(self)
        while (piece := await sync_to_async(_next)(pieces)) is not None:
            yield piece


def _next(pieces: Iterator[bytes]) -> bytes | None:
    return next(pieces, None)
