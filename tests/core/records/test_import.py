import io

import openpyxl
import pytest
from django.utils import translation

from chengshu.core.audit.models import AuditLine
from chengshu.core.records.checking import WrongHeader, check_table
from chengshu.core.records.tables import (
    BrokenCsv,
    FileTooLarge,
    FormulaCell,
    MergedCells,
    WrongFile,
    read_table,
)
from chengshu.core.records.writing import Clash
from chengshu.kit.errors import NotAllowed
from tests.core.access.factories import nobody

from .streetlights.models import Lamp

HEADER = "code,name,kind,place,owner"
WRONG_IN_ROW_3 = (
    *("kind", "place", "watts", "lon"),
    *("lit_at", "valid_from", "is_smart", "attributes"),
)


def text(*lines):
    return "\r\n".join((HEADER, *lines)).encode()


def workbook(*lines, merge="", header=HEADER):
    book = openpyxl.Workbook()
    sheet = book.active
    for line in (header.split(","), *lines):
        sheet.append(line)
    if merge:
        sheet.merge_cells(merge)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def checked(ledger, city, content, name="lamps.csv"):
    return check_table(ledger, read_table(name, content), city.officer)


def title(ledger, name):
    return str(ledger.field(name).verbose_name)


def reasons(found):
    return [(problem.row, problem.column) for problem in found.problems]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_csv_is_read_in_every_usual_encoding(city, lamps, encoding):
    content = f"{HEADER}\nA1,路灯一号,led,street,lighting\n".encode(encoding)

    found = checked(lamps, city, content)

    assert found.problems == []
    assert [str(line.row) for line in found.lines] == ["路灯一号"]


def test_check_writes_nothing(city, lamps):
    checked(lamps, city, text("A1,One,led,street,lighting"))

    assert Lamp.objects.count() == 0


def test_existing_code_is_a_change_and_others_are_added(city, lamps):
    city.lamp("A1", name="Old", watts=40)
    content = text("A1,New,sodium,street,lighting", "A2,Two,led,street,lighting")
    found = checked(lamps, city, content)

    lamps.import_rows(found.lines, by=city.officer)

    assert (found.added, found.changed) == (1, 1)
    changed = Lamp.objects.get(code="A1")
    assert (changed.name, changed.kind, changed.watts) == ("New", "sodium", 40)
    assert Lamp.objects.get(code="A2").place == city.street


def test_import_is_one_audit_line_and_keeps_history(city, lamps):
    old = city.lamp("A1")
    found = checked(lamps, city, text("A1,New,led,street,lighting", "A2,Two,led,street,lighting"))

    lamps.import_rows(found.lines, by=city.officer)

    [line] = AuditLine.objects.filter(action="streetlights.import_lamp")
    assert line.details == {"added": 1, "changed": 1, "left": 0}
    assert [event.pgh_label for event in old.events.order_by("pgh_id")] == ["insert", "update"]
    assert old.events.latest("pgh_id").pgh_context["actor"] == "officer"


def test_titles_in_either_language_and_field_names_are_taken(city, lamps):
    with translation.override("zh-hans"):
        chinese = [title(lamps, name) for name in ("code", "place", "grade")]
    with translation.override("en"):
        english = [title(lamps, name) for name in ("name", "owner")]
    header = ",".join([*chinese, *english, "kind"])

    found = checked(lamps, city, f"{header}\nA1,street,1,One,lighting,LED\n".encode())

    assert found.problems == []


def test_every_wrong_cell_is_named_by_row_and_column(city, lamps):
    content = (
        f"{HEADER},watts,lon,lit_at,valid_from,is_smart,attributes\n"
        ",One,led,street,lighting,,,,,,\n"
        "A2,Two,candle,nowhere,lighting,bright,NaN,soon,32.13.2026,perhaps,{\n"
        "A3,Three,led,street,lighting,-1,181,,,,\n"
        "A4,Four,led,street,lighting,1.5,inf,,,,\n"
        "a b/c,Five,led,street,lighting,,,,,,\n"
    )

    found = checked(lamps, city, content.encode())

    assert reasons(found) == [
        (row, title(lamps, name))
        for row, names in (
            (2, ("code",)),
            (3, WRONG_IN_ROW_3),
            (4, ("watts", "lon")),
            (5, ("watts", "lon")),
            (6, ("code",)),
        )
        for name in names
    ]
    assert found.lines == []


def test_code_that_stands_twice_is_refused_at_its_second_row(city, lamps):
    found = checked(lamps, city, text("A1,One,led,street,lighting", "A1,Two,led,street,lighting"))

    assert reasons(found) == [(3, title(lamps, "code"))]


@pytest.mark.parametrize("place", ["south", "c"])
def test_row_outside_the_area_is_refused(city, lamps, place):
    found = checked(lamps, city, text(f"A1,One,led,{place},lighting"))

    assert reasons(found) == [(2, "")]


def test_row_may_not_be_pulled_in_from_another_area(city, lamps):
    city.lamp("A1", place=city.south)

    found = checked(lamps, city, text("A1,Mine now,led,street,lighting"))

    assert reasons(found) == [(2, title(lamps, "code"))]


def test_row_may_not_be_pushed_above_the_own_grade(city, lamps):
    content = f"{HEADER},grade\nA1,One,led,street,lighting,4\n"

    assert reasons(checked(lamps, city, content.encode())) == [(2, "")]


def test_import_itself_refuses_a_row_that_left_reach_after_the_check(city, lamps):
    lamp = city.lamp("A1")
    found = checked(lamps, city, text("A1,New,led,street,lighting"))
    Lamp.objects.filter(pk=lamp.pk).update(place=city.south)

    with pytest.raises(NotAllowed):
        lamps.import_rows(found.lines, by=city.officer)

    assert Lamp.objects.get().name == lamp.name


def test_nothing_is_written_when_one_row_fails_in_the_database(city, lamps):
    found = checked(lamps, city, text("A1,One,led,street,lighting", "A2,Two,led,street,lighting"))
    city.lamp("A2")

    with pytest.raises(Clash):
        lamps.import_rows(found.lines, by=city.officer)

    assert not Lamp.objects.filter(code="A1").exists()


def test_import_needs_its_permission(city, lamps):
    with pytest.raises(NotAllowed):
        check_table(lamps, read_table("a.csv", text()), nobody())


@pytest.mark.parametrize(
    ("name", "content", "error", "where"),
    [
        ("a.pdf", b"x", WrongFile, {}),
        ("a.csv", b"", WrongFile, {"row": 1}),
        ("a.csv", b"\xff\xfe\x00\x01", WrongFile, {}),
        ("a.csv", b"code,name\nA1,\x00", WrongFile, {}),
        ("a.csv", b'code,name\nA1,"One\nA2,Two\n', BrokenCsv, {"row": 2}),
        ("a.csv", b"code,name\nA1,One\nA2,Two,Three\n", BrokenCsv, {"row": 3}),
        ("a.csv", b"code,name\nA1\n", BrokenCsv, {"row": 2}),
        ("a.xlsx", b"PK no workbook", WrongFile, {}),
        ("a.xlsx", workbook(["A1", "=1+1"]), FormulaCell, {"row": 2, "column": "B"}),
        ("a.xlsx", workbook(["A1", "x"], merge="B2:C3"), MergedCells, {"row": 2, "column": "B"}),
    ],
)
def test_file_that_is_no_plain_table_is_refused_where_it_breaks(name, content, error, where):
    with pytest.raises(error) as refusal:
        read_table(name, content)

    assert refusal.value.where == where


def test_file_over_a_limit_is_refused(monkeypatch):
    monkeypatch.setattr("chengshu.core.records.tables.MOST_ROWS", 2)
    with pytest.raises(FileTooLarge):
        read_table("a.csv", text("A1,,,,", "A2,,,,", "A3,,,,"))

    monkeypatch.setattr("chengshu.core.records.tables.LARGEST_BYTES", 10)
    with pytest.raises(FileTooLarge):
        read_table("a.csv", text())


def test_workbook_that_unpacks_to_too_much_is_refused_before_it_is_read(monkeypatch):
    monkeypatch.setattr("chengshu.core.records.tables.LARGEST_UNPACKED", 1000)

    with pytest.raises(FileTooLarge):
        read_table("a.xlsx", workbook(["A1"]))


@pytest.mark.parametrize(
    ("header", "column"),
    [
        ("code,name,kind,place,owner,colour", "colour"),
        ("code,name,name,place,owner", "name"),
        ("name,kind", "code"),
    ],
)
def test_header_that_does_not_fit_is_refused(city, lamps, header, column):
    with pytest.raises(WrongHeader) as refusal:
        check_table(lamps, read_table("a.csv", f"{header}\n".encode()), city.officer)

    assert refusal.value.where in (
        {"row": 1, "column": column},
        {"row": 1, "column": title(lamps, "code")},
    )


def test_workbook_gives_the_same_rows_as_csv(city, lamps):
    content = workbook(["A1", "One", "LED", "street", "lighting"], [None] * 5)

    found = checked(lamps, city, content, "a.xlsx")

    assert found.problems == []
    assert [line.number for line in found.lines] == [2]
