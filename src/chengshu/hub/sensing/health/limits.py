"""Which limits hold for the streams of each property and kind of terminal."""

import polars as pl

from chengshu.analytics.stream_conditions import LIMITS
from chengshu.hub.sensing.models import HealthRule, ObservedProperty, TerminalKind

OF_PROPERTY = (
    "normal_low",
    "normal_high",
    "quiet_below",
    "largest_step",
    "step_seconds",
    "battery_low",
)
OF_RULE = (
    "late_intervals",
    "silent_intervals",
    "frozen_reports",
    "range_reports",
    "jump_times",
    "jump_within",
    "clock_reports",
    "ahead_seconds",
    "behind_seconds",
)
SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "property": pl.String,
    "property_id": pl.Int64,
    "kind": pl.String,
    **{name: LIMITS.get(name, pl.Float64) for name in (*OF_PROPERTY, *OF_RULE)},
}


def limits() -> pl.DataFrame:
    """One row for each property (code) and kind, of SCHEMA."""
    rules = {(rule.observed_property_id, rule.kind): rule for rule in HealthRule.objects.all()}
    usual = rules.get((None, "")) or HealthRule()
    rows = []
    for observed in ObservedProperty.objects.order_by("id"):
        own = [getattr(observed, name) for name in OF_PROPERTY]
        for kind in TerminalKind.values:
            keys = ((observed.pk, kind), (observed.pk, ""), (None, kind))
            rule = next((rules[key] for key in keys if key in rules), usual)
            of_rule = [getattr(rule, name) for name in OF_RULE]
            rows.append((observed.code, observed.pk, kind, *own, *of_rule))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
