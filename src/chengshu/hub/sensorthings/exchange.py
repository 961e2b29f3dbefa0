"""Requests and replies without a web framework, so that both ports and batches share them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from chengshu.core.access.policy import Actor

from .errors import Malformed

JSON = "application/json"


@dataclass(frozen=True)
class Call:
    """*path* is below *root*, the service's own address without a slash at its end.

    *query* is still percent-encoded.
    """

    method: str
    path: str
    query: str
    root: str
    actor: Actor
    body: bytes = b""
    content_type: str = JSON

    def json(self) -> Any:
        """Raises Malformed."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            raise Malformed(f"The body is not JSON: {error}") from None

    def object(self) -> dict[str, Any]:
        """Raises Malformed."""
        found = self.json()
        if not isinstance(found, dict):
            raise Malformed("The body is not a JSON object")
        return found


@dataclass(frozen=True)
class Reply:
    """*document* is sent as JSON, *text* as it is; neither: an empty body."""

    status: int = 200
    document: Any = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON

    @property
    def body(self) -> bytes:
        if self.text is not None:
            return self.text.encode()
        return b"" if self.document is None else orjson.dumps(self.document)
