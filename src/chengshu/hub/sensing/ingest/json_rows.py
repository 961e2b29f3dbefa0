"""JSON: one or many ``{"terminal", "at", "values": {property: value}}``."""

from datetime import UTC, datetime

import orjson
import polars as pl

from chengshu.kit.errors import Invalid

from .rows import SENT, NamedRows, Rejected


class BadBody(Invalid):
    """The body as a whole cannot be read; nothing of it was stored."""

    code = "bad-body"


def read(body: bytes) -> NamedRows:
    """Take *body* apart. Raises BadBody unless it is an object or a list of objects in JSON."""
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadBody(f"The body is not JSON: {error}") from None
    if isinstance(sent, dict):
        sent = [sent]
    if not isinstance(sent, list) or not sent:
        raise BadBody("The body is neither an observation nor a list of observations")
    taken = _Taken()
    for observation in sent:
        taken.observation(observation)
    return NamedRows(pl.DataFrame(taken.rows, schema=SENT, orient="row"), taken.rejected)


class _Taken:
    """Rows are numbered from 1, one per value, in the order of the body."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, str, str, None, datetime, float]] = []
        self.rejected: list[Rejected] = []
        self._row = 0

    def observation(self, sent: object) -> None:
        if not _is_observation(sent):
            self._reject("bad-row", {"sent": sent})
            return
        assert isinstance(sent, dict)
        at = _time(sent["at"])
        for name, value in sent["values"].items():
            if at is None:
                self._reject("bad-time", {**sent, "values": {name: value}})
            elif isinstance(value, bool) or not isinstance(value, int | float):
                self._reject("not-a-number", {**sent, "values": {name: value}})
            else:
                self._row += 1
                self.rows.append((self._row, sent["terminal"], name, None, at, float(value)))

    def _reject(self, reason: str, sent: dict[str, object]) -> None:
        self._row += 1
        self.rejected.append((self._row, reason, sent))


def _is_observation(sent: object) -> bool:
    return (
        isinstance(sent, dict)
        and isinstance(sent.get("terminal"), str)
        and "at" in sent
        and isinstance(sent.get("values"), dict)
        and bool(sent["values"])
    )


def _time(sent: object) -> datetime | None:
    if not isinstance(sent, str):
        return None
    try:
        at = datetime.fromisoformat(sent)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
