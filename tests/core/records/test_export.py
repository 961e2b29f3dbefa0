import csv
import io

import openpyxl
import pytest

from chengshu.core.audit.models import AuditLine
from chengshu.core.records.checking import check_table
from chengshu.core.records.exporting import safe
from chengshu.core.records.tables import read_table

LIST = "/streetlights/lamps/"


def title(ledger, name):
    return str(ledger.field(name).verbose_name)


def exported(browser, query=""):
    answer = browser.get(f"{LIST}-/export.csv{query}")
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_text_that_a_spreadsheet_would_run_is_defused(start):
    assert safe(f"{start}cmd|' /C calc'!A0").startswith("'")


def test_negative_numbers_stay_numbers(city, lamps, browser):
    city.lamp("A1", lon=-3.5)

    assert exported(browser)[0][title(lamps, "lon")] == "-3.5"


def test_exported_file_can_be_imported_again_unchanged(city, lamps, browser):
    city.lamp("A1", name="=SUM(A1)", lon=-3.5, watts=60, attributes={"pole": 7})
    content = browser.get(f"{LIST}-/export.csv").getvalue()
    importable = io.StringIO()
    lines = csv.reader(content.decode("utf-8-sig").splitlines())
    csv.writer(importable).writerows(line[: len(lamps.fields)] for line in lines)

    found = check_table(lamps, read_table("a.csv", importable.getvalue().encode()), city.officer)

    assert found.problems == []
    [line] = found.lines
    assert (line.row.name, line.row.lon, line.row.attributes) == ("=SUM(A1)", -3.5, {"pole": 7})


def test_workbook_holds_text_where_a_formula_would_run(city, browser):
    city.lamp("A1", name="=1+1")

    content = browser.get(f"{LIST}-/export.xlsx").getvalue()

    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet["B2"].value == "=1+1"
    assert sheet["B2"].data_type == "s"


def test_export_follows_the_filter_and_leaves_an_audit_line(city, lamps, browser):
    city.lamp("A1", kind="led")
    city.lamp("A2", kind="sodium")

    lines = exported(browser, "?kind=led")

    assert [line[title(lamps, "code")] for line in lines] == ["A1"]
    line = AuditLine.objects.get(action="streetlights.export_lamp")
    assert line.details == {"rows": 1, "conditions": "kind=led"}


def test_export_over_the_limit_asks_for_a_narrower_filter(city, browser, monkeypatch):
    monkeypatch.setattr("chengshu.core.records.exporting.MOST_ROWS", 1)
    city.lamp("A1")
    city.lamp("A2")

    assert browser.get(f"{LIST}-/export.csv").status_code == 413


def test_template_holds_the_titles_that_the_import_takes(city, lamps, browser):
    content = browser.get(f"{LIST}-/import/template.xlsx").getvalue()

    found = check_table(lamps, read_table("t.xlsx", content), city.officer)

    assert found.problems == []
    assert found.lines == []
