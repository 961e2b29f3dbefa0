"""Trees of rows that keep their path: places, and organisations by the same functions."""

import re
from typing import Any, TypeVar

from django.db import IntegrityError, connection, transaction
from django.db.models import Model, ProtectedError, Value
from django.db.models.functions import Concat, Substr
from django.utils.translation import gettext as _

from chengshu.kit.errors import Conflict, Invalid

M = TypeVar("M", bound=Model)

CODE = re.compile(r"[0-9A-Za-z_.-]+")
LOCK = 0x74726565  # one writer at a time changes a tree: PostgreSQL advisory lock "tree"


class BadCode(Invalid):
    """A code holds other characters than letters, digits, ``_``, ``.`` and ``-``."""

    code = "bad-code"


class CodeTaken(Conflict):
    """Another row of the tree has this code."""

    code = "code-taken"


class MovesBelowItself(Conflict):
    """A row cannot stand under one of its own descendants."""

    code = "moves-below-itself"


class StillUsed(Conflict):
    """Other rows refer to this one."""

    code = "still-used"


def path_under(parent: Any, code: str) -> str:
    """The path of *code* under *parent* (None: a root). Raises BadCode."""
    if not CODE.fullmatch(code):
        raise BadCode(_("A code has letters, digits, “_”, “.” and “-” only."), where={"code": code})
    return f"{parent.path if parent else '/'}{code}/"


@transaction.atomic
def add(row: M) -> M:
    """Save a new row under its parent, whose path is read afresh. Raises BadCode, CodeTaken."""
    lock_trees()
    node: Any = row
    if node.parent is not None:
        node.parent.refresh_from_db(fields=["path"])
    node.path = path_under(node.parent, node.code)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        raise CodeTaken(_("This code is taken."), where={"code": node.code}) from None
    return row


@transaction.atomic
def move(row: M, parent: M | None) -> int:
    """Put *row* and all below it under *parent*; the number of rows whose path changed.

    One UPDATE rewrites the paths. Raises MovesBelowItself.
    """
    lock_trees()
    node: Any = row
    above: Any = parent
    for known in filter(None, (node, above)):
        known.refresh_from_db(fields=["path"])
    old, new = node.path, path_under(above, node.code)
    if above is not None and above.path.startswith(old):
        raise MovesBelowItself(
            _("A place or organisation cannot stand below itself."), where={"code": node.code}
        )
    node.parent = above
    row.save(update_fields=["parent"])
    moved: int = (
        type(row)
        ._default_manager.filter(path__startswith=old)
        .update(path=Concat(Value(new), Substr("path", len(old) + 1)))
    )
    node.path = new
    return moved


@transaction.atomic
def change(row: M, fields: list[str]) -> M:
    """Save *fields* of *row*, which are not its place in the tree."""
    lock_trees()
    row.save(update_fields=fields)
    return row


@transaction.atomic
def remove(row: Model) -> None:
    """Delete a row that nothing refers to. Raises StillUsed."""
    lock_trees()
    try:
        row.delete()
    except ProtectedError as error:
        kinds = sorted({str(used._meta.verbose_name) for used in error.protected_objects})
        raise StillUsed(
            _("Still used by: %(kinds)s.") % {"kinds": ", ".join(kinds)}, where={"kinds": kinds}
        ) from None


def sql_version(tree: type[Model]) -> str:
    """SQL for a number that grows with every change of *tree*: the last id of its history."""
    return f"(SELECT coalesce(max(pgh_id), 0) FROM {tree._meta.db_table}event)"  # noqa: S608


def lock_trees() -> None:
    """Keep other writers of trees out until the transaction ends.

    Paths stay right against moves at the same time, and versions are committed in order.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
