"""What an HTTP request to the ingest port carries: its token and its body."""

import base64
import zlib
from urllib.parse import unquote

from starlette.requests import Request

from chengshu.kit.errors import NotSignedIn, TooLarge

from .json_rows import BadBody

LARGEST_BODY = 64 * 1024 * 1024


def token(request: Request) -> str:
    """The token, sent as ``Bearer``, as ``Token`` or as the password of HTTP Basic.

    Clients of InfluxDB 1 may also send it as the parameter ``p``. Raises NotSignedIn.
    """
    kind, _, said = request.headers.get("authorization", "").partition(" ")
    said = said.strip()
    match kind.lower():
        case "bearer" | "token":
            said = said.rpartition(":")[2]
        case "basic":
            said = _password(said)
        case _:
            said = request.query_params.get("p", "")
    if not said:
        raise NotSignedIn("Send the token as 'Authorization: Bearer …'")
    return said


def _password(said: str) -> str:
    try:
        return unquote(base64.b64decode(said, validate=True).decode().partition(":")[2])
    except ValueError:
        return ""


async def body(request: Request) -> bytes:
    """The body, inflated when gzipped, refused as soon as it is over the limit."""
    inflate = _inflater(request.headers.get("content-encoding", "identity"))
    parts, size = [], 0
    async for chunk in request.stream():
        part = _inflated(inflate, chunk, LARGEST_BODY - size + 1) if inflate else chunk
        parts.append(part)
        size += len(part)
        if size > LARGEST_BODY:
            raise TooLarge(f"The body is larger than {LARGEST_BODY} bytes")
    return b"".join(parts)


def _inflater(encoding: str) -> "zlib._Decompress | None":
    if encoding == "identity":
        return None
    if encoding != "gzip":
        raise BadBody(f"Content-Encoding {encoding!r} is not known; gzip is")
    return zlib.decompressobj(wbits=31)


def _inflated(inflate: "zlib._Decompress", chunk: bytes, most: int) -> bytes:
    try:
        return inflate.decompress(chunk, most)
    except zlib.error:
        raise BadBody("The body is not gzip, though its header says so") from None
