"""Write and check the chain of audit lines (SM3, GB/T 32905-2016)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes
from django.db import connection, transaction
from django.utils import timezone

from .models import AuditLine

FIRST_SEAL = bytes(32)
LOCK = 0x6368656E  # one writer at a time appends: PostgreSQL advisory lock "chen"


@dataclass(frozen=True)
class Report:
    """*broken_at* is the id of the first line that does not fit, None when all do."""

    lines: int
    broken_at: int | None


def seal(line: AuditLine, before: bytes) -> bytes:
    """SM3 of the previous seal and every field of *line* in a canonical form."""
    content = orjson.dumps(
        [
            line.id,
            line.at.isoformat(),
            line.actor,
            line.action,
            line.target,
            line.outcome,
            line.address,
            line.details,
        ],
        option=orjson.OPT_SORT_KEYS,
    )
    digest = hashes.Hash(hashes.SM3())
    digest.update(before)
    digest.update(content)
    return digest.finalize()


def append(
    *,
    actor: str,
    action: str,
    target: str,
    outcome: AuditLine.Outcome = AuditLine.Outcome.DONE,
    address: str = "",
    details: Mapping[str, Any] | None = None,
) -> AuditLine:
    """Append a line in the current transaction; the chain is locked until it ends."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        last = AuditLine.objects.order_by("-id").values_list("id", "seal").first()
        number, before = (last[0], bytes(last[1])) if last else (0, FIRST_SEAL)
        line = AuditLine(
            id=number + 1,
            at=timezone.now(),
            actor=actor,
            action=action,
            target=target[:120],
            outcome=outcome,
            address=address,
            details=dict(details or {}),
        )
        line.seal = seal(line, before)
        line.save(force_insert=True)
    return line


def verify() -> Report:
    """Walk the whole chain; a changed, missing or inserted line breaks it."""
    before, expected, count = FIRST_SEAL, 1, 0
    for line in AuditLine.objects.order_by("id").iterator(chunk_size=5000):
        if line.id != expected or bytes(line.seal) != seal(line, before):
            return Report(count, expected)
        before, expected, count = bytes(line.seal), expected + 1, count + 1
    return Report(count, None)
