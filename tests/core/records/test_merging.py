import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from chengshu.core.audit.models import AuditLine
from chengshu.core.records.checking import check_table
from chengshu.core.records.merging import OTHER_CODES, Choice, decided, doubts
from chengshu.core.records.tables import read_table

from .streetlights.models import Lamp

pytestmark = pytest.mark.django_db
HEADER = "code,name,kind,place,owner,watts"
IMPORT = "/streetlights/lamps/-/import/"


def file(*lines: str) -> bytes:
    return "\n".join((HEADER, *lines)).encode()


def line(code: str, name: str, watts: str = "90") -> str:
    return f"{code},{name},led,street,lighting,{watts}"


def merged(lamps, city, *lines: str, **chosen: str) -> dict[str, int]:
    """Import a file with what is chosen by row: ``row_2="take"``."""
    checked = check_table(lamps, read_table("a.csv", file(*lines)), city.officer)
    open_ones = doubts(lamps, checked.lines, city.officer)
    words = {int(name.removeprefix("row_")): word for name, word in chosen.items()}
    done: dict[str, int] = lamps.import_rows(
        decided(lamps, checked.lines, open_ones, words), by=city.officer
    )
    return done


def open_doubts(lamps, city, *lines: str):
    checked = check_table(lamps, read_table("a.csv", file(*lines)), city.officer)
    return doubts(lamps, checked.lines, city.officer)


def test_a_line_like_its_row_or_unlike_any_is_no_doubt(city, lamps):
    city.lamp("A1", name="one", kind="led", watts=90)

    assert open_doubts(lamps, city, line("A1", "one"), line("A2", "two")) == []


def test_differing_fields_are_told_before_and_after(city, lamps):
    city.lamp("A1", name="one", kind="led", watts=90)

    [doubt] = open_doubts(lamps, city, line("A1", "first", "70"))

    assert [(d.before, d.after) for d in doubt.differences] == [("one", "first"), ("90", "70")]


@pytest.mark.parametrize(("word", "watts"), [("take", 70), ("keep", 90), ("", 70), ("x", 70)])
def test_a_row_that_differs_is_taken_unless_the_citys_is_kept(city, lamps, word, watts):
    city.lamp("A1", name="one", kind="led", watts=90)

    merged(lamps, city, line("A1", "one", "70"), row_2=word)

    assert Lamp.objects.get().watts == watts


def test_a_suspected_twin_is_not_added_unless_somebody_says_so(city, lamps):
    city.lamp("A1", name="one", kind="led", watts=90)

    merged(lamps, city, line("B7", "one", "70"))

    lamp = Lamp.objects.get()
    assert (lamp.code, lamp.watts, lamp.attributes) == ("A1", 90, {OTHER_CODES: ["B7"]})


@pytest.mark.parametrize(
    ("word", "codes", "watts", "attributes"),
    [
        (Choice.TAKE, {"A1"}, 70, {OTHER_CODES: ["B7"]}),
        (Choice.ADD, {"A1", "B7"}, 90, {}),
        (Choice.SKIP, {"A1"}, 90, {}),
    ],
)
def test_what_becomes_of_a_twin(city, lamps, word, codes, watts, attributes):
    city.lamp("A1", name="one", kind="led", watts=90)

    merged(lamps, city, line("B7", "one", "70"), row_2=word)

    lamp = Lamp.objects.get(code="A1")
    assert set(Lamp.objects.values_list("code", flat=True)) == codes
    assert (lamp.watts, lamp.attributes) == (watts, attributes)


def test_a_row_that_the_file_names_itself_is_nobodys_twin(city, lamps):
    city.lamp("A1", name="one", kind="led", watts=90)

    assert open_doubts(lamps, city, line("A1", "one"), line("B7", "one")) == []


def test_a_row_is_the_twin_of_one_line_only(city, lamps):
    city.lamp("A1", name="one", kind="led")

    found = open_doubts(lamps, city, line("B7", "one"), line("B8", "one"))

    assert [doubt.number for doubt in found] == [2]


def test_a_row_out_of_reach_is_nobodys_twin(city, lamps):
    city.lamp("A1", name="one", place=city.south)

    assert open_doubts(lamps, city, line("B7", "one")) == []


def test_all_kinds_of_decisions_are_written_together(city, lamps):
    for code in ("A1", "A2", "A3"):
        city.lamp(code, name=code, kind="led", watts=90)

    done = merged(
        lamps,
        city,
        line("A1", "A1", "70"),
        line("A2", "A2", "70"),
        line("B3", "A3", "70"),
        line("C4", "C4"),
        row_2="take",
        row_3="keep",
        row_4="take",
    )

    assert done == {"added": 1, "changed": 2}
    assert dict(Lamp.objects.values_list("code", "watts")) == {
        "A1": 70,
        "A2": 90,
        "A3": 70,
        "C4": 90,
    }


def upload(browser, *lines: str):
    page = browser.post(IMPORT, {"file": SimpleUploadedFile("a.csv", file(*lines))})
    return page, page.context["upload"].pk


def test_the_preview_asks_and_the_confirmation_obeys(city, browser):
    city.lamp("A1", name="one", kind="led", watts=90)

    page, number = upload(browser, line("A1", "one", "70"), line("B7", "one", "60"), line("C", "c"))
    browser.post(f"{IMPORT}{number}/", {"choice-2": "keep"})

    assert 'name="choice-2"' in page.text
    assert set(Lamp.objects.values_list("code", "watts")) == {("A1", 90), ("B7", 60), ("C", 90)}
    assert AuditLine.objects.get(action="streetlights.import_lamp").details["left"] == 1


def test_the_preview_of_a_twin_says_why(city, browser):
    city.lamp("A1", name="one", kind="led", watts=90)

    page, _number = upload(browser, line("B7", "one", "60"))

    assert "same name" in page.text
    assert Lamp.objects.count() == 1
