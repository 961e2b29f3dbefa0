"""Observations carried away: who may, what the file holds, and how much memory it takes."""

import asyncio
import csv
import io
import resource
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from django.test import AsyncClient, Client
from django.utils import timezone

from chengshu.core.audit.models import AuditLine
from chengshu.core.lake.connection import Lake
from chengshu.hub.sensing.actions import exporting
from chengshu.hub.sensing.actions.exporting import Span, export_observations
from chengshu.hub.sensing.models import ReuseRequest, Terminal
from chengshu.hub.sensing.store import ObservationStore
from chengshu.hub.sensing.wanted import Wanted
from tests.core.access.factories import everyone, make_grant, make_user
from tests.hub.sensing.factories import organisation, place, stream, terminal

pytestmark = pytest.mark.django_db
EXPORT = "/api/v1/sensing/observations/export"
AT = datetime(2026, 1, 1, tzinfo=UTC)
CLERK = everyone("sensing.view_terminal", "sensing.export_observations")
HEAD = ["terminal", "property", "at", "value", "unit", "quality"]


def store(lake: Lake, number: int, *values: float, quality: int = 0) -> None:
    opened = ObservationStore(lake)
    rows = {
        "datastream": [number] * len(values),
        "at": [AT + timedelta(minutes=minute) for minute in range(len(values))],
        "value": list(values),
        "quality": [quality] * len(values),
    }
    opened.append(pl.DataFrame(rows, schema_overrides={"quality": pl.UInt8}))
    opened.close()


def browser(*permissions: str, **limits: object) -> Client:
    user = make_user()
    make_grant(user, *(permissions or CLERK.policy.reaches[0].permissions), **limits)
    client = Client()
    client.force_login(user)
    return client


def content(answer) -> bytes:
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def lines(answer) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content(answer).decode("utf-8-sig"))))


def test_a_csv_file_says_whose_what_when_how_much_and_how_good(lake: Lake):
    store(lake, stream(terminal("T1")), -1.5, 2.25, quality=1)

    answer = browser().get(EXPORT, {"terminal": "T1"})

    assert lines(answer) == [
        HEAD,
        ["T1", "temperature", "2026-01-01T00:00:00Z", "-1.5", "Cel", "uncertain"],
        ["T1", "temperature", "2026-01-01T00:01:00Z", "2.25", "Cel", "uncertain"],
    ]


def test_a_csv_file_begins_as_a_spreadsheet_expects_and_runs_no_formula(lake: Lake):
    made = terminal("T1")
    store(lake, stream(made), 1.0)
    Terminal.objects.filter(pk=made.pk).update(code="=cmd()")

    body = content(browser().get(EXPORT))

    assert body.startswith(b"\xef\xbb\xbfterminal,property,at,value,unit,quality\r\n'=cmd(),")


@pytest.mark.parametrize(
    ("form", "read"),
    [("parquet", pl.read_parquet), ("arrow", pl.read_ipc)],
    ids=["parquet", "arrow"],
)
def test_programs_get_columns_with_their_types(lake: Lake, form, read):
    store(lake, stream(terminal("=T1")), 1.0, 2.0)

    found = read(io.BytesIO(content(browser().get(EXPORT, {"format": form}))))

    assert found.columns == HEAD
    assert found["terminal"].to_list() == ["=T1", "=T1"]
    assert found["at"].to_list() == [AT, AT + timedelta(minutes=1)]
    assert found["value"].to_list() == [1.0, 2.0]


def test_filters_choose_property_place_and_span(lake: Lake):
    here = place("1")
    made = terminal("T1", ("temperature", "humidity"), place=place("11", here))
    for name in ("temperature", "humidity"):
        store(lake, stream(made, name), 1.0, 2.0, 3.0)
    store(lake, stream(terminal("T2", place=place("2"))), 1.0)

    asked = {"place": "1", "property": "humidity"}
    span = {"start": "2026-01-01T08:01:00+08:00", "until": "2026-01-01T08:02:00+08:00"}
    found = lines(browser().get(EXPORT, asked | span))

    assert found[1:] == [["T1", "humidity", "2026-01-01T00:01:00Z", "2.0", "Cel", "good"]]


def test_a_file_holds_what_one_may_see_and_export_and_nothing_else(lake: Lake):
    here, there = place("1"), place("2")
    store(lake, stream(terminal("T1", place=here)), 1.0)
    store(lake, stream(terminal("T2", place=there)), 1.0)
    store(lake, stream(terminal("T3", place=here, grade=4)), 1.0)

    found = lines(browser(place=here, grade=2).get(EXPORT))

    assert [line[0] for line in found[1:]] == ["T1"]


def test_who_only_looks_carries_nothing_away(lake: Lake):
    store(lake, stream(terminal("T1")), 1.0)

    answer = browser("sensing.view_terminal").get(EXPORT)

    assert answer.status_code == 403
    assert AuditLine.objects.get(action=exporting.EXPORT).outcome == "refused"


def test_what_is_shared_for_reading_is_not_carried_away(lake: Lake):
    made = terminal("T1")
    store(lake, stream(made), 1.0)
    reader = organisation("reader")
    ReuseRequest.objects.create(
        code="R1", terminal=made, organisation=reader, purpose="p", until_on=date(2999, 1, 1),
        requested_at=timezone.now(), granted_at=timezone.now(), state="granted",
    )  # fmt: skip
    client = browser("*", organisation=reader)

    answer = client.get(EXPORT, {"terminal": "T1"})

    assert client.get("/api/v1/sensing/terminals/T1/latest").status_code == 200
    assert lines(answer) == [HEAD]


def test_an_export_leaves_its_trace(lake: Lake):
    store(lake, stream(terminal("T1")), 1.0, 2.0)

    export_observations(Wanted(("T1",)), Span(), "parquet", by=CLERK).close()

    line = AuditLine.objects.get(action=exporting.EXPORT)
    assert (line.actor, line.details["rows"]) == ("test", 2)
    assert line.details["conditions"] == "terminal=T1"


def test_too_much_is_refused_with_the_number(lake: Lake, monkeypatch):
    store(lake, stream(terminal("T1")), 1.0, 2.0)
    monkeypatch.setattr(exporting, "MOST_ROWS", 1)

    answer = browser().get(EXPORT)

    assert answer.status_code == 413
    error = answer.json()["error"]
    assert (error["code"], error["where"]) == ("too-many-rows", {"rows": 2, "limit": 1})


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"format": "xlsx"}, 422),
        ({"start": "2026-01-01T00:00:00"}, 422),
        ({"start": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"}, 422),
        ({"place": "nowhere"}, 404),
    ],
)
def test_what_cannot_be_asked_is_refused_clearly(lake: Lake, asked, status):
    answer = browser().get(EXPORT, asked)

    assert answer.status_code == status, answer.content


def test_millions_of_rows_take_no_more_memory_than_the_lake_may(lake: Lake):
    number = stream(terminal("T1"))
    opened = ObservationStore(lake)
    for part in range(3):
        at = pl.Series(range(750_000)).cast(pl.Int64) * 1_000_000 + part * 10**12
        rows = pl.DataFrame({"at": at.cast(pl.Datetime("us", "UTC"))}).select(
            pl.lit(number, pl.Int64).alias("datastream"),
            "at",
            pl.col("at").to_physical().cast(pl.Float64).alias("value"),
            pl.lit(0, pl.UInt8).alias("quality"),
        )
        opened.append(rows)
    opened.close()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    with export_observations(Wanted(), Span(), "csv", by=CLERK) as file:
        size = sum(len(piece) for piece in iter(lambda: file.read(1 << 20), b""))

    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert size > 110_000_000
    assert grown < 1_000_000_000


@pytest.mark.django_db(transaction=True)
def test_pieces_are_sent_as_they_are_read(transactional_db):
    user = make_user()
    make_grant(user, "sensing.view_terminal", "sensing.export_observations")

    async def read() -> list[bytes]:
        client = AsyncClient()
        await client.aforce_login(user)
        return [piece async for piece in await client.get(EXPORT)]

    assert b"".join(asyncio.run(read())).startswith(b"\xef\xbb\xbfterminal")
