"""Whether a server of ours answers at all: the cheapest question, asked by the supervisor."""

import asyncio
from urllib.parse import urlsplit

ANSWER_SECONDS = 10


async def answers_http(url: str) -> bool:
    """Whether *url* gives any HTTP answer: a server that says 503 is not hung."""
    parts = urlsplit(url)
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
            try:
                writer.write(
                    f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
                    "Connection: close\r\n\r\n".encode()
                )
                return (await reader.readline()).startswith(b"HTTP/1.")
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return False
