"""Judge every durable batch of observations by the rules in force and write what they find."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import polars as pl
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor, System
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.hub.sensing.models import StreamState

from . import lifecycle
from .evaluation import STATES, Evaluation, Finding, Turn, evaluate
from .events import WarningEvent
from .lifecycle import Cause
from .models import CityWarning, RuleState
from .queries import threshold_rules
from .rule import ThresholdRule

SUBJECT = "terminal"
RULE_ENGINE = System("rules", frozenset({"warnings.record_findings"}))


def apply_batch(batch: pl.DataFrame, *, on: date, by: Actor) -> None:
    """Judge *batch* (see `sensing.listeners`) by the rules valid *on* a day, all or nothing.

    Call it inside the transaction that keeps the reader's place, so that a killed process
    neither loses nor doubles a warning.
    """
    found = threshold_rules(on, set(batch["property"].unique()))
    kept = RuleState.objects.select_for_update().filter(rule__in=[rule.name for rule in found])
    states: dict[str, dict[int, RuleState]] = {rule.name: {} for rule in found}
    for state in kept:
        states[state.rule][state.datastream_id] = state
    for rule in found:
        readings = batch.filter(pl.col("property") == rule.observed_property)
        _apply(rule, readings, states[rule.name], by)


def _apply(
    rule: ThresholdRule, readings: pl.DataFrame, states: dict[int, RuleState], by: Actor
) -> None:
    evaluation = _without_late(evaluate(rule, readings, _frame(rule, states)), states)
    if evaluation.states.is_empty():
        return
    seen = _remembered(rule, evaluation.states, states)
    recorder = _Recorder(rule, _facts(readings, evaluation.findings), seen)
    if any(finding.turn is not Turn.REPEATED for finding in evaluation.findings):
        record_findings(recorder, evaluation.findings, by=by)
    else:  # counting what is known decides nothing: no line in the audit trail
        recorder.record(evaluation.findings)
    _keep(rule, seen.values())


def _frame(rule: ThresholdRule, states: dict[int, RuleState]) -> pl.DataFrame:
    steps = len(rule.steps)
    return pl.DataFrame(
        [
            {
                "datastream": state.datastream_id,
                "seen_at": state.seen_at,
                "level": min(state.level, steps),
                "since": state.since if len(state.since) == steps else [],
                "counts": state.counts if len(state.since) == steps else [],
            }
            for state in states.values()
        ],
        schema=STATES,
    )


def _without_late(evaluation: Evaluation, states: dict[int, RuleState]) -> Evaluation:
    """Leave out calm streams that have already said something newer than this batch."""
    fresh = evaluation.states.filter(~pl.col("datastream").is_in(list(states)))
    if fresh.is_empty():
        return evaluation
    newest = dict(
        StreamState.objects.filter(datastream__in=fresh["datastream"].to_list()).values_list(
            "datastream", "at"
        )
    )
    late = {
        stream
        for stream, seen_at in fresh.select("datastream", "seen_at").iter_rows()
        if stream in newest and newest[stream] > seen_at
    }
    return Evaluation(
        [finding for finding in evaluation.findings if finding.datastream not in late],
        evaluation.states.filter(~pl.col("datastream").is_in(list(late))),
    )


def _remembered(
    rule: ThresholdRule, after: pl.DataFrame, states: dict[int, RuleState]
) -> dict[int, RuleState]:
    seen = {}
    for row in after.iter_rows(named=True):
        stream = row["datastream"]
        state = states.get(stream) or RuleState(rule=rule.name, datastream_id=stream)
        state.seen_at, state.since, state.counts = row["seen_at"], row["since"], row["counts"]
        seen[stream] = state
    return seen


def _keep(rule: ThresholdRule, seen: Iterable[RuleState]) -> None:
    """Keep the streams that are not calm or not quiet for long enough; forget the others."""
    quiet = timedelta(seconds=rule.quiet_seconds)
    kept: list[RuleState] = []
    forgotten: list[RuleState] = []
    for state in seen:
        is_quiet = state.quiet_since and state.seen_at - state.quiet_since <= quiet
        is_kept = state.level or is_quiet or any(state.counts)
        (kept if is_kept else forgotten).append(state)
    RuleState.objects.filter(pk__in=[state.pk for state in forgotten if state.pk]).delete()
    RuleState.objects.bulk_create(
        kept,
        update_conflicts=True,
        unique_fields=["rule", "datastream"],
        update_fields=["seen_at", "level", "since", "counts", "warning", "quiet_since"],
    )


@action("warnings.record_findings", _("Record what rules found"))
def record_findings(recorder: "_Recorder", findings: list[Finding], *, by: Actor) -> None:
    """Raise, escalate, clear and count as *findings* say."""
    recorder.record(findings)
    note(
        rule=recorder.rule.name,
        findings=dict(Counter(finding.turn.value for finding in findings)),
    )


def _facts(readings: pl.DataFrame, findings: list[Finding]) -> dict[int, dict[str, Any]]:
    streams = {finding.datastream for finding in findings}
    rows = readings.filter(pl.col("datastream").is_in(list(streams))).unique("datastream")
    return {row["datastream"]: row for row in rows.iter_rows(named=True)}


class _Recorder:
    """Turns findings into warnings in memory, then writes them all at once."""

    def __init__(
        self, rule: ThresholdRule, facts: dict[int, dict[str, Any]], states: dict[int, RuleState]
    ) -> None:
        self.rule, self.facts, self.states = rule, facts, states
        self.new: list[CityWarning] = []
        self.changed: dict[int, CityWarning] = {}
        self.told: list[tuple[CityWarning, WarningEvent]] = []

    def record(self, findings: list[Finding]) -> None:
        if not findings:
            return
        self._load({finding.datastream for finding in findings})
        for finding in findings:
            self._apply(finding)
        self._write()

    def _load(self, streams: set[int]) -> None:
        """Lock the warnings these streams already have."""
        facts = [self.facts[stream] for stream in streams]
        locked = (
            CityWarning.objects.select_for_update(of=("self",))
            .select_related("place", "owner")
            .filter(
                Q(pk__in=[self.states[stream].warning_id for stream in streams])
                | Q(
                    rule=self.rule.name,
                    subject_type=SUBJECT,
                    subject_code__in=[fact["terminal_code"] for fact in facts],
                    state=CityWarning.State.ACTIVE,
                )
            )
        )
        known = {warning.pk: warning for warning in locked}
        active = {w.subject_code: w for w in known.values() if w.state == w.State.ACTIVE}
        self.current = {
            stream: known.get(self.states[stream].warning_id or 0)
            or active.get(self.facts[stream]["terminal_code"])
            for stream in streams
        }
        self.places = Place.objects.in_bulk({fact["place"] for fact in facts})
        self.owners = Organisation.objects.in_bulk({fact["owner"] for fact in facts})

    def _apply(self, finding: Finding) -> None:
        state = self.states[finding.datastream]
        state.level = finding.level
        match finding.turn:
            case Turn.RAISED:
                self._raise(finding, state)
            case Turn.ESCALATED:
                self._escalate(finding)
            case Turn.REPEATED:
                self._repeat(finding)
            case Turn.CLEARED:
                state.quiet_since = finding.at
                self._clear(finding)

    def _write(self) -> None:
        lifecycle.number(self.new)
        CityWarning.objects.bulk_create(self.new)
        CityWarning.objects.bulk_update(
            self.changed.values(),
            [
                "severity", "threshold", "state", "cleared_at", "closing_reason", "repeats",
                "count", "last_seen_at", "value",
            ],
        )  # fmt: skip
        for stream, warning in self.current.items():
            self.states[stream].warning = warning
        for warning, said in self.told:
            lifecycle.tell(warning, said)

    def _raise(self, finding: Finding, state: RuleState) -> None:
        warning = self.current[finding.datastream]
        quiet = timedelta(seconds=self.rule.quiet_seconds)
        is_back = state.quiet_since is not None and finding.at - state.quiet_since <= quiet
        if warning is None or not (is_back or warning.state == CityWarning.State.ACTIVE):
            self._begin(finding)
        elif warning.state == CityWarning.State.DISMISSED:
            self._escalate(finding)
        else:
            if warning.state == CityWarning.State.CLEARED:
                self.told.append((warning, lifecycle.come_back(warning, finding.at)))
            self._escalate(finding)

    def _begin(self, finding: Finding) -> None:
        warning = lifecycle.begin(self._cause(finding))
        lifecycle.grow(
            warning, at=finding.until, value=finding.value, readings=finding.readings - 1
        )
        self.new.append(warning)
        self.current[finding.datastream] = warning
        self.told.append((warning, lifecycle.raised(warning, finding.at)))

    def _escalate(self, finding: Finding) -> None:
        """A warning that a person ended is left alone until it gets worse: then it is a new one."""
        warning = self.current[finding.datastream]
        step = self.rule.steps[finding.level - 1]
        if warning is not None and warning.state == CityWarning.State.ACTIVE:
            self._repeat(finding)
            said = lifecycle.escalate(warning, step.severity, step.value)
            if said:
                self.told.append((warning, said))
        elif warning is None or self.rule.step_of(warning.severity) < finding.level:
            self._begin(finding)

    def _repeat(self, finding: Finding) -> None:
        warning = self.current[finding.datastream]
        if warning is not None and warning.state == CityWarning.State.ACTIVE:
            lifecycle.grow(
                warning,
                at=finding.until,
                value=finding.value,
                readings=finding.readings,
                worse=self.rule.direction,
            )
            self._touch(warning)

    def _clear(self, finding: Finding) -> None:
        warning = self.current[finding.datastream]
        if warning is not None and warning.state == CityWarning.State.ACTIVE:
            said = lifecycle.end(warning, CityWarning.State.CLEARED, finding.at)
            self.told.append((warning, said))
            self._touch(warning)

    def _touch(self, warning: CityWarning) -> None:
        if warning.pk:
            self.changed[warning.pk] = warning

    def _cause(self, finding: Finding) -> Cause:
        fact, step = self.facts[finding.datastream], self.rule.steps[finding.level - 1]
        return Cause(
            kind=CityWarning.Kind.THRESHOLD,
            rule=self.rule.name,
            subject_type=SUBJECT,
            subject_code=fact["terminal_code"],
            subject_name=fact["terminal_name"],
            title=gettext("%(where)s: %(what)s")
            % {"where": fact["terminal_name"], "what": self.rule.title},
            detail=self.rule.source,
            severity=step.severity,
            place=self.places[fact["place"]],
            owner=self.owners[fact["owner"]],
            grade=fact["grade"],
            lon=fact["lon"],
            lat=fact["lat"],
            value=finding.value,
            unit=self.rule.unit,
            threshold=step.value,
            case_type=self.rule.case_type,
            at=finding.at,
        )
