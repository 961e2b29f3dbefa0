"""The ledger of subscriptions: who may make, see and change them."""

import pytest
from django.test import Client

from chengshu.core.access.policy import System
from chengshu.core.records.writing import WrongValues
from chengshu.hub.sensing.actions.subscriptions import end_subscription, resume_subscription
from chengshu.hub.sensing.models import Subscription
from chengshu.kit.errors import Conflict, NotAllowed
from tests.hub.sensing.factories import organisation, place, stream, terminal

from .conftest import Post, person

pytestmark = pytest.mark.django_db
LEDGER, API = "/sensing/subscriptions/", "/api/v1/sensing/subscriptions"


def browser(of) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(of.user)
    return client


def test_a_program_subscribes_and_gets_its_secret_once(post: Post):
    terminal("T1")
    client = browser(person())
    organisation()
    values = {"name": "n", "organisation": "bureau", "url": post.url, "terminals": ["T1"]}

    made = client.post(API, values, content_type="application/json")
    code = made.json()["code"]
    secret = client.post(f"{API}/{code}/secret").json()["secret"]

    assert made.status_code == 201, made.text
    assert secret.startswith("cw_")
    assert secret not in client.get(f"{API}/{code}").text
    assert client.post(f"{API}/{code}/secret").json()["secret"] != secret


def test_the_page_shows_the_secret_once_and_how_deliveries_went(post: Post):
    owner = person()
    subscription = post.subscribe(owner)
    post.store(stream(terminal("T1")), 1.0)
    post.deliver(subscription)
    client = browser(owner)

    pressed = client.post(f"{LEDGER}{subscription.code}/do/rotate/", follow=True).text
    later = client.get(f"{LEDGER}{subscription.code}/").text

    assert "cw_" in pressed
    assert "cw_" not in later
    assert "204" in later


def test_a_stranger_learns_no_secret(post: Post):
    subscription = post.subscribe(person())
    stranger = browser(person(organisation=organisation("other")))

    answer = stranger.post(f"{API}/{subscription.code}/secret")

    assert answer.status_code == 404


def test_who_only_looks_changes_nothing(post: Post):
    subscription = post.subscribe(person())
    looker = browser(person("sensing.view_*"))

    answers = [
        looker.post(f"{API}/{subscription.code}/secret"),
        looker.post(f"{API}/{subscription.code}/pause", {}, content_type="application/json"),
        looker.patch(f"{API}/{subscription.code}", {"name": "x"}, content_type="application/json"),
    ]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert Subscription.objects.get().state == "active"


def test_nobody_subscribes_for_another_organisation(post: Post):
    with pytest.raises(NotAllowed):
        post.subscribe(person(organisation=organisation("other")))


def test_terminals_that_one_may_not_see_are_as_unknown_ones(post: Post):
    terminal("T1", place=place("1"))
    clerk = person(place=place("2"))

    for code in ("T1", "T9"):
        with pytest.raises(WrongValues, match=code):
            post.subscribe(clerk, terminals=[code])


def test_an_address_inside_is_refused_on_the_form(post: Post):
    with pytest.raises(WrongValues) as refused:
        post.subscribe(person(), url="http://192.168.0.1/")

    assert set(refused.value.problems) == {"url"}


def test_rules_of_the_platform_cannot_subscribe(post: Post):
    with pytest.raises(NotAllowed):
        post.subscribe(System("rule", frozenset({"sensing.add_subscription"})))


def test_the_end_is_final(post: Post):
    owner = person()
    subscription = post.subscribe(owner)
    end_subscription(subscription, by=owner)

    with pytest.raises(Conflict):
        resume_subscription(subscription, by=owner)
