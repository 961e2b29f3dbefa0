"""Rejected rows are kept one by one up to a number for a sender, a reason and a day.

Beyond it they are counted only: a sender whose clock runs ahead must not fill the database.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from chengshu.core.access.policy import Actor
from chengshu.core.records.models import Grade
from chengshu.hub.sensing.models import Rejection

from .rejected import describe

KEPT_AT_ONCE = 1000
LONGEST_NAME, LONGEST_MESSAGE = 80, 300

COUNT = """
    INSERT INTO sensing_rejectioncount AS known
        (sender, code, rejected_on, rejected, not_kept, not_kept_at, grade)
    SELECT %(sender)s, code, %(today)s, rows, GREATEST(0, rows - %(most)s),
        CASE WHEN rows > %(most)s THEN %(now)s::timestamptz END, %(grade)s
    FROM unnest(%(codes)s::text[], %(rows)s::bigint[]) AS given (code, rows)
    ORDER BY code
    ON CONFLICT (sender, code, rejected_on) DO UPDATE SET
        rejected = known.rejected + EXCLUDED.rejected,
        not_kept = known.not_kept + LEAST(
            EXCLUDED.rejected, GREATEST(0, known.rejected + EXCLUDED.rejected - %(most)s)),
        not_kept_at = CASE WHEN known.rejected + EXCLUDED.rejected > %(most)s
            THEN %(now)s::timestamptz ELSE known.not_kept_at END
    RETURNING code, rejected
"""
"""One after the other for each row of the table, however many processes count; in the order of the
reasons, so that two of them never wait for one another."""

Refusal = tuple[str, str, object]
"""Reason, message, what was sent."""


def keep(refused: Sequence[Refusal], entrance: str, sender: Actor) -> None:
    """Count the *refused* rows of *sender* and keep those for which there is still room today."""
    if not refused:
        return
    name = sender.name[:LONGEST_NAME]
    with transaction.atomic():
        room = _counted(name, Counter(code for code, _message, _sent in refused))
        kept = _first(refused, room)
        for start in range(0, len(kept), KEPT_AT_ONCE):
            some = kept[start : start + KEPT_AT_ONCE]
            Rejection.objects.bulk_create(describe([_row(name, entrance, each) for each in some]))


def _counted(sender: str, rows: Mapping[str, int]) -> dict[str, int]:
    """Add *rows* by reason to the counts of today; how many of them are to be kept."""
    most = settings.CHENGSHU.rejections_kept
    facts: dict[str, Any] = {
        "sender": sender,
        "today": timezone.localdate(),
        "now": timezone.now(),
        "most": most,
        "grade": Grade.SENSITIVE.value,
        "codes": list(rows),
        "rows": list(rows.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(COUNT, facts)
        return {code: most - (total - rows[code]) for code, total in cursor.fetchall()}


def _first(refused: Sequence[Refusal], room: dict[str, int]) -> list[Refusal]:
    """As many of *refused* as there is *room* for by reason, in the order sent."""
    if all(left <= 0 for left in room.values()):
        return []
    kept = []
    for each in refused:
        if room[each[0]] > 0:
            room[each[0]] -= 1
            kept.append(each)
    return kept


def _row(sender: str, entrance: str, refused: Refusal) -> Rejection:
    code, message, sent = refused
    return Rejection(
        sender=sender,
        entrance=entrance,
        code=code,
        message=message.replace("\0", "\ufffd")[:LONGEST_MESSAGE],
        row=_storable(sent),
    )


def _storable(sent: object) -> object:
    """*sent* without null characters, which PostgreSQL's JSON cannot hold."""
    text = orjson.dumps(sent)
    return orjson.loads(text.replace(b"\\u0000", b"\\ufffd")) if b"\\u0000" in text else sent
