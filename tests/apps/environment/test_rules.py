import pytest

from chengshu.apps.environment.domain import AIR_POLLUTION, BY_CODE
from chengshu.hub.cases.case_type import case_types
from chengshu.hub.warnings.rule import ThresholdRule, rules

AIR = [rule for name, rule in rules.items() if name.startswith("environment.")]


def test_every_pollutant_that_forms_the_hourly_index_has_a_rule() -> None:
    assert {rule.observed_property for rule in AIR} == set(BY_CODE) - {"o3-8h"}


@pytest.mark.parametrize("rule", AIR, ids=lambda rule: rule.name)
def test_a_rule_says_its_source_its_unit_and_its_case(rule: ThresholdRule) -> None:
    assert rule.source
    assert rule.unit == BY_CODE[rule.observed_property].unit
    assert rule.case_type == AIR_POLLUTION in case_types


def test_the_steps_are_the_breakpoints_of_the_standard() -> None:
    rule = rules["environment.pm2.5-high"]

    assert isinstance(rule, ThresholdRule)
    assert [(step.value, step.severity) for step in rule.steps] == [
        (115, "blue"),
        (150, "yellow"),
        (250, "orange"),
        (350, "red"),
    ]


def test_a_scale_that_ends_early_has_fewer_steps() -> None:
    rule = rules["environment.so2-high"]

    assert isinstance(rule, ThresholdRule)
    assert [step.value for step in rule.steps] == [650, 800]
