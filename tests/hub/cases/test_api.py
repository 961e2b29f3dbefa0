"""Cases by programs."""

import json

import pytest
from django.test import Client

from chengshu.hub.cases.models import Case
from tests.core.access.factories import make_grant, make_user

from .factories import City, dispatched

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(city: City) -> Client:
    user = make_user("program", is_service=True)
    make_grant(user, "cases.*")
    client = Client()
    client.force_login(user)
    return client


def post(client: Client, address: str, **body):
    answer = client.post(address, json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def test_a_program_reports_and_is_told_what_may_be_done(program):
    status, body = post(
        program,
        "/api/v1/cases/reports",
        title="井盖缺失",
        type="cjt214.0110",
        source="video",
        place="c-e-1",
        origin="camera:7",
    )
    again, same = post(
        program,
        "/api/v1/cases/reports",
        title="井盖缺失",
        type="cjt214.0110",
        source="video",
        place="c-e-1",
        origin="camera:7",
    )

    assert (status, again) == (201, 201)
    assert body["code"] == same["code"]
    assert "file_case" in body["next"]


def test_a_program_moves_a_case(program):
    case = dispatched()

    status, body = post(program, f"/api/v1/cases/{case.code}/actions/accept_case")

    assert (status, body["state"]) == (200, "accepted")


@pytest.mark.parametrize(
    ("action", "body", "status", "code"),
    [
        ("handle_case", {"text": "好了"}, 409, "wrong-state"),
        ("return_case", {}, 422, "invalid"),
        ("destroy_case", {}, 404, "not-found"),
        ("return_case", {"text": "长" * 2001}, 422, "invalid"),
        (
            "extend_case",
            {"text": "雨", "value": -1, "limit_unit": "working-days"},
            422,
            "bad-limit",
        ),
    ],
)
def test_a_move_that_cannot_be_is_answered_with_a_stable_code(program, action, body, status, code):
    case = dispatched()

    answered, answer = post(program, f"/api/v1/cases/{case.code}/actions/{action}", **body)

    assert (answered, answer["error"]["code"]) == (status, code)
    assert Case.objects.get().state == "dispatched"


def test_a_case_elsewhere_is_not_there_for_a_unit(city):
    case = dispatched(place="c-w")
    client = Client()
    client.force_login(city.worker.user)

    status, answer = post(client, f"/api/v1/cases/{case.code}/actions/accept_case")

    assert (status, answer["error"]["code"]) == (404, "not-found")


def test_the_ledger_lists_cases(program):
    case = dispatched()

    answer = program.get("/api/v1/cases/cases?state=dispatched").json()

    assert [item["code"] for item in answer["items"]] == [case.code]
