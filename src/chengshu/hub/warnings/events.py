"""What warnings tell the rest of the city."""

from dataclasses import dataclass
from typing import ClassVar

from chengshu.core.events.outbox import Event, event


@dataclass(frozen=True)
class WarningEvent(Event):
    """*at* is record time (ISO 8601, UTC). *case_type* is empty when no case is wanted."""

    permission: ClassVar[str] = "warnings.view_citywarning"

    code: str
    title: str
    severity: str
    rule: str
    kind: str
    subject_type: str
    subject_code: str
    case_type: str
    at: str


@event
@dataclass(frozen=True)
class WarningRaised(WarningEvent):
    """A warning began, or came back for the *repeats*-th time soon after it had cleared."""

    type: ClassVar[str] = "warning.raised"

    repeats: int


@event
@dataclass(frozen=True)
class WarningEscalated(WarningEvent):
    """An active warning got worse: *before* is its colour until now."""

    type: ClassVar[str] = "warning.escalated"

    before: str


@event
@dataclass(frozen=True)
class WarningCleared(WarningEvent):
    """A warning ended: *state* is ``cleared`` or ``dismissed``, *reason* a person's words."""

    type: ClassVar[str] = "warning.cleared"

    state: str
    reason: str
