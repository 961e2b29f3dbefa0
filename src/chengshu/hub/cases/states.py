"""The life of a case as one table: pages, API, documents and tests are made from it.

The states are those of GB/T 30428.8 practice: report, verification, filing, dispatch, handling,
check, closing. Urging, extension and suspension are steps over a state, never states.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db import models
from django.utils.translation import gettext_lazy as _

from chengshu.core.words import Words


class State(models.TextChoices):
    REPORTED = "reported", _("Reported")
    VERIFYING = "verifying", _("To be verified")
    VERIFIED = "verified", _("Verified")
    FILED = "filed", _("Filed")
    DISPATCHED = "dispatched", _("Dispatched")
    ACCEPTED = "accepted", _("In handling")
    HANDLED = "handled", _("Handled")
    CHECKED = "checked", _("Checked")
    CLOSED = "closed", _("Closed")
    VOID = "void", _("Void")


class Stage(models.TextChoices):
    """What a time limit is set for."""

    FILING = "filing", _("Filing")
    DISPATCH = "dispatch", _("Dispatch")
    ACCEPTANCE = "acceptance", _("Acceptance")
    HANDLING = "handling", _("Handling")
    CHECK = "check", _("Check")
    CLOSING = "closing", _("Closing")


STAGE_OF: Mapping[State, Stage] = {
    State.REPORTED: Stage.FILING,
    State.VERIFYING: Stage.FILING,
    State.VERIFIED: Stage.FILING,
    State.FILED: Stage.DISPATCH,
    State.DISPATCHED: Stage.ACCEPTANCE,
    State.ACCEPTED: Stage.HANDLING,
    State.HANDLED: Stage.CHECK,
    State.CHECKED: Stage.CLOSING,
}
"""The clock that runs in each state; none runs in the others."""

OPEN = tuple(STAGE_OF)
AT_UNIT = (State.DISPATCHED, State.ACCEPTED)


@dataclass(frozen=True)
class Move:
    """One action on a case: from which states to which; staying is going to the same state.

    *asks* is the question that its text answers, *needs* the values it cannot do without:
    ``text``, ``unit``, ``limit``. *tone* is how its button looks. A suspended case moves only
    by those *when_suspended*.
    """

    action: str
    title: Words
    goes: Mapping[State, State]
    asks: Words = field(default=_("Remark"))
    needs: tuple[str, ...] = ()
    tone: str = ""
    when_suspended: bool = False

    @property
    def permission(self) -> str:
        return f"cases.{self.action}"

    @property
    def stays(self) -> bool:
        return all(source == target for source, target in self.goes.items())


def _stay(*states: State) -> dict[State, State]:
    return {state: state for state in states}


REASON, RESULT = _("Reason"), _("Result")

MOVES: tuple[Move, ...] = (
    Move(
        "ask_verification",
        _("Send to verification"),
        {State.REPORTED: State.VERIFYING},
    ),
    Move(
        "verify_case",
        _("Confirm on site"),
        {State.VERIFYING: State.VERIFIED},
        asks=_("What was found on site"),
        needs=("text",),
        tone="primary",
    ),
    Move(
        "file_case",
        _("File"),
        {State.REPORTED: State.FILED, State.VERIFIED: State.FILED},
        tone="primary",
    ),
    Move(
        "settle_case",
        _("Settled on the spot"),
        {State.REPORTED: State.CLOSED, State.VERIFYING: State.CLOSED},
        asks=RESULT,
        needs=("text",),
    ),
    Move(
        "dispatch_case",
        _("Dispatch"),
        {State.FILED: State.DISPATCHED},
        asks=_("Instruction"),
        needs=("unit",),
        tone="primary",
    ),
    Move("accept_case", _("Accept"), {State.DISPATCHED: State.ACCEPTED}, tone="primary"),
    Move(
        "handle_case",
        _("Finish handling"),
        {State.ACCEPTED: State.HANDLED},
        asks=RESULT,
        needs=("text",),
        tone="primary",
    ),
    Move(
        "return_case",
        _("Return"),
        {State.DISPATCHED: State.FILED, State.ACCEPTED: State.FILED},
        asks=_("Why it is not ours, and whose it is"),
        needs=("text",),
        tone="danger",
    ),
    Move(
        "check_case",
        _("Check passed"),
        {State.HANDLED: State.CHECKED},
        asks=_("What was found on site"),
        tone="primary",
    ),
    Move(
        "rework_case",
        _("Check failed: rework"),
        {State.HANDLED: State.ACCEPTED},
        asks=_("What is still wrong"),
        needs=("text",),
        tone="danger",
    ),
    Move(
        "close_case",
        _("Close"),
        {State.CHECKED: State.CLOSED, State.HANDLED: State.CLOSED},
        tone="primary",
    ),
    Move(
        "note_case",
        _("Add progress"),
        _stay(*OPEN),
        asks=_("Progress"),
        needs=("text",),
        when_suspended=True,
    ),
    Move(
        "urge_case",
        _("Urge"),
        _stay(State.FILED, State.DISPATCHED, State.ACCEPTED, State.HANDLED),
        asks=_("Instruction"),
        needs=("text",),
    ),
    Move(
        "extend_case",
        _("Extend the limit"),
        _stay(*AT_UNIT),
        asks=REASON,
        needs=("limit", "text"),
    ),
    Move("suspend_case", _("Suspend"), _stay(*AT_UNIT), asks=REASON, needs=("text",)),
    Move("resume_case", _("Resume"), _stay(*AT_UNIT), tone="primary", when_suspended=True),
    Move(
        "void_case",
        _("Void"),
        {
            State.REPORTED: State.VOID,
            State.VERIFYING: State.VOID,
            State.VERIFIED: State.VOID,
            State.FILED: State.VOID,
        },
        asks=REASON,
        needs=("text",),
        tone="danger",
    ),
    Move(
        "reopen_case",
        _("Reopen"),
        {State.CLOSED: State.FILED, State.VOID: State.REPORTED},
        asks=REASON,
        needs=("text",),
    ),
)

MOVE: Mapping[str, Move] = {move.action: move for move in MOVES}

NEXT: Mapping[State, Mapping[str, State]] = {
    state: {move.action: move.goes[state] for move in MOVES if state in move.goes}
    for state in State
}
"""State to action to the state it leads to; what is missing is impossible."""
