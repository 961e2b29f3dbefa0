"""What pages and the API send, read and refused by field."""

from collections.abc import Mapping
from typing import Any

from chengshu.core.access.policy import Actor
from chengshu.core.actions import actions
from chengshu.kit.errors import Invalid, NotFound

from .actions.intake import Contact, NewCase
from .models import Case
from .states import MOVE


def move(case: Case, action: str, given: Mapping[str, Any], *, at: Any, by: Actor) -> Case:
    """Run the move called *action* with what it takes of *given*. Raises NotFound for no move."""
    wanted = MOVE.get(action)
    if wanted is None:
        raise NotFound(f"There is no move {action!r}", where={"action": action})
    values: dict[str, Any] = {"text": _text(given, "text")}
    if "unit" in wanted.needs:
        values["unit"] = _text(given, "unit")
    if "limit" in wanted.needs:
        values |= {"value": number(given, "value"), "limit_unit": _text(given, "limit_unit")}
    moved: Case = actions[wanted.permission].run(case, at=at, by=by, **values)
    return moved


def report(given: Mapping[str, Any]) -> NewCase:
    """A report as a form sends it."""
    return NewCase(
        title=_text(given, "title"),
        type=_text(given, "type"),
        source=_text(given, "source"),
        description=_text(given, "description"),
        place=_text(given, "place"),
        address=_text(given, "address"),
        lon=number(given, "lon"),
        lat=number(given, "lat"),
        is_urgent=bool(given.get("is_urgent")),
        reporter=Contact(
            _text(given, "reporter_name"),
            _text(given, "reporter_phone"),
            bool(given.get("wants_answer")),
        ),
    )


def number(given: Mapping[str, Any], name: str) -> float | None:
    """The number called *name*, None for an empty one. Raises Invalid."""
    written = given.get(name)
    if written in (None, ""):
        return None
    try:
        value = float(str(written))
    except ValueError:
        raise Invalid(f"{name} is not a number", where={"field": name}) from None
    if not -1e9 < value < 1e9:
        raise Invalid(f"{name} is out of range", where={"field": name})
    return value


def _text(given: Mapping[str, Any], name: str) -> str:
    found = given.get(name) or ""
    if not isinstance(found, str) or "\0" in found:
        raise Invalid(f"{name} must be text", where={"field": name})
    return found
