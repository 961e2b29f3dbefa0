from pathlib import Path

import pytest

from chengshu.core.access.policy import System
from chengshu.core.audit.models import AuditLine
from chengshu.hub.sensing.actions.imports import BadTerminalFile, import_terminals
from chengshu.hub.sensing.models import Datastream, ObservedProperty, Terminal
from chengshu.kit.errors import NotAllowed

from .factories import observed_property, organisation, place

pytestmark = pytest.mark.django_db

HEADER = "code,name,kind,property,lon,lat,place,owner\n"
COMMAND = System(
    "command:terminals-import",
    frozenset(
        {
            "sensing.import_terminals",
            "sensing.register_terminals",
            "sensing.define_properties",
        }
    ),
)


@pytest.fixture
def ledger(tmp_path: Path):
    place("99")
    organisation("bureau")
    observed_property("co")

    def write(text: str) -> Path:
        path = tmp_path / "terminals.csv"
        path.write_text(HEADER + text, encoding="utf-8")
        return path

    return write


def test_rows_of_one_code_become_one_terminal_with_several_streams(ledger):
    path = ledger(
        "A1,一号,sensor,co,113.5,34.7,99,bureau\nA1,一号,sensor,so2,113.5,34.7,99,bureau\n"
    )

    report = import_terminals(path, by=COMMAND)

    terminal = Terminal.objects.get()
    assert (report.terminals, report.datastreams, report.new_properties) == (1, 2, ("so2",))
    assert (terminal.code, terminal.lon, terminal.place.code) == ("A1", 113.5, "99")
    assert ObservedProperty.objects.filter(code="so2").exists()


@pytest.mark.parametrize(
    ("rows", "row", "column"),
    [
        (",一号,sensor,co,113,34,99,bureau\n", 2, "code"),
        ("A1,,sensor,co,113,34,99,bureau\n", 2, "name"),
        ("A1,一号,toaster,co,113,34,99,bureau\n", 2, "kind"),
        ("A1,一号,sensor,,113,34,99,bureau\n", 2, "property"),
        ("A1,一号,sensor,co,east,34,99,bureau\n", 2, "lon"),
        ("A1,一号,sensor,co,113,NaN,99,bureau\n", 2, "lat"),
        ("A1,一号,sensor,co,113,91,99,bureau\n", 2, "lat"),
        ("A1,一号,sensor,co,113,34,98,bureau\n", 2, "place"),
        ("A1,一号,sensor,co,113,34,99,nobody\n", 2, "owner"),
        ("A1,一号,sensor,co,113,34,99,bureau\n" * 2, 2, "property"),
        (
            "A1,一号,sensor,co,113,34,99,bureau\nA1,二号,sensor,so2,113,34,99,bureau\n",
            2,
            "code",
        ),
    ],
)
def test_a_fault_is_named_by_row_and_column_and_nothing_is_imported(ledger, rows, row, column):
    good = "Z9,九号,sensor,co,113,34,99,bureau\n"

    with pytest.raises(BadTerminalFile) as refused:
        import_terminals(ledger(rows + good), by=COMMAND)

    faults = [(fault["row"], fault["column"]) for fault in refused.value.where["faults"]]
    assert (row, column) in faults
    assert not Terminal.objects.exists()
    assert not Datastream.objects.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"code,name\nA1,x\n",
        b"\xff\xfe\x00bad",
        (HEADER + 'A1,"unclosed,sensor,co,113,34,99,bureau\n').encode(),
        (HEADER + "A1,a,sensor,co,113,34,99,bureau,too,many\n").encode(),
        HEADER.encode(),
    ],
    ids=["empty", "short header", "no text", "open quote", "ragged", "no rows"],
)
def test_a_broken_file_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "broken.csv"
    path.write_bytes(content)

    with pytest.raises(BadTerminalFile):
        import_terminals(path, by=COMMAND)


def test_a_missing_file_is_refused(tmp_path: Path):
    with pytest.raises(BadTerminalFile):
        import_terminals(tmp_path / "absent.csv", by=COMMAND)


def test_a_code_that_is_taken_is_refused(ledger):
    path = ledger("A1,一号,sensor,co,113,34,99,bureau\n")
    import_terminals(path, by=COMMAND)

    with pytest.raises(BadTerminalFile, match="taken"):
        import_terminals(path, by=COMMAND)


def test_an_actor_without_the_permission_is_refused_and_that_is_audited(ledger):
    nobody = System("nobody", frozenset())

    with pytest.raises(NotAllowed):
        import_terminals(ledger("A1,一号,sensor,co,113,34,99,bureau\n"), by=nobody)

    assert AuditLine.objects.get().outcome == AuditLine.Outcome.REFUSED


def test_an_import_is_one_line_of_the_audit_trail_with_its_counts(ledger):
    import_terminals(ledger("A1,一号,sensor,co,113,34,99,bureau\n"), by=COMMAND)

    line = AuditLine.objects.get(action="sensing.import_terminals")
    assert line.details == {"file": "terminals.csv", "rows": 1}
