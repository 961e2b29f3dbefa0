"""Times as SensorThings writes them: ISO 8601 instants and ``start/end`` intervals."""

import threading
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from .errors import Malformed
from .query.parsing import moment

MILLISECOND = timedelta(milliseconds=1)


def instant_text(at: datetime) -> str:
    """In UTC, to the millisecond or, where there is more, to the microsecond."""
    digits = "microseconds" if at.microsecond % 1000 else "milliseconds"
    return at.astimezone(UTC).isoformat(timespec=digits).replace("+00:00", "Z")


def period_text(start: datetime | None, end: datetime | None) -> str | None:
    """An instant when it has no *end*."""
    if start is None:
        return None
    return instant_text(start) + (f"/{instant_text(end)}" if end else "")


def instant(text: object) -> datetime:
    """Raises Malformed."""
    if not isinstance(text, str):
        raise Malformed("A time is a text in ISO 8601", where={"time": str(text)})
    return moment(text)


def period(text: object) -> tuple[datetime, datetime | None]:
    """An instant or an interval. Raises Malformed for one that ends before it begins."""
    if not isinstance(text, str):
        raise Malformed("A time is a text in ISO 8601", where={"time": str(text)})
    first, mark, last = text.partition("/")
    start = moment(first)
    end = moment(last) if mark else None
    if end is not None and end < start:
        raise Malformed(f"{text!r} ends before it begins", where={"time": text})
    return start, end


def now() -> datetime:
    """The present millisecond; never the same twice in a process, so that observations without a
    time of their own stay apart."""
    with _given.lock:
        present = timezone.now()
        present = present.replace(microsecond=present.microsecond // 1000 * 1000)
        _given.latest = max(present, _given.latest + MILLISECOND)
        return _given.latest


class _Given:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.latest = datetime(1970, 1, 1, tzinfo=UTC)


_given = _Given()
