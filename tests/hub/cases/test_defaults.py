"""What every city starts with."""

from chengshu.hub.cases.case_type import Condition, DeclaredType, case_types
from chengshu.hub.cases.defaults import ensure_defaults
from chengshu.hub.cases.models import CaseType, FilingCondition, StageLimit, WorkCalendar
from chengshu.hub.cases.states import Stage
from chengshu.kit.calendar.limits import Limit, LimitUnit


def test_a_new_city_has_types_limits_and_a_calendar(db):
    assert CaseType.objects.filter(code__startswith="cjt214.").count() == 54
    assert CaseType.objects.filter(code="terminal-fault", is_automatic=True).exists()
    assert StageLimit.objects.count() == 2 * len(Stage)
    assert WorkCalendar.objects.filter(code="city").exists()


def test_a_subclass_with_several_conditions_has_a_limit_for_each(db):
    burst = FilingCondition.objects.filter(type__code="cjt214.0402").order_by("number")

    assert [(row.value, row.unit) for row in burst] == [
        (3, "clock-hours"),
        (8, "clock-hours"),
        (5, "working-days"),
    ]


def test_what_the_city_has_changed_stays(db):
    CaseType.objects.filter(code="cjt214.0102").update(name="垃圾乱堆")
    StageLimit.objects.filter(stage="filing").update(value=99)
    WorkCalendar.objects.update(name="本市")

    ensure_defaults()

    assert CaseType.objects.get(code="cjt214.0102").name == "垃圾乱堆"
    assert set(StageLimit.objects.filter(stage="filing").values_list("value", flat=True)) == {99}
    assert WorkCalendar.objects.get().name == "本市"


def test_a_type_that_an_app_declares_later_is_added(db):
    late = DeclaredType(
        code="test.late",
        name="新类型",
        group="测试",
        conditions=(Condition(limit=Limit(1, LimitUnit.WORKING_DAYS)),),
    )
    with case_types.temporarily(late.code, late):
        ensure_defaults()
        ensure_defaults()

    assert FilingCondition.objects.filter(type__code="test.late").count() == 1
