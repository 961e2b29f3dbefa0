import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.test import AsyncClient, Client

from chengshu.core.access import sessions, tokens

from .factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.core.access.urls")]


@pytest.fixture
def strict() -> Client:
    return Client(enforce_csrf_checks=True)


def bearer(raw: str) -> dict[str, str]:
    return {"authorization": f"Bearer {raw}"}


def test_nobody_is_anonymous(client):
    assert client.get("/who/").content == b"anonymous"


def test_signed_in_user_is_the_actor(client):
    client.force_login(make_user("li-na"))

    assert client.get("/who/").content == b"li-na"


def test_token_is_the_actor_and_needs_no_csrf_token(strict):
    raw = tokens.create_token("lamps")

    answer = strict.post("/api/v1/who", headers=bearer(raw))

    assert answer.content == b"token:lamps"


def test_bad_token_is_answered_401_with_a_stable_code(client):
    answer = client.get("/api/v1/who", headers=bearer("cs_made-up"))

    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "not-signed-in"
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_bad_token_is_not_forgiven_for_a_good_session(client):
    client.force_login(make_user())

    assert client.get("/who/", headers=bearer("cs_made-up")).status_code == 401


@pytest.mark.parametrize("address", ["/who/", "/api/v1/who"])
def test_change_through_a_session_needs_the_csrf_token_even_in_the_api(strict, address):
    strict.force_login(make_user())

    assert strict.post(address).status_code == 403


def test_change_through_a_session_with_its_csrf_token_passes(strict):
    user = make_user("li-na")
    strict.force_login(user)
    token = "a" * 32
    strict.cookies[settings.CSRF_COOKIE_NAME] = token

    answer = strict.post("/api/v1/who", headers={"x-csrftoken": token})

    assert answer.content == b"li-na"


def test_deactivated_user_is_nobody_at_the_next_request(client):
    user = make_user()
    client.force_login(user)
    user.is_active = False
    user.save()

    assert client.get("/who/").content == b"anonymous"


@pytest.mark.parametrize(
    "past",
    [{sessions.ENDS_AT: 1.0}, {sessions.IDLE_SECONDS: 60, sessions.SEEN_AT: 1.0}],
    ids=["too long", "idle"],
)
def test_session_past_its_limits_is_ended(client, past):
    client.force_login(make_user())
    session = client.session
    session.update(past)
    session.save()

    assert client.get("/who/").content == b"anonymous"
    assert not client.session.exists(session.session_key)


def test_middleware_serves_asynchronous_views_too():
    raw = tokens.create_token("lamps")

    answer = async_to_sync(AsyncClient().get)("/who-async/", headers=bearer(raw))

    assert answer.content == b"token:lamps"
