"""Write and check the chain of audit lines (SM3, GB/T 32905-2016)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes
from django.db import transaction
from django.utils import timezone

from .models import AuditHead, AuditLine

FIRST_SEAL = bytes(32)
LONGEST_TARGET = 120


@dataclass(frozen=True)
class Report:
    """*broken_at* is the id of the first line that does not fit, None when all do.

    *seal* is that of the last line that fits. Who keeps it elsewhere, on paper even, can show
    later that nobody has written the whole chain anew.
    """

    lines: int
    broken_at: int | None
    seal: str


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
    """Append a line in the current transaction; the end of the chain is locked until it ends."""
    with transaction.atomic(savepoint=False):
        head = _locked_head()
        line = AuditLine(
            id=head.lines + 1,
            at=timezone.now(),
            actor=actor,
            action=action,
            target=target[:LONGEST_TARGET],
            outcome=outcome,
            address=address,
            details=_settled(dict(details or {})),
        )
        line.seal = head.seal = seal(line, bytes(head.seal))
        head.lines = line.id
        line.save(force_insert=True)
        head.save(update_fields=["lines", "seal"])
    return line


def verify() -> Report:
    """Walk the whole chain; a changed, missing, inserted or cut-off line breaks it.

    Lines may be appended meanwhile.
    """
    start = _head()
    count, before = 0, FIRST_SEAL
    for line in AuditLine.objects.order_by("id").iterator(chunk_size=5000):
        fits = line.id == count + 1 and bytes(line.seal) == seal(line, before)
        if not fits or (line.id == start.lines and bytes(line.seal) != bytes(start.seal)):
            return Report(count, count + 1, before.hex())
        before, count = bytes(line.seal), count + 1
    is_whole = start.lines <= count <= _head().lines
    return Report(count, None if is_whole else min(count, start.lines) + 1, before.hex())


def _head() -> AuditHead:
    return AuditHead.objects.first() or AuditHead(lines=0, seal=FIRST_SEAL)


def _locked_head() -> AuditHead:
    heads = AuditHead.objects.select_for_update()
    head = heads.first()
    if head is None:
        AuditHead.objects.bulk_create(
            [AuditHead(id=1, lines=0, seal=FIRST_SEAL)], ignore_conflicts=True
        )
        head = heads.get()
    return head


def _settled(value: Any) -> Any:
    """*value* as JSON that PostgreSQL gives back unchanged: it rewrites numbers with a point."""
    if isinstance(value, Mapping):
        return {str(key): _settled(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_settled(item) for item in value]
    if value is None or isinstance(value, bool) or type(value) is int:
        return value
    return str(value)
