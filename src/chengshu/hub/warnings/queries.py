"""Which rules hold with which numbers, and which warnings may still come back."""

from datetime import date, datetime, timedelta

from .models import CityWarning, RuleSetting
from .rule import Rule, ThresholdRule, rules


def rules_in_force(on: date) -> dict[str, Rule]:
    """Every enabled rule by name, with the city's latest parameters that are valid *on* a day."""
    settings = {
        setting.rule: setting.parameters
        for setting in RuleSetting.objects.filter(valid_from__lte=on).order_by("valid_from")
    }
    found = (rule.adjusted(settings.get(rule.name, {})) for rule in rules)
    return {rule.name: rule for rule in found if rule.is_enabled}


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
