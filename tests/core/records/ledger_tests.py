"""What every ledger has to prove: a test of a ledger is a few lines of data."""

import csv
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from chengshu.core.access.actor import Person
from chengshu.core.access.models import User
from chengshu.core.access.policy import scope_of
from chengshu.core.places.models import Level
from chengshu.core.records.history import has_history
from chengshu.core.records.layer import features
from chengshu.core.records.ledger import Ledger, action_of, ledgers
from tests.core.access.factories import make_grant, make_organisation, make_place, make_user

BASELINE = Path(__file__).parents[2] / "query_counts.json"
UPDATE = "UPDATE_QUERY_COUNTS" in os.environ  # noqa: TID251 - rewriting the baseline is explicit


class Standing:
    """Two districts, two organisations; the user's rights reach the first of each, to grade 2."""

    def __init__(self) -> None:
        city = make_place(level=Level.CITY)
        self.place, self.other_place = make_place(parent=city), make_place(parent=city)
        self.owner = make_organisation(place=self.place)
        self.other_owner = make_organisation(place=self.place)

    def inside(self) -> dict[str, Any]:
        return {"place": self.place, "owner": self.owner, "grade": 1}

    def outside(self, aspect: str) -> dict[str, Any]:
        other = {"place": self.other_place, "owner": self.other_owner, "grade": 3}
        return self.inside() | {aspect: other[aspect]}


@pytest.mark.django_db
class LedgerTests:
    """*make* takes ``place``, ``owner`` and ``grade`` and returns a saved row that stands there."""

    ledger: ClassVar[str]
    make: ClassVar[Callable[..., Any]]

    @pytest.fixture
    def declared(self) -> Ledger:
        return ledgers[self.ledger]

    @pytest.fixture
    def standing(self) -> Standing:
        return Standing()

    @pytest.fixture
    def user(self, declared: Ledger, standing: Standing) -> User:
        user = make_user()
        make_grant(
            user,
            *_all_permissions(declared),
            place=standing.place if scope_of(declared.model).place else None,
            organisation=standing.owner if scope_of(declared.model).organisation else None,
            duty=declared.duty,
            grade=2,
        )
        return user

    @pytest.fixture
    def signed_in(self, client: Client, user: User) -> Client:
        client.force_login(user)
        return client

    def make_row(self, **standing: Any) -> Any:
        return type(self).make(**standing)

    def addresses(self, ledger: Ledger, row: Model) -> list[str]:
        page, record, api = ledger.address, ledger.address_of(row), _api(ledger)
        found = [page, record, api, f"{api}/{ledger.key_of(row)}", f"{page}-/export.csv"]
        return [*found, f"{page}-/export.xlsx"]

    def test_anonymous_visitor_is_sent_to_sign_in(self, client, declared, standing):
        row = self.make_row(**standing.inside())

        answers = {a: client.get(a) for a in self.addresses(declared, row)}

        for address, answer in answers.items():
            expected = 401 if address.startswith("/api/") else 302
            assert answer.status_code == expected, address

    def test_user_without_the_permission_is_refused(self, client, declared, standing):
        row = self.make_row(**standing.inside())
        client.force_login(make_user())

        answers = {a: client.get(a).status_code for a in self.addresses(declared, row)}

        assert set(answers.values()) == {403}, answers

    def test_row_in_reach_is_on_every_path(self, signed_in, declared, standing, user):
        row = self.make_row(**standing.inside())

        found = _where_found(signed_in, declared, row, user)

        assert all(found.values()), found

    @pytest.mark.parametrize("aspect", ["place", "owner", "grade"])
    def test_row_out_of_reach_is_on_no_path(self, signed_in, declared, standing, user, aspect):
        if not _is_limited_by(declared, aspect):
            pytest.skip(f"rows of {declared.name} have no {aspect}")
        self.make_row(**standing.inside())
        hidden = self.make_row(**standing.outside(aspect))

        found = _where_found(signed_in, declared, hidden, user)

        assert not any(found.values()), found

    @pytest.mark.parametrize("aspect", ["place", "owner", "grade"])
    def test_row_out_of_reach_is_not_counted(self, signed_in, declared, standing, aspect):
        if not _is_limited_by(declared, aspect):
            pytest.skip(f"rows of {declared.name} have no {aspect}")
        self.make_row(**standing.inside())
        before = signed_in.get(_api(declared)).json()["count"]["number"]

        self.make_row(**standing.outside(aspect))

        assert signed_in.get(_api(declared)).json()["count"]["number"] == before

    def test_every_sortable_column_sorts_both_ways(self, signed_in, declared, standing):
        for _ in range(3):
            self.make_row(**standing.inside())
        schema = signed_in.get("/api/v1/openapi.json").json()
        [sort] = [
            p["schema"]["enum"]
            for p in schema["paths"][_api(declared)]["get"]["parameters"]
            if p["name"] == "sort"
        ]

        answers = {name: _keys(signed_in, declared, sort=name) for name in sort}

        assert answers
        for name in sort:
            if name and not name.startswith("-"):
                assert sorted(answers[name]) == sorted(answers[f"-{name}"])

    def test_export_opens_and_holds_the_same_rows_in_both_forms(
        self, signed_in, declared, standing
    ):
        for _ in range(3):
            self.make_row(**standing.inside())

        lines = _csv_lines(signed_in, declared)
        sheet = _sheet_lines(signed_in, declared)

        assert len(lines) > 3
        assert [[cell or "" for cell in line] for line in sheet] == lines

    @pytest.mark.parametrize("surface", ["list", "record", "export", "api"])
    def test_query_count_is_the_committed_one(self, signed_in, declared, standing, surface):
        rows = [self.make_row(**standing.inside()) for _ in range(4)]
        address = {
            "list": declared.address,
            "record": declared.address_of(rows[0]),
            "export": f"{declared.address}-/export.csv",
            "api": _api(declared),
        }[surface]
        signed_in.get(address)

        with CaptureQueriesContext(
            connection,
        ) as captured:
            answer = signed_in.get(address)
            answer.getvalue() if answer.streaming else answer.content

        _compare_with_baseline(f"{declared.name}.{surface}", [q["sql"] for q in captured])


def _all_permissions(ledger: Ledger) -> list[str]:
    runs = (ledger.create, ledger.change, ledger.retire, ledger.import_rows, ledger.export)
    pressed = (button.run for button in ledger.buttons.values())
    codes = [action_of(run).code for run in (*runs, *pressed) if run]
    return [ledger.permission("view"), *codes]


def _is_limited_by(ledger: Ledger, aspect: str) -> bool:
    scope = scope_of(ledger.model)
    links = {"place": scope.place, "owner": scope.organisation, "grade": scope.grade}
    return bool(links[aspect])


def _api(ledger: Ledger) -> str:
    return "/api/v1/" + ledger.name.replace(".", "/")


def _keys(client: Client, ledger: Ledger, **asked: Any) -> list[str]:
    answer = client.get(_api(ledger), {"limit": 500, **asked})
    assert answer.status_code == 200, answer.content
    return [str(item[ledger.key]) for item in answer.json()["items"]]


def _csv_lines(client: Client, ledger: Ledger) -> list[list[str]]:
    answer = client.get(f"{ledger.address}-/export.csv")
    text = answer.getvalue().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def _sheet_lines(client: Client, ledger: Ledger) -> list[list[str]]:
    content = client.get(f"{ledger.address}-/export.xlsx").getvalue()
    sheet = load_workbook(io.BytesIO(content)).worksheets[0]
    return [
        [
            "" if cell is None else f"{cell:.15g}" if isinstance(cell, int | float) else cell
            for cell in row
        ]
        for row in sheet.iter_rows(values_only=True)
    ]


def _where_found(client: Client, ledger: Ledger, row: Model, user: User) -> dict[str, bool]:
    """Every path that reads, and whether *row* came out of it."""
    key, record = ledger.key_of(row), ledger.address_of(row)
    link = f'href="{record}"'
    in_csv = any(key in line for line in _csv_lines(client, ledger))
    in_sheet = any(key in line for line in _sheet_lines(client, ledger))
    pressable = client.post(f"{record}do/none/").status_code
    assert pressable == 404
    found = {
        "list": link in client.get(ledger.address, {"sort": ""}).content.decode(),
        "csv": in_csv,
        "xlsx": in_sheet,
        "api list": key in _keys(client, ledger),
        "api record": client.get(f"{_api(ledger)}/{key}").status_code == 200,
        "record page": client.get(record).status_code == 200,
        "side panel": client.get(record, headers={"HX-Target": "aside"}).status_code == 200,
    }
    if ledger.key in ledger.search:
        found["search"] = link in client.get(ledger.address, {"q": key}).content.decode()
        found["api search"] = key in _keys(client, ledger, q=key)
    if has_history(ledger.model):
        found["api history"] = client.get(f"{_api(ledger)}/{key}/history").status_code == 200
    if ledger.change:
        found["change form"] = client.get(f"{record}edit/").status_code == 200
    if ledger.layer:
        shown = features(ledger, Person(user))["features"]
        found["layer"] = key in [feature["properties"]["code"] for feature in shown]
    return found


def _compare_with_baseline(name: str, queries: list[str]) -> None:
    counts = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    if UPDATE:
        counts[name] = len(queries)
        BASELINE.write_text(json.dumps(counts, indent=2, sort_keys=True) + "\n")
    assert counts.get(name) == len(queries), (
        f"{name} makes {len(queries)} queries, the baseline says {counts.get(name)}; if that is"
        " meant, run again with UPDATE_QUERY_COUNTS=1:\n" + "\n".join(queries)
    )
