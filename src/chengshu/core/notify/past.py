"""What the outbox holds after a point: for streams that resume, and for the relay itself."""

from dataclasses import dataclass

from django.db import connection
from django.db.models import BigIntegerField, Func

from chengshu.core.events.models import OutboxEvent

from .frames import Cursor, Frame, frame_of

MOST = 2000


class Horizon(Func):
    """Transactions below it have ended and are seen by this very statement, or never will be."""

    template = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    arity = 0
    output_field = BigIntegerField()


@dataclass(frozen=True)
class Missed:
    """The events after a cursor, in order. *open* are ids that may be met again after *end*.

    *is_gap*: there are more than can be told.
    """

    frames: list[Frame]
    end: Cursor
    open: frozenset[int]
    is_gap: bool


def events_since(cursor: Cursor, most: int = MOST) -> Missed:
    """Every event that was committed after *cursor*; some before it may come again.

    Ids are handed out in another order than transactions commit, so what is new is told by
    transactions: what this statement does not return of those below its horizon was returned
    before.
    """
    rows = list(
        OutboxEvent.objects.filter(transaction__gte=cursor.horizon)
        .exclude(id=cursor.id)
        .annotate(horizon=Horizon())
        .order_by("id")[: most + 1]
    )
    if not rows:
        return Missed([], cursor, frozenset(), is_gap=False)
    horizon = rows[0].horizon
    frames = [frame for row in rows if (frame := frame_of(row, cursor.horizon))]
    again = frozenset(row.id for row in rows if row.transaction >= horizon)
    return Missed(frames, Cursor(horizon), again, is_gap=len(rows) > most)


def now() -> Cursor:
    """Where a stream begins that has no past."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + Horizon.template)
        return Cursor(int(cursor.fetchone()[0]))
