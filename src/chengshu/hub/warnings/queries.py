"""Which rules hold with which numbers, and which warnings may still come back."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from .models import CityWarning, RuleSetting, Severity
from .rule import Rule, ThresholdRule, rules
from .wording import quantity


def rules_in_force(on: date) -> dict[str, Rule]:
    """Every enabled rule by name, with the city's latest parameters that are valid *on* a day."""
    settings = _settings(on)
    found = (
        rule.adjusted(settings[rule.name].parameters) if rule.name in settings else rule
        for rule in rules
    )
    return {rule.name: rule for rule in found if rule.is_enabled}


def _settings(on: date) -> dict[str, RuleSetting]:
    """The latest setting of each rule that is valid *on* a day."""
    valid = RuleSetting.objects.filter(valid_from__lte=on).order_by("valid_from")
    return {setting.rule: setting for setting in valid}


def threshold_rules(on: date, properties: set[str]) -> list[ThresholdRule]:
    """The threshold rules in force that judge any of *properties*."""
    return [
        rule
        for rule in rules_in_force(on).values()
        if isinstance(rule, ThresholdRule) and rule.observed_property in properties
    ]


def may_come_back(
    rule: str, subject: tuple[str, str], at: datetime, quiet_seconds: int
) -> CityWarning | None:
    """The subject's latest warning, locked, if it is active or cleared within the quiet time."""
    latest = (
        CityWarning.objects.select_for_update(of=("self",))
        .select_related("place", "owner")
        .filter(rule=rule, subject_type=subject[0], subject_code=subject[1])
        .order_by("-code")
        .first()
    )
    if latest is None or latest.cleared_at is None:
        return latest
    is_quiet = at - latest.cleared_at <= timedelta(seconds=quiet_seconds)
    return latest if is_quiet else None


@dataclass(frozen=True)
class Standing:
    """A rule as it holds, in words for its page. *steps* are colour, its word and the value."""

    rule: Rule
    steps: list[tuple[str, str, str]]
    clears: str
    holds: str
    quiet: str
    basis: str


def rules_as_they_hold(on: date) -> list[Standing]:
    """Every declared rule with the city's numbers valid *on* a day, also those switched off."""
    settings = _settings(on)
    return [
        _standing(rule.adjusted(settings[rule.name].parameters), settings[rule.name].source)
        if rule.name in settings
        else _standing(rule, rule.source)
        for rule in sorted(rules, key=lambda rule: rule.name)
    ]


def _standing(rule: Rule, basis: str) -> Standing:
    quiet = _("%(minutes)g min") % {"minutes": rule.quiet_seconds / 60}
    if isinstance(rule, ThresholdRule):
        sign = "<" if rule.is_falling else ">"
        steps = [
            (
                step.severity,
                str(Severity(step.severity).label),
                f"{sign} {quantity(step.value, rule.unit)}",
            )
            for step in rule.steps
        ]
        clears = f"{'≥' if rule.is_falling else '≤'} {quantity(rule.calm_value, rule.unit)}"
        return Standing(rule, steps, clears, _holding(rule), quiet, basis)
    severity = getattr(rule, "severity", "")
    steps = [(severity, str(Severity(severity).label), "")] if severity else []
    after = getattr(rule, "after_seconds", 0)
    lasting = _("%(minutes)g min") % {"minutes": after / 60} if after else ""
    return Standing(rule, steps, "", lasting, quiet, basis)


def _holding(rule: ThresholdRule) -> str:
    parts = [_("%(readings)d readings") % {"readings": rule.for_readings}]
    if rule.for_seconds:
        parts.append(_("%(minutes)g min") % {"minutes": rule.for_seconds / 60})
    return " · ".join(parts)


def standing_at(at: datetime | None) -> Q:
    """The warnings that stand at a past moment, or that are active now."""
    if at is None:
        return Q(state=CityWarning.State.ACTIVE)
    return Q(raised_at__lte=at) & (Q(cleared_at=None) | Q(cleared_at__gt=at))
