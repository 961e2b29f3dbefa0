"""What a webhook is told: what its subscriber may see, in order, at least once, signed."""

import hashlib
import hmac
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from django.conf import settings as configured
from django.utils import timezone

from chengshu.core.access.models import Grant
from chengshu.core.audit.models import AuditLine
from chengshu.core.jobs.loops import Loop, keep_running
from chengshu.core.lake.models import Follower
from chengshu.hub.sensing.actions.subscriptions import (
    change_subscription,
    follower_of,
    pause_subscription,
    resume_subscription,
    rotate_secret,
)
from chengshu.hub.sensing.models import Subscription, WebhookAttempt
from chengshu.hub.sensing.subscriptions import delivering
from tests.hub.sensing.factories import place, stream, terminal
from tests.installation import eventually

from .conftest import Post, Webhook, person

pytestmark = pytest.mark.django_db


def test_a_webhook_is_told_what_comes_after_the_subscription(post: Post, webhook: Webhook):
    number = stream(terminal("T1"))
    post.store(number, 1.0)
    subscription = post.subscribe(person())
    post.store(number, 2.5, minute=5)

    post.deliver(subscription)

    assert webhook.observations() == [
        {
            "terminal": "T1",
            "property": "temperature",
            "at": "2026-01-01T00:05:00Z",
            "value": 2.5,
            "unit": "Cel",
            "quality": "good",
        }
    ]
    head = post.lake.current_snapshot()
    assert Follower.objects.get(name=follower_of(subscription)).snapshot == head


def test_nothing_is_told_twice_when_all_is_well(post: Post, webhook: Webhook):
    number = stream(terminal("T1"))
    subscription = post.subscribe(person())
    post.store(number, 1.0)
    post.deliver(subscription)
    post.store(number, 2.0, minute=1)

    post.deliver(subscription)
    post.deliver(subscription)

    assert webhook.values() == [1.0, 2.0]


def test_filters_choose_place_property_and_limits(post: Post, webhook: Webhook):
    here = place("1")
    made = terminal("T1", ("temperature", "humidity"), place=place("11", here))
    other = terminal("T2", place=place("2"))
    subscription = post.subscribe(
        person(), place=here, properties=["humidity"], lowest=2.0, highest=3.0
    )

    post.store(stream(made, "humidity"), 1.0, 2.0, 3.0, 4.0)
    post.store(stream(made), 2.0)
    post.store(stream(other), 2.0)
    post.deliver(subscription)

    assert webhook.values() == [2.0, 3.0]


def test_only_what_the_subscriber_may_see_is_told(post: Post, webhook: Webhook):
    here, there = place("1"), place("2")
    seen, hidden = terminal("T1", place=here), terminal("T2", place=there)
    secret = terminal("T3", place=here, grade=4)
    subscription = post.subscribe(person(grade=2))
    Grant.objects.filter(user=subscription.subscriber).update(place=here)

    for number, made in enumerate((seen, hidden, secret)):
        post.store(stream(made), float(number))
    post.deliver(subscription)

    assert webhook.values() == [0.0]


def test_a_right_that_is_taken_away_stops_delivery_at_once(post: Post, webhook: Webhook):
    number = stream(terminal("T1"))
    subscription = post.subscribe(person())
    post.store(number, 1.0)
    post.deliver(subscription)
    Grant.objects.filter(user=subscription.subscriber).delete()
    post.store(number, 2.0, minute=1)

    post.deliver(subscription)

    assert webhook.values() == [1.0]


def test_an_inactive_subscriber_is_told_nothing(post: Post, webhook: Webhook):
    number = stream(terminal("T1"))
    subscription = post.subscribe(person())
    subscription.subscriber.is_active = False
    subscription.subscriber.save()
    post.store(number, 1.0)

    post.deliver(subscription)

    assert webhook.bodies == []


def test_bodies_are_signed_with_the_secret_that_was_shown(post: Post, webhook: Webhook):
    number = stream(terminal("T1"))
    owner = person()
    subscription = post.subscribe(owner)
    secret = rotate_secret(subscription, by=owner).secret
    post.store(number, 1.0)

    post.deliver(subscription)

    said = dict(p.split("=") for p in webhook.headers[0]["Chengshu-Signature"].split(","))
    message = said["t"].encode() + b"." + webhook.bodies[0]
    assert said["v1"] == hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()


def test_long_batches_come_in_parts_and_in_order(post: Post, webhook: Webhook, monkeypatch):
    monkeypatch.setattr(delivering, "MOST_ROWS", 2)
    number = stream(terminal("T1"))
    subscription = post.subscribe(person())
    post.store(number, 1.0, 2.0, 3.0)
    post.store(number, 4.0, 5.0, minute=3)

    post.deliver(subscription)

    assert webhook.values() == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert len(webhook.bodies) == 3


def test_what_was_refused_comes_again_and_what_was_taken_does_not(
    post: Post, webhook: Webhook, monkeypatch
):
    monkeypatch.setattr(delivering, "MOST_ROWS", 2)
    webhook.answers = [204, 500]
    number = stream(terminal("T1"))
    subscription = post.subscribe(person())
    post.store(number, 1.0, 2.0, 3.0, 4.0)
    post.deliver(subscription)
    waits = subscription.retry_at

    early = post.deliver(subscription).failures
    Subscription.objects.update(retry_at=timezone.now())
    post.deliver(subscription)

    assert webhook.values() == [1.0, 2.0, 3.0, 4.0, 3.0, 4.0]
    assert waits is not None
    assert (early, subscription.failures, subscription.trouble) == (1, 0, "")
    log = WebhookAttempt.objects.order_by("id").values_list("status", "rows")
    assert list(log) == [(204, 2), (500, 2), (204, 2)]


def test_a_redirection_is_not_followed(post: Post, webhook: Webhook):
    webhook.answers = [307]
    number = stream(terminal("T1"))
    subscription = post.subscribe(person())
    post.store(number, 1.0)

    post.deliver(subscription)

    assert len(webhook.bodies) == 1
    assert subscription.failures == 1


def test_an_address_that_leads_inside_later_is_not_reached(post: Post, webhook: Webhook, settings):
    number = stream(terminal("T1"))
    subscription = post.subscribe(person())
    settings.CHENGSHU = replace(configured.CHENGSHU, webhook_networks=())
    post.store(number, 1.0)

    post.deliver(subscription)

    assert webhook.bodies == []
    assert subscription.trouble.startswith("address-refused")


def test_a_webhook_that_fails_for_days_is_given_up_and_can_be_resumed(post: Post, webhook: Webhook):
    webhook.answers = [500, 500]
    number = stream(terminal("T1"))
    owner = person()
    subscription = post.subscribe(owner)
    post.store(number, 1.0)
    post.deliver(subscription)
    past = timezone.now() - timedelta(days=4)
    Subscription.objects.update(failing_since=past, retry_at=None)

    post.deliver(subscription)

    assert subscription.state == "dead"
    assert not Follower.objects.filter(name=follower_of(subscription)).exists()
    assert AuditLine.objects.filter(action="sensing.give_up_subscription").count() == 1
    resume_subscription(subscription, by=owner)
    post.store(number, 2.0, minute=1)
    post.deliver(subscription)
    assert webhook.values() == [1.0, 1.0, 2.0]


def test_what_comes_while_it_is_paused_is_not_sent_later(post: Post, webhook: Webhook):
    number = stream(terminal("T1"))
    owner = person()
    subscription = post.subscribe(owner)
    pause_subscription(subscription, by=owner)
    post.store(number, 1.0)
    post.deliver(subscription)
    resume_subscription(subscription, by=owner)
    post.store(number, 2.0, minute=1)

    post.deliver(subscription)

    assert webhook.values() == [2.0]


def test_who_changes_a_subscription_answers_for_it_with_their_own_rights(
    post: Post, webhook: Webhook
):
    number = stream(terminal("T1", place=place("1")))
    subscription = post.subscribe(person())
    colleague = person("sensing.change_subscription", "sensing.view_*", place=place("2"))

    change_subscription(subscription, by=colleague, url=webhook.url + "&mine=1")
    post.store(number, 1.0)
    post.deliver(subscription)

    assert webhook.bodies == []


@pytest.mark.django_db(transaction=True)
def test_the_worker_delivers_by_itself(post: Post, webhook: Webhook):
    number = stream(terminal("T1"))
    post.subscribe(person())
    stop = threading.Event()
    loop = Loop(delivering.NAME, delivering.run)
    worker = threading.Thread(target=keep_running, args=(loop, stop))
    worker.start()

    post.store(number, 1.0)

    try:
        assert eventually(lambda: webhook.values() == [1.0])
    finally:
        stop.set()
        worker.join()
