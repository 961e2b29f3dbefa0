from dataclasses import dataclass
from typing import ClassVar

from chengshu.core.events.outbox import Event


@dataclass(frozen=True)
class LampFailed(Event):
    type: ClassVar[str] = "lamp.failed"
    permission: ClassVar[str] = "lamps.view_lamp"
    lamp: str
