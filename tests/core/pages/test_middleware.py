import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.test import AsyncClient
from django.urls import path

from chengshu.kit.errors import Conflict, NotSignedIn, TooMany

ERRORS = {"conflict": Conflict("taken", where={"row": 7}), "busy": TooMany("slow down")}


def raising(request, name):
    if name == "anonymous":
        raise NotSignedIn("who are you?")
    if name == "denied":
        raise PermissionDenied
    if name == "bug":
        raise ZeroDivisionError
    raise ERRORS[name]


def signing_in(request):
    return HttpResponse("sign in")


urlpatterns = [
    path("api/<str:name>", raising),
    path("page/<str:name>", raising),
    path("sign-in/", signing_in, name="sign-in"),
]
handler403 = "chengshu.core.pages.failures.not_allowed"
handler404 = "chengshu.core.pages.failures.not_found"
handler500 = "chengshu.core.pages.failures.broken"

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


def test_expected_failure_under_the_api_is_json_with_a_stable_code(client):
    answer = client.get("/api/conflict")

    assert answer.status_code == 409
    assert answer.json() == {"error": {"code": "conflict", "message": "taken", "where": {"row": 7}}}


def test_expected_failure_of_a_page_is_a_designed_page(client):
    answer = client.get("/page/busy")

    assert answer.status_code == 429
    assert "<html" in answer.content.decode()
    assert "too-many" in answer.content.decode()


def test_failure_of_a_fragment_is_a_fragment(client):
    answer = client.get("/page/busy", headers={"HX-Request": "true"})

    assert "<html" not in answer.content.decode()


def test_visitor_is_sent_to_sign_in_and_back(client):
    answer = client.get("/page/anonymous?x=1")

    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in/?next=/page/anonymous%3Fx%3D1"


def test_visitor_in_the_middle_of_a_page_is_sent_to_sign_in_as_a_whole(client):
    answer = client.get(
        "/page/anonymous", headers={"HX-Request": "true", "HX-Current-URL": "/lamps/"}
    )

    assert answer["HX-Redirect"] == "/sign-in/?next=/lamps/"


@pytest.mark.parametrize(("address", "status"), [("/page/denied", 403), ("/no/such", 404)])
def test_djangos_own_refusals_look_the_same(client, address, status):
    answer = client.get(address)

    assert answer.status_code == status
    assert 'class="state"' in answer.content.decode()


def test_bug_is_answered_without_its_details(client):
    client.raise_request_exception = False

    page, data = client.get("/page/bug"), client.get("/api/bug")

    assert (page.status_code, data.status_code) == (500, 500)
    assert "ZeroDivision" not in page.content.decode()
    assert data.json()["error"]["code"] == "bug"


@pytest.mark.parametrize("address", ["/sign-in/", "/api/conflict", "/page/busy", "/no/such"])
def test_every_answer_forbids_foreign_and_inline_scripts(client, address):
    policy = client.get(address)["Content-Security-Policy"]

    assert "script-src 'self'" in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'self' 'unsafe-inline'" not in policy


def test_asynchronous_requests_get_the_same_treatment():
    client = AsyncClient()

    answer = async_to_sync(client.get)("/api/conflict")

    assert answer.status_code == 409
    assert "script-src 'self'" in answer["Content-Security-Policy"]
