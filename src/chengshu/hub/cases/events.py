"""What cases tell the rest of the city."""

from dataclasses import dataclass
from typing import ClassVar

from chengshu.core.events.outbox import Event, event


@dataclass(frozen=True)
class CaseEvent(Event):
    """*unit* is the code of the unit that has the case, empty when none has. *at* is ISO 8601."""

    permission: ClassVar[str] = "cases.view_case"

    code: str
    title: str
    case_type: str
    state: str
    unit: str
    origin: str
    at: str


@event
@dataclass(frozen=True)
class CaseReported(CaseEvent):
    """A new case."""

    type: ClassVar[str] = "case.reported"

    source: str


@event
@dataclass(frozen=True)
class CaseChanged(CaseEvent):
    """A step on a case: *action* led from *before* to *state*, which may be the same."""

    type: ClassVar[str] = "case.changed"

    action: str
    before: str


@event
@dataclass(frozen=True)
class CaseClosed(CaseEvent):
    """A case was closed or voided."""

    type: ClassVar[str] = "case.closed"


@event
@dataclass(frozen=True)
class CaseOverdue(CaseEvent):
    """The limit of a *stage* has passed."""

    type: ClassVar[str] = "case.overdue"

    stage: str
    due_at: str
