"""What sensing tells the rest of the city."""

from dataclasses import dataclass
from typing import ClassVar

from chengshu.core.events.outbox import Event, event


@event
@dataclass(frozen=True)
class TerminalHealthChanged(Event):
    """A terminal fell ill, has another trouble or recovered.

    *since* is when the condition began in record time (ISO 8601, UTC); *properties* are the
    observed properties concerned.
    """

    type: ClassVar[str] = "terminal.health-changed"
    permission: ClassVar[str] = "sensing.view_terminal"

    terminal: int
    code: str
    before: str
    health: str
    since: str
    properties: list[str]


@event
@dataclass(frozen=True)
class BuildRequestDecided(Event):
    """A request to build was approved, refused or withdrawn; *organisation* asked for it."""

    type: ClassVar[str] = "build-request.decided"
    permission: ClassVar[str] = "sensing.view_buildrequest"

    code: str
    state: str
    organisation: str


@event
@dataclass(frozen=True)
class ReuseRequestMoved(Event):
    """A request to reuse *terminal* came to *state*; *organisation* asks to read it."""

    type: ClassVar[str] = "reuse-request.moved"
    permission: ClassVar[str] = "sensing.view_reuserequest"

    code: str
    terminal: str
    organisation: str
    state: str


@event
@dataclass(frozen=True)
class DeviceAlarm(Event):
    """A device reports an alarm of its own.

    *kind* is fire or fault, *component* what the device calls the part concerned, *at* its own
    time (ISO 8601, UTC), *state* its state word.
    """

    type: ClassVar[str] = "device.alarm-raised"
    permission: ClassVar[str] = "sensing.view_terminal"

    device: str
    terminal: int
    code: str
    kind: str
    component: str
    at: str
    state: int
