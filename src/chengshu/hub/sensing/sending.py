"""A client of the public ingest interface that neither loses nor doubles what it sends."""

import logging
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx
import orjson

from chengshu.kit.errors import Terminal

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 5.0
PATIENCE_SECONDS = 60.0
NOTHING_STORED = "nothing-stored"


class Stopped(Terminal):
    """Sending was given up because the sender was told to stop."""

    code = "stopped"


class Refused(Terminal):
    """The interface will not take this, however often it is sent."""

    code = "ingest-refused"


@dataclass(frozen=True)
class Sent:
    """What became of the values of one or more parcels."""

    received: int = 0
    stored: int = 0
    duplicate: int = 0
    rejected: int = 0

    def __add__(self, other: "Sent") -> "Sent":
        return Sent(
            self.received + other.received,
            self.stored + other.stored,
            self.duplicate + other.duplicate,
            self.rejected + other.rejected,
        )


class Sender:
    """Sends parcels to *address* as *token*, again and again until each is answered.

    An event *stop* ends the waiting.
    """

    def __init__(self, address: str, token: str, stop: threading.Event | None = None) -> None:
        self._stop = stop or threading.Event()
        self._client = httpx.Client(
            base_url=address,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
            timeout=PATIENCE_SECONDS,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def send(self, observations: list[dict[str, Any]], *, key: str) -> Sent:
        """Send ``{"terminal", "at", "values"}`` until the interface answers for every value.

        The same *key* goes with every attempt. Raises Refused, or Stopped.
        """
        body = orjson.dumps(observations)
        pause = FIRST_PAUSE_SECONDS
        while True:
            answer = self._attempt(body, key)
            if answer is not None:
                return answer
            if self._stop.wait(pause):
                raise Stopped("Told to stop before the observations were taken")
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _attempt(self, body: bytes, key: str) -> Sent | None:
        """The answer, or None when trying again is right."""
        try:
            response = self._client.post(
                "/ingest/json", content=body, headers={"Idempotency-Key": key}
            )
            answer = orjson.loads(response.content)
        except (httpx.TransportError, orjson.JSONDecodeError) as error:
            log.warning("ingest does not answer: %r", error)
            return None
        if response.is_success:
            return _counted(answer)
        refusal = answer.get("error", {})
        if refusal.get("code") == NOTHING_STORED:
            return _counted(refusal["where"])
        if response.status_code >= 500 or response.status_code == 429:
            log.warning("ingest asks to try again: %s", refusal.get("message"))
            return None
        raise Refused(
            f"The ingest interface refuses: {refusal.get('message')}",
            where={"status": response.status_code, "code": refusal.get("code")},
        )


def _counted(answer: dict[str, Any]) -> Sent:
    return Sent(*(int(answer[name]) for name in ("received", "stored", "duplicate", "rejected")))
