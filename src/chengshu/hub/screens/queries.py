"""The cockpit's answers: which panels, what is in them, what happened when."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from chengshu.core.access.policy import Actor, may

from .panel import Filled, Question, panels, timelines, vitals

STEP = timedelta(minutes=30)
SEVERITIES = ("red", "orange", "yellow", "blue")


def panel_list(actor: Actor) -> list[dict[str, Any]]:
    """The panels *actor* may see, in order."""
    return [
        {
            "name": panel.name,
            "title": str(panel.title),
            "slot": panel.slot,
            "kind": panel.kind,
            "refresh_seconds": panel.refresh_seconds,
            "listens": list(panel.listens),
            "href": panel.href,
        }
        for panel in sorted(panels, key=lambda panel: (panel.order, panel.name))
        if may(actor, panel.permission)
    ]


def vital_signs(question: Question) -> Filled:
    """Every vital the reader may see and that has a value here."""
    items = []
    for vital in sorted(vitals, key=lambda vital: (vital.order, vital.name)):
        if not may(question.actor, vital.permission):
            continue
        item = vital.read(question)
        if item is not None:
            head = {"key": vital.name, "title": str(vital.title), "unit": str(vital.unit)}
            items.append(head | dict(item))
    newest = max((item["at"] for item in items if item.get("at")), default=None)
    return Filled({"items": items}, at=newest, quality="good" if items else "unavailable")


def timeline(question: Question, hours: int) -> dict[str, Any]:
    """Counts of moments per half hour and severity over the *hours* before now."""
    end = _step_after(question.at)
    start = end - timedelta(hours=hours)
    counts: Counter[tuple[datetime, str]] = Counter()
    for source in timelines:
        if may(question.actor, source.permission):
            moments = source.moments(question, start, end)
            counts.update((_step_of(at), severity) for at, severity in moments)
    steps = [start + STEP * number for number in range(int((end - start) / STEP))]
    return {
        "from": start,
        "to": end,
        "step_minutes": int(STEP.total_seconds() // 60),
        "buckets": [
            {"at": step} | {severity: counts[step, severity] for severity in SEVERITIES}
            for step in steps
        ],
    }


def _step_of(at: datetime) -> datetime:
    return at.replace(minute=at.minute - at.minute % 30, second=0, microsecond=0)


def _step_after(at: datetime) -> datetime:
    return _step_of(at) + STEP
