"""Who gets a case, and the sentence why."""

from chengshu.hub.cases.models import CaseType, RoutingRule
from chengshu.hub.cases.routing import explain, route


def rubbish() -> CaseType:
    return CaseType.objects.get(code="cjt214.0102")


def test_an_event_goes_to_the_government_of_the_smallest_area_around_it(city):
    found = route(rubbish(), city.street, city.bureau)

    assert (found.unit, found.because) == (city.east_government, "territory")
    assert city.east.name in explain(found.as_json())


def test_a_component_goes_to_its_owner_first(city):
    found = route(CaseType.objects.get(code="terminal-fault"), city.street, city.bureau)

    assert (found.unit, found.because) == (city.bureau, "owner")


def test_a_component_of_nobody_goes_to_the_territory(city):
    found = route(CaseType.objects.get(code="terminal-fault"), city.street)

    assert found.unit == city.east_government


def test_the_units_own_type_comes_before_the_territory(city):
    CaseType.objects.filter(code="cjt214.0102").update(unit=city.bureau)

    assert route(rubbish(), city.street).because == "type"


def test_a_rule_comes_before_all_and_names_its_basis(city):
    RoutingRule.objects.create(
        code="R7", types="cjt214.01*", place=city.east, unit=city.bureau, basis="三定方案"
    )

    found = route(rubbish(), city.street)

    assert (found.unit, found.because) == (city.bureau, "rule")
    assert "R7" in explain(found.as_json())
    assert "三定方案" in explain(found.as_json())


def test_of_several_rules_priority_and_then_the_deeper_place_wins(city):
    RoutingRule.objects.create(code="A", unit=city.west_government)
    RoutingRule.objects.create(code="B", place=city.street, unit=city.bureau)
    deeper = route(rubbish(), city.street)
    RoutingRule.objects.filter(code="A").update(priority=1)

    urgent = route(rubbish(), city.street)

    assert (deeper.unit, urgent.unit) == (city.bureau, city.west_government)


def test_rules_of_other_places_types_and_times_do_not_count(city):
    RoutingRule.objects.create(code="A", place=city.west, unit=city.bureau)
    RoutingRule.objects.create(code="B", types="cjt214.05*", unit=city.bureau)
    RoutingRule.objects.create(code="C", unit=city.bureau, valid_to="2020-01-01")

    assert route(rubbish(), city.street).because == "territory"


def test_where_nobody_fits_a_person_must_choose(city):
    found = route(rubbish(), city.city)

    assert (found.unit, found.because) == (None, "nobody")
    assert explain(found.as_json())
