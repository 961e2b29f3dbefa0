from datetime import date

import pytest
from django.utils import timezone

from chengshu.core.records.history import history
from chengshu.hub.sensing.actions import registration
from chengshu.hub.sensing.models import Terminal
from chengshu.kit.errors import Conflict, NotAllowed
from tests.core.access.factories import nobody
from tests.hub.sensing.factories import terminal

from .factories import ENGINEER

pytestmark = pytest.mark.django_db
State = Terminal.State
ACTS = {
    State.BUILT: registration.build_terminal,
    State.SUSPENDED: registration.suspend_terminal,
    State.IN_SERVICE: registration.resume_terminal,
    State.RETIRED: registration.retire_terminal,
}


@pytest.mark.parametrize("before", list(State))
@pytest.mark.parametrize("after", list(ACTS))
def test_a_terminal_moves_along_its_life_cycle_and_nowhere_else(before, after):
    device = terminal(state=before)

    if after in registration.NEXT[before]:
        assert ACTS[after](device, by=ENGINEER).state == after
    else:
        with pytest.raises(Conflict):
            ACTS[after](device, by=ENGINEER)


def test_its_dates_stay_with_it_from_plan_to_retirement():
    device = terminal(state=State.PLANNED)

    registration.build_terminal(device, by=ENGINEER, built_on=date(2026, 2, 1))
    registration.commission_terminal(device, by=ENGINEER, commissioned_on=date(2026, 3, 1))
    registration.suspend_terminal(device, by=ENGINEER)
    device.refresh_from_db()
    registration.resume_terminal(device, by=ENGINEER)
    ended = registration.retire_terminal(device, by=ENGINEER)

    assert (ended.built_on, ended.commissioned_on) == (date(2026, 2, 1), date(2026, 3, 1))
    assert ended.valid_to == timezone.localdate()
    labels = [State(s).label for s in ("planned", "built", "in-service", "suspended")]
    labels += [State.IN_SERVICE.label, State.RETIRED.label]
    states = [c.after for v in history(ended) for c in v.changes if c.name == "state"]
    assert states == [str(label) for label in reversed(labels)]


def test_a_suspended_terminal_is_resumed_not_commissioned_again():
    device = terminal(state=State.SUSPENDED)

    with pytest.raises(Conflict):
        registration.commission_terminal(device, by=ENGINEER)


def test_a_life_cycle_step_needs_its_right():
    with pytest.raises(NotAllowed):
        registration.build_terminal(terminal(state=State.PLANNED), by=nobody())
