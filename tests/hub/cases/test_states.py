"""The state table, and random walks over it."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chengshu.core.actions import actions
from chengshu.hub.cases.models import Case, CaseStep
from chengshu.hub.cases.states import MOVE, MOVES, NEXT, OPEN, STAGE_OF, State
from chengshu.hub.cases.timeline import WrongState

from .factories import CENTRE, START, reported

ENDED = {State.CLOSED, State.VOID}
HELD = {State.DISPATCHED, State.ACCEPTED, State.HANDLED, State.CHECKED}
EXTRA = {"extend_case": {"value": 1, "limit_unit": "working-days"}}


@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.action)
def test_every_move_is_an_action_with_a_permission_of_its_name(move):
    assert move.permission in actions


@pytest.mark.parametrize("state", State)
def test_every_state_can_be_reached_and_left(state):
    reached = {target for ways in NEXT.values() for target in ways.values()}

    assert state in reached | {State.REPORTED}
    assert any(target != state for target in NEXT[state].values())


@pytest.mark.parametrize("state", State)
def test_a_clock_runs_in_every_state_that_is_not_an_end(state):
    assert (state in STAGE_OF) == (state not in ENDED)
    assert (state in OPEN) == (state not in ENDED)


def press(case: Case, action: str, minutes: int) -> Case:
    move = MOVE[action]
    texts = {"text": "说明"} if "text" in move.needs else {}
    at = START + timedelta(minutes=minutes)
    return actions[move.permission].run(case, at=at, by=CENTRE, **texts, **EXTRA.get(action, {}))


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("move", MOVES, ids=lambda move: move.action)
def test_each_move_in_each_state_does_what_the_table_says(city, state, move):
    case = reported(type="terminal-fault")
    Case.objects.update(
        state=state,
        unit=city.east_government,
        dispatched_at=START,
        handling_due_at=START,
        suspended_at=START if move.action == "resume_case" else None,
    )

    if move.action in NEXT[state]:
        assert press(case, move.action, 1).state == NEXT[state][move.action]
    else:
        with pytest.raises(WrongState) as refused:
            press(case, move.action, 1)
        assert refused.value.where["possible"] == sorted(NEXT[state])


walks = st.lists(st.sampled_from([move.action for move in MOVES]), min_size=1, max_size=25)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(walks)
def test_after_any_walk_the_timeline_tells_the_state(city, walk):
    case = reported(type="terminal-fault")
    state, made = State.REPORTED, ["report_case"]

    for minutes, action in enumerate(walk, 1):
        try:
            moved = press(case, action, minutes)
        except WrongState:
            continue
        made.append(action)
        state = NEXT[state][action]
        assert moved.state == state

    steps = list(CaseStep.objects.filter(case=case).order_by("number"))
    fresh = Case.objects.get(pk=case.pk)
    assert [step.action for step in steps] == made
    assert [step.number for step in steps] == list(range(1, len(made) + 1))
    assert fresh.state == state == steps[-1].state
    assert all(
        after.before == before.state for before, after in zip(steps, steps[1:], strict=False)
    )
    assert (fresh.due_at is None) == (state in ENDED or fresh.suspended_at is not None)
    assert fresh.unit is not None or state not in HELD
