"""Rules: declared in an app's ``rules.py``, their numbers open to the city."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from chengshu.core.words import Words
from chengshu.kit.errors import Invalid
from chengshu.kit.registry import Registry

SEVERITIES = ("blue", "yellow", "orange", "red")
"""The national four colours of warnings, mildest first."""


class BadRuleSetting(Invalid):
    """A city's parameters for a rule are of the wrong name, type or order."""

    code = "bad-rule-setting"


@dataclass(frozen=True)
class Step:
    """A value strictly beyond *value* is of *severity*."""

    value: float
    severity: str


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError
    return float(value)


def _optional_number(value: Any) -> float | None:
    return None if value is None else _number(value)


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _steps(value: Any) -> tuple[Step, ...]:
    return tuple(Step(_number(at), _text(severity)) for at, severity in value)


Readers = Mapping[str, Callable[[Any], Any]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What every rule has. *name* is ``app.words-with-dashes``.

    A condition that comes back within *quiet_seconds* of its end is the same warning again.
    *case_type* names the kind of case a warning opens; empty opens none.
    """

    ADJUSTABLE: ClassVar[Readers] = {
        "is_enabled": _truth,
        "case_type": _text,
        "quiet_seconds": _whole,
    }

    name: str
    title: Words
    case_type: str = ""
    quiet_seconds: int = 3600
    is_enabled: bool = True
    source: str = ""

    def adjusted(self, parameters: Mapping[str, Any]) -> Self:
        """This rule with a city's *parameters*. Raises BadRuleSetting naming the key."""
        if not isinstance(parameters, Mapping):
            raise BadRuleSetting("Parameters are names with values", where={"key": "parameters"})
        changes: dict[str, Any] = {}
        for key, value in parameters.items():
            if key not in self.ADJUSTABLE:
                raise BadRuleSetting(
                    f"{self.name} has no parameter {key!r}. Known: {', '.join(self.ADJUSTABLE)}",
                    where={"key": key},
                )
            changes[key] = _read(key, self.ADJUSTABLE[key], value)
        try:
            return replace(self, **changes)
        except ValueError as error:
            raise BadRuleSetting(str(error), where={"key": ", ".join(changes)}) from None


@dataclass(frozen=True, kw_only=True)
class ConditionRule(Rule):
    """A condition that some other part of the city judges; the rule gives its colour.

    It counts once it has lasted for *after_seconds*.
    """

    ADJUSTABLE: ClassVar[Readers] = {
        **Rule.ADJUSTABLE,
        "severity": _text,
        "after_seconds": _whole,
    }

    severity: str
    after_seconds: int = 0

    def __post_init__(self) -> None:
        _expect_severity(self.severity)
        if self.after_seconds < 0 or self.quiet_seconds < 0:
            raise ValueError(f"{self.name} counts from zero seconds")


@dataclass(frozen=True, kw_only=True)
class ThresholdRule(Rule):
    """Steps over every valid observation of one property, in its unit.

    A step holds once the values have been beyond it for *for_readings* observations in a row
    that span *for_seconds*. The warning clears at the first value on the calm side of, or at,
    *clear_at* (the first step when absent). *is_falling* turns the steps around: lower is worse.
    """

    ADJUSTABLE: ClassVar[Readers] = {
        **Rule.ADJUSTABLE,
        "steps": _steps,
        "for_readings": _whole,
        "for_seconds": _whole,
        "clear_at": _optional_number,
    }

    observed_property: str
    unit: str
    steps: tuple[Step, ...]
    is_falling: bool = False
    for_readings: int = 1
    for_seconds: int = 0
    clear_at: float | None = None

    def __post_init__(self) -> None:
        if not self.steps:
            raise ValueError(f"{self.name} has no steps")
        for step in self.steps:
            _expect_severity(step.severity)
        values = [self.direction * step.value for step in self.steps]
        ranks = [SEVERITIES.index(step.severity) for step in self.steps]
        if sorted(set(values)) != values or sorted(set(ranks)) != ranks:
            raise ValueError(f"The steps of {self.name} must get worse one by one")
        if self.for_readings < 1 or self.for_seconds < 0 or self.quiet_seconds < 0:
            raise ValueError(f"{self.name} counts from one reading and zero seconds")
        if self.direction * self.calm_value > values[0]:
            raise ValueError(f"{self.name} would clear beyond its first step")

    @property
    def direction(self) -> int:
        """1 when higher is worse, -1 when lower is."""
        return -1 if self.is_falling else 1

    @property
    def calm_value(self) -> float:
        return self.steps[0].value if self.clear_at is None else self.clear_at

    def step_of(self, severity: str) -> int:
        """How many steps a warning of *severity* has reached."""
        rank = SEVERITIES.index(severity)
        return sum(SEVERITIES.index(step.severity) <= rank for step in self.steps)


rules: Registry[Rule] = Registry("rule", Rule)


def register(rule: Rule) -> Rule:
    """Add *rule* under its name."""
    return rules.add(rule.name, rule)


def _expect_severity(word: str) -> None:
    if word not in SEVERITIES:
        raise ValueError(f"{word!r} is none of {', '.join(SEVERITIES)}")


def _read(key: str, reader: Callable[[Any], Any], value: Any) -> Any:
    try:
        return reader(value)
    except (TypeError, ValueError):
        raise BadRuleSetting(f"{key} cannot be {value!r}", where={"key": key}) from None
