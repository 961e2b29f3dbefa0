import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection, transaction

from chengshu.core.audit import chain
from chengshu.core.audit.models import AuditHead, AuditLine

pytestmark = pytest.mark.django_db
LINES = 7
CHANGES = {
    "id": "id = id + 100",
    "at": "at = at + interval '1 microsecond'",
    "actor": "actor = overlay(actor placing 'X' from 1)",
    "action": "action = action || ' '",
    "target": "target = overlay(target placing 'X' from 2)",
    "outcome": "outcome = 'refused'",
    "address": "address = '127.0.0.2'",
    "details value": "details = jsonb_set(details, '{rows}', '8')",
    "details key": "details = details || '{\"more\": null}'",
    "seal, first byte": "seal = set_byte(seal, 0, 255 - get_byte(seal, 0))",
    "seal, last byte": "seal = set_byte(seal, 31, 255 - get_byte(seal, 31))",
}


@pytest.fixture
def trail() -> None:
    for number in range(LINES):
        chain.append(
            actor="li-na",
            action="cases.close",
            target=f"case:{number}",
            address="127.0.0.1",
            details={"rows": number, "share": 0.1, "large": 1e20, "names": ("a", "区")},
        )


@contextmanager
def as_database_administrator():
    """The triggers that keep the trail are switched off, as only the table's owner can."""
    with connection.cursor() as cursor:
        for table in ("audit_auditline", "audit_audithead"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield cursor
        for table in ("audit_auditline", "audit_audithead"):
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


@pytest.mark.usefixtures("trail")
def test_untouched_trail_fits():
    report = chain.verify()

    assert (report.lines, report.broken_at) == (LINES, None)
    assert report.seal == bytes(AuditHead.objects.get().seal).hex()


def test_empty_trail_fits():
    assert chain.verify().broken_at is None


@pytest.mark.usefixtures("trail")
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("number", [1, 4, LINES])
def test_any_changed_byte_is_found(change, number):
    with as_database_administrator() as cursor:
        cursor.execute(f"UPDATE audit_auditline SET {change} WHERE id = {number}")  # noqa: S608

    assert chain.verify().broken_at == number


@pytest.mark.usefixtures("trail")
@pytest.mark.parametrize("number", [1, 4, LINES])
def test_deleted_line_is_found(number):
    with as_database_administrator() as cursor:
        cursor.execute("DELETE FROM audit_auditline WHERE id = %s", [number])

    assert chain.verify().broken_at == number


@pytest.mark.usefixtures("trail")
def test_deleted_trail_is_found():
    with as_database_administrator() as cursor:
        cursor.execute("DELETE FROM audit_auditline")

    assert chain.verify().broken_at == 1


@pytest.mark.usefixtures("trail")
def test_inserted_line_is_found_even_when_it_continues_the_chain():
    last = AuditLine.objects.first()
    forged = AuditLine.objects.get(id=1)
    forged.id = LINES + 1
    forged.seal = chain.seal(forged, bytes(last.seal))

    with as_database_administrator():
        forged.save(force_insert=True)

    assert chain.verify().broken_at == LINES + 1


@pytest.mark.usefixtures("trail")
def test_exchanged_lines_are_found():
    with as_database_administrator() as cursor:
        cursor.execute("UPDATE audit_auditline SET id = 100 WHERE id = 3")
        cursor.execute("UPDATE audit_auditline SET id = 3 WHERE id = 4")
        cursor.execute("UPDATE audit_auditline SET id = 4 WHERE id = 100")

    assert chain.verify().broken_at == 3


@pytest.mark.usefixtures("trail")
def test_chain_written_anew_ends_in_another_seal():
    noted = chain.verify().seal
    with as_database_administrator() as cursor:
        cursor.execute("UPDATE audit_auditline SET actor = 'wang-wei' WHERE id = 1")
        before = chain.FIRST_SEAL
        for line in AuditLine.objects.order_by("id"):
            line.seal = before = chain.seal(line, before)
            line.save()
        AuditHead.objects.update(seal=before)

    report = chain.verify()

    assert report.broken_at is None
    assert report.seal != noted


@pytest.mark.usefixtures("trail")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditline SET actor = 'x' WHERE id = 1",
        "DELETE FROM audit_auditline WHERE id = 1",
        "DELETE FROM audit_audithead",
    ],
)
def test_application_cannot_change_the_trail(statement):
    with (
        pytest.raises(DatabaseError, match="Cannot"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_lines_appended_by_many_at_once_form_one_chain():
    def work(worker: int) -> None:
        for number in range(25):
            with transaction.atomic():
                chain.append(actor=f"w{worker}", action="a.b", target=str(number))
        connection.close()

    started = time.perf_counter()
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    spent = time.perf_counter() - started

    report = chain.verify()
    assert (report.lines, report.broken_at) == (150, None)
    assert spent < 30


@pytest.mark.django_db(transaction=True)
def test_line_of_a_transaction_that_fails_leaves_no_gap():
    def fail() -> None:
        with transaction.atomic():
            chain.append(actor="a", action="a.b", target="")
            raise ArithmeticError

    chain.append(actor="a", action="a.b", target="first")
    with pytest.raises(ArithmeticError):
        fail()
    chain.append(actor="a", action="a.b", target="second")

    assert chain.verify() == chain.Report(2, None, chain.verify().seal)


def test_appending_costs_three_statements(django_assert_num_queries):
    chain.append(actor="a", action="a.b", target="")

    with django_assert_num_queries(3):
        chain.append(actor="a", action="a.b", target="")
