"""Events too fleeting for the outbox: told to whoever looks now, then forgotten."""

from dataclasses import asdict

import orjson
from django.db import connection
from django.db.models import Model

from chengshu.core.access.policy import standing
from chengshu.core.events.outbox import Event

CHANNEL = "chengshu_live"
MOST_BYTES = 7_900
"""PostgreSQL takes notifications below 8000 bytes."""


def broadcast(
    happened: Event, *, on: Model | None = None, where: tuple[str, str, int] = ("", "", 1)
) -> None:
    """Tell open streams of *happened* when the present transaction commits.

    Its row rights are those of *on*, else *where* (place path, organisation path, grade); the
    default reaches only those who may see everything. Who is not listening never learns of it.
    """
    message = orjson.dumps(
        {
            "type": happened.type,
            "where": standing(on) if on else where,
            "body": asdict(happened),
        }
    )
    if len(message) > MOST_BYTES:
        raise ValueError(f"{happened.type}: {len(message)} bytes are too many to broadcast")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, message.decode()])
