import pytest

from chengshu.core.records.checking import check_table
from chengshu.core.records.ledger import ledgers
from chengshu.core.records.tables import read_table
from chengshu.core.records.writing import WrongValues
from chengshu.hub.sensing.actions.imports import BadTerminalFile, import_terminals
from chengshu.hub.sensing.actions.registration import (
    BadTerminalCodes,
    NewTerminal,
    register_terminals,
    retire_terminal,
)
from chengshu.hub.sensing.coding import mismatches, wrong_codes
from chengshu.hub.sensing.models import CodingRule, SpentCode, Terminal
from tests.core.access.factories import everyone, make_person
from tests.hub.sensing.factories import feed, organisation, place, terminal

from .factories import ENGINEER, coding_rule

pytestmark = pytest.mark.django_db
GOOD, BAD = "990100-air-001", "AIR1"
LEDGER = "sensing.terminals"


def new(code: str, kind: str = "sensor") -> NewTerminal:
    return NewTerminal(code, code, kind, place(), organisation())


def add(**values):
    values = {
        "name": "x",
        "kind": "sensor",
        "place": place(),
        "owner": organisation(),
        "feed": feed(),
    } | values
    return ledgers[LEDGER].create(by=ENGINEER, **values)


def test_a_kind_without_a_rule_takes_any_code():
    coding_rule("video")

    assert register_terminals([new(BAD)], by=ENGINEER)


def test_registration_names_every_code_against_the_rule():
    coding_rule()

    with pytest.raises(BadTerminalCodes) as refusal:
        register_terminals([new(GOOD), new(BAD), new("AIR2")], by=ENGINEER)

    assert [line["code"] for line in refusal.value.where["codes"]] == [BAD, "AIR2"]
    assert "990100-air-001" in refusal.value.message
    assert not Terminal.objects.exists()


def test_the_form_refuses_a_code_against_the_rule_at_its_field():
    coding_rule()

    with pytest.raises(WrongValues) as refusal:
        add(code=BAD)

    assert set(refusal.value.problems) == {"code"}
    assert add(code=GOOD).pk


def test_a_terminal_older_than_the_rule_may_still_be_changed():
    device = terminal(BAD)
    coding_rule()

    ledgers[LEDGER].change(device, by=ENGINEER, name="新名")

    assert Terminal.objects.get().name == "新名"


def test_a_change_of_kind_puts_the_code_under_the_rule_of_the_new_kind():
    device = terminal(BAD)
    coding_rule("video")

    with pytest.raises(WrongValues):
        ledgers[LEDGER].change(device, by=ENGINEER, kind="video")


def test_the_preview_of_an_import_names_the_row():
    coding_rule()
    place("99")
    organisation("bureau")
    lines = [f"{code},x,sensor,99,bureau,direct" for code in (GOOD, BAD)]
    feed()
    content = "\n".join(["code,name,kind,place,owner,feed", *lines]).encode()
    officer = make_person("sensing.view_terminal", "sensing.import_terminal", "sensing.view_feed")

    checked = check_table(ledgers[LEDGER], read_table("a.csv", content), officer)

    assert [problem.row for problem in checked.problems] == [3]


def test_the_import_command_names_the_row(tmp_path):
    coding_rule()
    place("99")
    organisation("bureau")
    path = tmp_path / "t.csv"
    path.write_text(
        "code,name,kind,property,lon,lat,place,owner\n"
        f"{GOOD},x,sensor,co,1,1,99,bureau\n{BAD},x,sensor,co,1,1,99,bureau\n"
    )
    by = everyone(
        "sensing.import_terminals", "sensing.register_terminals", "sensing.define_properties"
    )

    with pytest.raises(BadTerminalFile) as refusal:
        import_terminals(path, by=by)

    [fault] = refusal.value.where["faults"]
    assert (fault["row"], fault["column"]) == (3, "code")


def test_the_code_of_a_retired_terminal_is_never_given_again():
    retire_terminal(terminal(GOOD), by=ENGINEER)

    with pytest.raises(WrongValues):
        add(code=GOOD)


def test_the_code_of_a_removed_terminal_is_never_given_again():
    device = terminal(GOOD, properties=())
    device.delete()

    with pytest.raises(BadTerminalCodes, match="given before"):
        register_terminals([new(GOOD)], by=ENGINEER)
    with pytest.raises(WrongValues):
        add(code=GOOD)


def test_the_old_code_of_a_recoded_terminal_is_spent():
    device = terminal("OLD")

    Terminal.objects.filter(pk=device.pk).update(code="NEW")

    assert set(SpentCode.objects.values_list("code", flat=True)) == {"OLD"}
    assert set(wrong_codes({"OLD": "sensor", "NEXT": "sensor"})) == {"OLD"}


@pytest.mark.parametrize("state", ["suspended", "retired"])
def test_a_terminal_does_not_begin_at_its_end(state):
    with pytest.raises(WrongValues) as refusal:
        add(code="A", state=state)

    assert set(refusal.value.problems) == {"state"}


def test_a_new_terminal_may_begin_as_a_plan():
    assert add(code="A", state="planned").state == "planned"


@pytest.mark.parametrize(("check_digit", "good"), [("mod-11-10", "07945"), ("mod-11-2", "07940")])
def test_a_check_digit_follows_from_the_digits_before_it(check_digit, good):
    """The examples of ISO/IEC 7064."""
    rule = CodingRule(kind="rfid", pattern="[0-9]{4}[0-9X]", check_digit=check_digit)
    every = [f"0794{last}" for last in "0123456789X"]

    assert set(every) - set(mismatches(rule, every)) == {good}


def test_a_rule_whose_example_breaks_it_is_refused():
    rules = ledgers["sensing.coding"]
    values = {"kind": "rfid", "meaning": "m", "source": "s"}
    author = everyone("sensing.add_codingrule")

    with pytest.raises(WrongValues) as wrong_example:
        rules.create(by=author, pattern="[0-9]+", example="x", **values)
    with pytest.raises(WrongValues) as no_pattern:
        rules.create(by=author, pattern="[0-9", example="1", **values)

    assert set(wrong_example.value.problems) == {"example"}
    assert set(no_pattern.value.problems) == {"pattern"}


def test_a_pattern_that_would_take_for_ever_elsewhere_is_checked_at_once():
    rule = CodingRule(kind="rfid", pattern="(a+)+b")

    assert mismatches(rule, ["a" * 40]) == ["a" * 40]
