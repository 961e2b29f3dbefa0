"""What sensing tells the rest of the city."""

from dataclasses import dataclass
from typing import ClassVar

from chengshu.core.events.outbox import Event, event


@event
@dataclass(frozen=True)
class TerminalHealthChanged(Event):
    """A terminal fell silent, froze or recovered.

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
