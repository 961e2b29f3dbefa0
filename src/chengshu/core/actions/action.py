"""`@action`: the only way data changes."""

import functools
import inspect
import json
import uuid
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

from django.db import connection, transaction
from django.db.models import Model

from chengshu.core.access import permissions
from chengshu.core.access.models import Duty
from chengshu.core.access.policy import Actor, require
from chengshu.core.audit import chain
from chengshu.core.audit.models import AuditLine
from chengshu.kit.errors import NotAllowed
from chengshu.kit.registry import Registry

P = ParamSpec("P")
R = TypeVar("R")

_details: ContextVar[dict[str, Any] | None] = ContextVar("details", default=None)


@dataclass(frozen=True)
class Action:
    """What the registry knows of an action; its permission has the same code."""

    code: str
    title: str
    run: Callable[..., Any]


actions: Registry[Action] = Registry("action", Action)


def action(
    code: str, title: str, *, duty: Duty = Duty.WORK
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function an action.

    Its keyword argument *by* is the actor, who must hold permission *code* on every model row
    passed as an argument. A function that makes rows calls `require` on them itself before it
    returns. Everything it writes is one transaction with one audit line; a refusal is
    audited too. Actions called by an action join its transaction and keep their own line.
    """
    permissions.declare(code, title, duty)

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        if "by" not in signature.parameters:
            raise TypeError(f"action {code!r} takes no actor: add the argument 'by'")

        @functools.wraps(function)
        def run(*args: P.args, **kwargs: P.kwargs) -> R:
            given = signature.bind(*args, **kwargs).arguments
            actor: Actor = given["by"]
            rows = [v for v in given.values() if isinstance(v, Model) and hasattr(v, "scope")]
            try:
                require(actor, code, rows)
                with transaction.atomic():
                    return _done(code, actor, rows, functools.partial(function, *args, **kwargs))
            except NotAllowed:
                _refused(code, actor, rows)
                raise

        actions.add(code, Action(code, title, run))
        return run

    return wrap


def note(**details: Any) -> None:
    """Add *details* (codes and counts, never personal data) to the running action's line."""
    running = _details.get()
    if running is None:
        raise RuntimeError("note() outside an action")
    running.update(details)


def _done(code: str, actor: Actor, rows: list[Model], run: Callable[[], R]) -> R:
    _attach_history_context(code, actor)
    details: dict[str, Any] = {}
    outer = _details.set(details)
    try:
        result = run()
    finally:
        _details.reset(outer)
    chain.append(
        actor=actor.name,
        action=code,
        target=_target(rows, result),
        address=getattr(actor, "address", ""),
        details=details,
    )
    return result


def _refused(code: str, actor: Actor, rows: list[Model]) -> None:
    if _details.get() is not None:
        return  # the outermost action writes the line, after its transaction is rolled back
    chain.append(
        actor=actor.name,
        action=code,
        target=_target(rows, None),
        outcome=AuditLine.Outcome.REFUSED,
        address=getattr(actor, "address", ""),
    )


def _target(rows: list[Model], result: object) -> str:
    named = rows or ([result] if isinstance(result, Model) else [])
    return ", ".join(f"{row._meta.label_lower}:{getattr(row, 'code', row.pk)}" for row in named)


def _attach_history_context(code: str, actor: Actor) -> None:
    """Let the history triggers of this transaction know who acts and how."""
    metadata: Mapping[str, str] = {"actor": actor.name, "action": code}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pghistory.context_id', %s, true),"
            " set_config('pghistory.context_metadata', %s, true)",
            [str(uuid.uuid4()), json.dumps(metadata)],
        )
