"""Expected failures: each says whether to retry and carries a stable code."""

from collections.abc import Iterable, Mapping
from typing import ClassVar


class CityError(Exception):
    """An expected failure. *code* is stable and documented; the message is for people.

    *where* names what is wrong (``{"row": 7, "column": "lon"}``); *status* is the HTTP answer.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 400

    def __init__(self, message: str, *, where: Mapping[str, object] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = dict(where or {})

    def as_json(self) -> dict[str, object]:
        """The one shape in which every API answers an error."""
        body: dict[str, object] = {"code": self.code, "message": self.message}
        return {"error": body | ({"where": self.where} if self.where else {})}


class Transient(CityError):
    """Worth retrying: a time-out, a busy gateway, a lock."""

    code, status = "try-again", 503


class Terminal(CityError):
    """Retrying cannot help: bad credentials, malformed frame, unknown device."""

    code, status = "failed", 422


class Invalid(Terminal):
    """A value from outside is of the wrong type, range or form."""

    code = "invalid"


class NotAllowed(Terminal):
    """The actor lacks the permission, here or at all."""

    code, status = "not-allowed", 403


class NotSignedIn(Terminal):
    """No valid session or token."""

    code, status = "not-signed-in", 401


class NotFound(Terminal):
    """Nothing there, or nothing this actor may see: the answer is the same."""

    code, status = "not-found", 404


class Conflict(Terminal):
    """The present state does not permit it: a second accept, a taken code."""

    code, status = "conflict", 409


class TooLarge(Terminal):
    """The body, file or batch is over its limit."""

    code, status = "too-large", 413


class TooMany(Transient):
    """Over the permitted rate."""

    code, status = "too-many", 429


class Full(Transient):
    """No space left to keep what was sent."""

    code, status = "full", 507


class UnknownName(LookupError):
    """A name that nothing is registered under; the message lists the right ones."""

    def __init__(self, kind: str, key: str, known: Iterable[str]) -> None:
        super().__init__(f"No {kind} {key!r}. Known: {', '.join(sorted(known)) or 'none'}")
