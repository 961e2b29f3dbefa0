import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from chengshu.core.access.models import SignInRules, User
from chengshu.core.audit.models import AuditLine
from chengshu.core.portal.slots import Slot, slots
from tests.core.access.factories import PASSWORD, make_grant, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_hasher(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def sign_in(client: Client, username: str, password: str = PASSWORD, **more: str):
    return client.post("/sign-in/", {"username": username, "password": password, **more})


def test_user_signs_in_sees_the_portal_and_signs_out(client):
    make_user("li-na", password=PASSWORD)

    entered = sign_in(client, "li-na")
    portal = client.get("/")
    client.post("/sign-out/")

    assert entered.headers["Location"] == "/"
    assert portal.status_code == 200
    assert client.get("/").headers["Location"] == "/sign-in/"
    assert list(AuditLine.objects.order_by("id").values_list("action", "outcome")) == [
        ("access.sign_in", "done"),
        ("access.sign_out", "done"),
    ]


def test_answer_does_not_tell_whether_the_user_exists_is_locked_or_closed(client):
    make_user("li-na", password=PASSWORD)
    make_user("closed", password=PASSWORD, is_active=False)
    locked = make_user("locked", password=PASSWORD)
    locked.locked_until = timezone.now() + timedelta(hours=1)
    locked.save()

    answers = [
        sign_in(client, "li-na", "Wrong-words-9"),
        sign_in(client, "nobody", "Wrong-words-9"),
        sign_in(client, "closed"),
        sign_in(client, "locked"),
    ]

    assert {answer.status_code for answer in answers} == {422}
    assert len({without_secrets(answer.text) for answer in answers}) == 1


def without_secrets(page: str) -> str:
    return re.sub(r'(csrfmiddlewaretoken" value|name="username" value|CSRFToken": )[^>]*', "", page)


def test_failed_sign_in_is_audited_for_known_users_only(client):
    make_user("li-na", password=PASSWORD)

    sign_in(client, "li-na", "Wrong-words-9")
    sign_in(client, "typed-my-password-here", "x")

    assert [(line.actor, line.outcome) for line in AuditLine.objects.all()] == [
        ("li-na", "refused")
    ]


def test_address_that_tries_too_often_is_told_to_wait(client):
    SignInRules.objects.update(address_attempts=2)
    make_user("li-na", password=PASSWORD)
    for _ in range(2):
        sign_in(client, "li-na", "Wrong-words-9")

    answer = sign_in(client, "li-na")

    assert answer.status_code == 429


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        ("/admin/users/", "/admin/users/"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example/", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_user_goes_on_to_where_they_were_but_never_elsewhere(client, wanted, given):
    make_user("li-na", password=PASSWORD)

    assert sign_in(client, "li-na", next=wanted).headers["Location"] == given


def test_session_has_the_city_s_limits(client):
    SignInRules.objects.update(session_hours=2, idle_minutes=5)
    make_user("li-na", password=PASSWORD)

    sign_in(client, "li-na")

    left = client.session["ends_at"] - timezone.now().timestamp()
    assert 7190 < left <= 7200
    assert client.session["idle_seconds"] == 300


@pytest.mark.parametrize("reason", ["flag", "age"])
def test_user_must_choose_a_password_first_and_may_do_nothing_before(client, reason):
    user = make_user("li-na", password=PASSWORD, must_change_password=reason == "flag")
    make_grant(user, "*")
    if reason == "age":
        User.objects.update(password_changed_at=timezone.now() - timedelta(days=100))

    entered = sign_in(client, "li-na")
    refused = client.get("/admin/places/")
    client.post("/password/", {"old": PASSWORD, "new": "Other-words-8", "again": "Other-words-8"})

    assert entered.headers["Location"] == "/password/"
    assert refused.status_code == 403
    assert client.get("/").status_code == 200
    assert client.get("/admin/places/").status_code == 200


@pytest.mark.parametrize(
    "values",
    [
        {"old": "Wrong-words-9", "new": "Other-words-8", "again": "Other-words-8"},
        {"old": PASSWORD, "new": "Other-words-8", "again": "Other-words-9"},
        {"old": PASSWORD, "new": "weak", "again": "weak"},
        {"old": PASSWORD, "new": PASSWORD, "again": PASSWORD},
    ],
    ids=["wrong old", "not repeated", "weak", "the same"],
)
def test_password_that_does_not_fit_is_not_taken(client, values):
    user = make_user("li-na", password=PASSWORD)
    client.force_login(user)

    answer = client.post("/password/", values)

    user.refresh_from_db()
    assert answer.status_code == 422
    assert user.check_password(PASSWORD)


def test_changing_the_password_ends_the_other_sessions(client):
    user = make_user("li-na", password=PASSWORD)
    other = Client()
    other.force_login(user)
    client.force_login(user)

    client.post("/password/", {"old": PASSWORD, "new": "Other-words-8", "again": "Other-words-8"})

    assert client.get("/").status_code == 200
    assert other.get("/").status_code == 302


def test_slot_is_shown_to_those_with_its_permission_and_something_to_show(client):
    reader, stranger = make_user("reader"), make_user("stranger")
    make_grant(reader, "*")
    permission = "places.view_place"
    full = Slot("full", "My tasks", "pages/messages.html", permission, lambda actor: {})
    empty = Slot("empty", "My notices", "pages/messages.html", permission, lambda actor: None)

    pages = []
    with slots.temporarily("full", full), slots.temporarily("empty", empty):
        for user in (reader, stranger):
            client.force_login(user)
            pages.append(client.get("/").text)

    assert ["My tasks" in page for page in pages] == [True, False]
    assert not any("My notices" in page for page in pages)


def test_sign_in_needs_the_form_s_own_secret():
    strict = Client(enforce_csrf_checks=True)
    make_user("li-na", password=PASSWORD)

    assert sign_in(strict, "li-na").status_code == 403
