import json
from datetime import UTC, datetime

import pytest

from chengshu.core.access import tokens
from chengshu.core.audit.models import AuditLine
from tests.core.access.factories import make_grant

from .streetlights.models import Lamp

NEW = {"code": "A1", "name": "One", "kind": "led", "place": "street", "owner": "lighting"}
LAMPS = "/api/v1/streetlights/lamps"


def post(client, address, body):
    return client.post(address, json.dumps(body), content_type="application/json")


def patch(client, address, body):
    return client.patch(address, json.dumps(body), content_type="application/json")


def test_row_is_created_read_changed_and_retired(city, browser):
    created = post(browser, LAMPS, NEW | {"watts": 60, "lit_at": "2026-05-01T08:00:00+08:00"})
    changed = patch(browser, f"{LAMPS}/A1", {"name": "First", "grade": 1})
    read = browser.get(f"{LAMPS}/A1")
    retired = post(browser, f"{LAMPS}/A1/retire", {})
    listed = browser.get(LAMPS)

    assert created.status_code == 201, created.content
    assert created.json()["place"] == "street"
    assert changed.json()["name"] == "First"
    assert datetime.fromisoformat(read.json()["lit_at"]) == datetime(2026, 5, 1, tzinfo=UTC)
    assert retired.status_code == 200
    assert listed.json()["items"] == []


def test_history_says_who_changed_what_by_which_action(city, browser):
    post(browser, LAMPS, NEW)
    patch(browser, f"{LAMPS}/A1", {"name": "First", "place": "north"})

    changed, added = browser.get(f"{LAMPS}/A1/history").json()

    assert (added["kind"], added["action"]) == ("added", "streetlights.add_lamp")
    assert (changed["actor"], changed["action"]) == ("officer", "streetlights.change_lamp")
    assert [(c["name"], c["before"], c["after"]) for c in changed["changes"]] == [
        ("name", "One", "First"),
        ("place", "Place street", "Place north"),
    ]


def test_pages_follow_one_another_by_cursor(city, browser):
    for number in range(5):
        city.lamp(f"A{number}")

    first = browser.get(LAMPS, {"limit": 2}).json()
    second = browser.get(LAMPS, {"limit": 2, "cursor": first["after"]}).json()
    back = browser.get(LAMPS, {"limit": 2, "cursor": second["before"]}).json()

    assert [item["code"] for item in second["items"]] == ["A2", "A3"]
    assert back["items"] == first["items"]
    assert first["count"] == {"number": 5, "is_exact": True}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "candle"}, "kind"),
        ({"place": "nowhere"}, "place"),
        ({"lon": 181}, "lon"),
        ({"lon": "east"}, "lon"),
        ({"watts": 1.5}, "watts"),
        ({"name": "x" * 121}, "name"),
        ({"name": ""}, "name"),
        ({"code": "a/b"}, "code"),
        ({"colour": "red"}, "colour"),
        ({"lit_at": "soon"}, "lit_at"),
        ({"name": "a\0b"}, "name"),
    ],
)
def test_wrong_value_is_answered_by_field_and_nothing_is_written(city, browser, body, field):
    answer = post(browser, LAMPS, NEW | body)

    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] in ("invalid", "wrong-values")
    assert list(error["where"]["fields"]) == [field]
    assert Lamp.objects.count() == 0


@pytest.mark.parametrize("body", ["{", "[]", '{"lon": NaN}', "null", '"x"'])
def test_body_that_is_no_object_of_values_is_answered_in_the_one_shape(city, browser, body):
    answer = browser.post(LAMPS, body, content_type="application/json")

    assert answer.status_code == 422
    assert set(answer.json()) == {"error"}


def test_taken_code_is_refused_even_when_its_owner_is_out_of_sight(city, browser):
    city.lamp("A1", place=city.south)

    answer = post(browser, LAMPS, NEW)

    assert answer.status_code == 422
    assert list(answer.json()["error"]["where"]["fields"]) == ["code"]


def test_row_cannot_be_created_in_or_moved_to_another_district(city, browser):
    city.lamp("A2")

    created = post(browser, LAMPS, NEW | {"place": "south"})
    moved = patch(browser, f"{LAMPS}/A2", {"place": "south"})

    assert (created.status_code, moved.status_code) == (403, 403)
    assert Lamp.objects.get().place == city.street
    assert AuditLine.objects.filter(outcome="refused").count() == 2


def test_second_retirement_is_a_conflict(city, browser):
    city.lamp("A1")
    post(browser, f"{LAMPS}/A1/retire", {})

    answer = post(browser, f"{LAMPS}/A1/retire", {})

    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "already-retired"


def test_change_of_nothing_writes_nothing(city, browser):
    lamp = city.lamp("A1")

    answer = patch(browser, f"{LAMPS}/A1", {"name": lamp.name, "place": "street"})

    assert answer.status_code == 200
    assert AuditLine.objects.count() == 0


def test_token_works_without_a_session(city, client):
    raw = tokens.create_token("lamps")
    make_grant(tokens.authenticate(raw, "127.0.0.1").user, "streetlights.view_lamp")
    city.lamp("A1", place=city.south)

    answer = client.get(LAMPS, headers={"authorization": f"Bearer {raw}"})

    assert [item["code"] for item in answer.json()["items"]] == ["A1"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("kind=candle", "wrong-filter"),
        ("cursor=made-up", "wrong-cursor"),
        ("limit=100000", "invalid"),
        ("sort=secret", "invalid"),
    ],
)
def test_list_refuses_what_it_cannot_read(city, browser, query, code):
    answer = browser.get(f"{LAMPS}?{query}")

    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == code


def test_unknown_address_under_the_api_is_answered_as_json(browser):
    answer = browser.get("/api/v1/streetlights/nothing/at/all")

    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not-found"


def test_documentation_brings_its_own_scripts_and_describes_every_ledger(client):
    page = client.get("/api/v1/docs").content.decode()
    schema = client.get("/api/v1/openapi.json").json()

    assert "//cdn" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert {"get", "post"} <= set(schema["paths"][LAMPS])
    assert "led LED" in json.dumps(schema)
