"""`@action`: the only way data changes."""

import functools
import inspect
import json
import uuid
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

from django.db import connection, transaction
from django.db.models import Model

from chengshu.core.access import permissions
from chengshu.core.access.models import Duty
from chengshu.core.access.policy import Actor, require
from chengshu.core.audit import chain
from chengshu.core.audit.models import AuditLine
from chengshu.core.words import Words
from chengshu.kit.errors import NotAllowed
from chengshu.kit.registry import Registry

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class _Running:
    """The action that runs now. *id* joins its history rows."""

    code: str
    actor: str
    details: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


_running: ContextVar[_Running | None] = ContextVar("running", default=None)


@dataclass(frozen=True)
class Action:
    """What the registry knows of an action; its permission has the same code."""

    code: str
    title: Words
    run: Callable[..., Any]


actions: Registry[Action] = Registry("action", Action)


def action(
    code: str, title: Words, *, duty: Duty = Duty.WORK
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Make a function an action.

    Its keyword argument *by* is the actor, who must hold permission *code* on every model row
    passed as an argument, alone or in a list or tuple. A function that makes rows calls
    `require` on them itself before it returns. Everything it writes is one transaction with one
    audit line; a refusal is audited too. Actions called by an action join its transaction and
    keep their own line.
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
            rows = _rows(given.values())
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
    running = _running.get()
    if running is None:
        raise RuntimeError("note() outside an action")
    running.details.update(details)


def _done(code: str, actor: Actor, rows: list[Model], run: Callable[[], R]) -> R:
    running = _Running(code, actor.name)
    before = _running.get()
    token = _running.set(running)
    try:
        _attach_history_context(running)
        result = run()
    finally:
        _running.reset(token)
    if before is not None:
        _attach_history_context(before)
    chain.append(
        actor=actor.name,
        action=code,
        target=_target(rows, result),
        address=getattr(actor, "address", ""),
        details=running.details,
    )
    return result


def _refused(code: str, actor: Actor, rows: list[Model]) -> None:
    if _running.get() is not None:
        return  # the outermost action writes the line, after its transaction is rolled back
    chain.append(
        actor=actor.name,
        action=code,
        target=_target(rows, None),
        outcome=AuditLine.Outcome.REFUSED,
        address=getattr(actor, "address", ""),
    )


def _rows(values: Iterable[object]) -> list[Model]:
    found: list[Model] = []
    for value in values:
        several = value if isinstance(value, list | tuple) else (value,)
        found += [v for v in several if isinstance(v, Model) and hasattr(v, "scope")]
    return found


def _target(rows: list[Model], result: object) -> str:
    named = rows or ([result] if isinstance(result, Model) else [])
    return ", ".join(f"{row._meta.label_lower}:{getattr(row, 'code', row.pk)}" for row in named)


def _attach_history_context(running: _Running) -> None:
    """Let the history triggers of this transaction know who acts and how."""
    metadata = {"actor": running.actor, "action": running.code}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pghistory.context_id', %s, true),"
            " set_config('pghistory.context_metadata', %s, true)",
            [running.id, json.dumps(metadata)],
        )
