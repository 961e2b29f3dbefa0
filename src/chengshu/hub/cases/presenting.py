"""How a case reads on a page: its clock, its progress and the lines of its timeline."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chengshu.kit.masking import mask, mask_phone

from . import clock
from .clock import Reading
from .models import Case, CaseStep, Reporter
from .models.catalogue import Unit
from .states import MOVE, Stage, State

WORDS = {
    Reading.RUNNING: gettext_lazy("In time"),
    Reading.SOON: gettext_lazy("Due soon"),
    Reading.OVERDUE: gettext_lazy("Overdue"),
    Reading.STOPPED: gettext_lazy("Clock stopped"),
    Reading.ENDED: gettext_lazy("Ended"),
}

HAPPENED = {
    "report_case": gettext_lazy("Reported"),
    "overdue": gettext_lazy("Limit passed"),
    "warning_returned": gettext_lazy("The warning came back"),
    "warning_escalated": gettext_lazy("The warning got worse"),
    "warning_cleared": gettext_lazy("The warning has cleared"),
    "warning_dismissed": gettext_lazy("The warning was dismissed"),
    "fault_changed": gettext_lazy("The terminal has another fault"),
    "terminal_recovered": gettext_lazy("The terminal has recovered by itself"),
}

TONES = {"overdue": "bad", "return_case": "bad", "rework_case": "bad", "warning_escalated": "bad"}

PROGRESS = (
    (gettext_lazy("Report"), "reported_at"),
    (gettext_lazy("Filing"), "filed_at"),
    (gettext_lazy("Dispatch"), "dispatched_at"),
    (gettext_lazy("Acceptance"), "accepted_at"),
    (gettext_lazy("Handling"), "handled_at"),
    (gettext_lazy("Closing"), "closed_at"),
)
DONE = {
    State.REPORTED: 1,
    State.VERIFYING: 1,
    State.VERIFIED: 1,
    State.FILED: 2,
    State.DISPATCHED: 3,
    State.ACCEPTED: 4,
    State.HANDLED: 5,
    State.CHECKED: 5,
    State.CLOSED: 6,
    State.VOID: 6,
}
"""How many stations of the progress lie behind a case in each state."""


@dataclass(frozen=True)
class Face:
    """The face of a case's clock; *left* is the time to go, or gone by when overdue."""

    reading: str
    word: str
    left: str
    due_at: datetime | None


def face(case: Case, now: datetime) -> Face:
    reading = clock.reading(case, now)
    left = span(abs(case.due_at - now)) if case.due_at else ""
    if reading is Reading.OVERDUE:
        left = _("by %(span)s") % {"span": left}
    elif left:
        left = _("%(span)s left") % {"span": left}
    return Face(reading.value, str(WORDS[reading]), left, case.due_at)


def span(length: timedelta) -> str:
    """A length of time in its two largest units."""
    minutes = int(length.total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return _("%(days)d d %(hours)d h") % {"days": days, "hours": hours}
    if hours:
        return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}
    return _("%(minutes)d min") % {"minutes": rest}


@dataclass(frozen=True)
class Station:
    """One station of the progress; *is_next* is where the case waits."""

    title: str
    at: datetime | None
    is_done: bool
    is_next: bool


def progress(case: Case) -> list[Station]:
    done = DONE[State(case.state)]
    return [
        Station(
            str(title),
            getattr(case, moment) if number < done else None,
            number < done and getattr(case, moment) is not None,
            number == done,
        )
        for number, (title, moment) in enumerate(PROGRESS)
    ]


@dataclass(frozen=True)
class Line:
    """One line of the timeline; *remarks* are its facts in words."""

    at: datetime
    title: str
    who: str
    unit: str
    text: str
    remarks: tuple[str, ...]
    tone: str


def line(step: CaseStep, names: dict[str, str]) -> Line:
    return Line(
        at=step.at,
        title=_title(step.action),
        who=names.get(step.actor, _("Platform")),
        unit=step.unit.name if step.unit else "",
        text=step.text if step.action != "report_case" else "",
        remarks=tuple(_remarks(step)),
        tone=TONES.get(step.action, ""),
    )


def _title(action: str) -> str:
    if action in MOVE:
        return str(MOVE[action].title)
    return str(HAPPENED.get(action, action))


LIMITS = {
    "filing_limit": gettext_lazy("filing within %(limit)s"),
    "dispatch_limit": gettext_lazy("dispatch within %(limit)s"),
    "acceptance_limit": gettext_lazy("acceptance within %(limit)s"),
    "handling_limit": gettext_lazy("handling within %(limit)s"),
    "check_limit": gettext_lazy("check within %(limit)s"),
    "closing_limit": gettext_lazy("closing within %(limit)s"),
    "extension": gettext_lazy("%(limit)s more"),
}


def _remarks(step: CaseStep) -> list[str]:
    facts = step.facts
    found = [
        str(words) % {"limit": limit_text(facts[key])}
        for key, words in LIMITS.items()
        if key in facts
    ]
    if step.action == "overdue" and facts.get("stage") in Stage.values:
        found.append(str(Stage(facts["stage"]).label))
    if facts.get("in_time") is False:
        found.append(_("after its limit"))
    if "stood_still_seconds" in facts:
        still = span(timedelta(seconds=facts["stood_still_seconds"]))
        found.append(_("the clock stood still for %(span)s") % {"span": still})
    return found


def limit_text(limit: dict[str, Any]) -> str:
    return f"{limit['value']:g} {Unit(limit['unit']).label}"


@dataclass(frozen=True)
class Masked:
    name: str
    phone: str
    wants_answer: bool


def masked(reporter: Reporter) -> Masked:
    """What a page shows of who reported until somebody asks for more."""
    return Masked(
        mask(reporter.name, first=1, last=0), mask_phone(reporter.phone), reporter.wants_answer
    )
