import pytest

from chengshu.core.access.models import Duty
from chengshu.core.access.permissions import permissions
from chengshu.core.jobs.models import JobRun
from chengshu.core.records.entries import Entry
from chengshu.core.records.ledger import Ledger, RecordPanel, ledgers, register, register_panel

from .streetlights.models import Lamp


def test_permissions_follow_from_the_declaration(lamps):
    verbs = ("view", "add", "change", "retire", "import", "export")

    assert all(f"streetlights.{verb}_lamp" in permissions for verb in verbs)
    assert permissions["streetlights.view_lamp"].duty == Duty.WORK


def test_ledger_without_fields_offers_no_writing():
    read_only = [ledger for ledger in ledgers if not ledger.fields]

    assert all(ledger.create is ledger.change is ledger.import_rows is None for ledger in read_only)


def test_ledger_of_rows_without_validity_offers_no_generic_retirement():
    assert ledgers["streetlights.circuits"].retire is None


@pytest.mark.parametrize("name", ["lamps", "a.b.c", ".lamps", "streetlights."])
def test_ledger_must_be_named_app_and_rows(name):
    with pytest.raises(ValueError, match="must be named"):
        register(Ledger(name=name, model=Lamp, columns=("code",)))


def test_ledger_of_a_model_without_scope_is_refused():
    class Unscoped:
        pass

    with pytest.raises(TypeError, match="declares no scope"):
        register(Ledger(name="a.b", model=Unscoped, columns=()))  # type: ignore[arg-type]


def test_unknown_column_is_refused_at_the_door():
    with pytest.raises(Exception, match="colour"):
        register(Ledger(name="a.b", model=JobRun, columns=("colour",)))


def test_panel_on_another_page_must_name_its_ledger():
    with pytest.raises(ValueError, match="names no ledger"):
        register_panel(RecordPanel(name="x", title="X", template="x.html"))


def test_every_column_and_field_of_every_ledger_can_be_read():
    for ledger in ledgers:
        for name in ledger.fields:
            assert Entry(ledger.field(name)).kind
