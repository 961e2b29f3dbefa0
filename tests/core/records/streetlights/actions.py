from chengshu.core.access.policy import Actor
from chengshu.core.actions.action import action
from chengshu.kit.errors import Conflict

from .models import Lamp


class AlreadyFailed(Conflict):
    code = "already-failed"


@action("streetlights.report_lamp", "Report failed")
def report_failed(lamp: Lamp, *, by: Actor) -> Lamp:
    """Mark *lamp* dark; a second report is an error, not a no-op."""
    if lamp.state == Lamp.State.FAILED:
        raise AlreadyFailed(f"{lamp} has failed already")
    lamp.state = Lamp.State.FAILED
    lamp.save(update_fields=["state"])
    return lamp


@action("streetlights.relamp_lamp", "Change the lamp")
def relamp(lamp: Lamp, *, by: Actor, kind: str, watts: int | None = None) -> Lamp:
    """Screw another one in, of *kind* and *watts*."""
    lamp.kind, lamp.watts, lamp.state = kind, watts, Lamp.State.WORKING
    lamp.save(update_fields=["kind", "watts", "state"])
    return lamp
