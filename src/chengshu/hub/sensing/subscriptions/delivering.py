"""The worker hands observations to webhooks: in order, at least once, each subscription alone."""

import hashlib
import hmac
import logging
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

import orjson
from django.conf import settings
from django.db import connections
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Concat
from django.utils import timezone

from chengshu.core.access.actor import Person
from chengshu.core.access.policy import System
from chengshu.core.events.listening import listening, wait
from chengshu.core.lake import installation
from chengshu.core.lake.faults import HistoryGone
from chengshu.core.lake.models import Follower
from chengshu.hub.sensing.actions.subscriptions import FOLLOWER, GIVE_UP, follower_of, give_up
from chengshu.hub.sensing.follow import STORED
from chengshu.hub.sensing.lake import OBSERVATIONS
from chengshu.hub.sensing.models import Subscription, WebhookAttempt
from chengshu.hub.sensing.models.secrets import signing_secret
from chengshu.hub.sensing.wanted import Wanted
from chengshu.kit.errors import CityError

from .outside import Answered, post
from .reading import Position, Reading, read, recent

log = logging.getLogger(__name__)

NAME = "webhooks"
MOST_ROWS = 1000
MOST_BATCHES = 20
"""Batches of one subscription before the others get their turn."""
AT_ONCE = 8
LEASE = timedelta(minutes=1)
KEPT_ATTEMPTS = 50
RETRY_SECONDS = (5, 15, 60, 300, 900, 3600)
PLATFORM = System("webhooks", frozenset({GIVE_UP}))


def run(stop: threading.Event) -> None:
    """Deliver until *stop*, woken by every commit of observations."""
    installation.current().ensure([OBSERVATIONS])
    busy: dict[int, Future[None]] = {}
    with ThreadPoolExecutor(AT_ONCE, NAME) as hands, listening(STORED) as listener:
        while not stop.is_set():
            busy = {key: work for key, work in busy.items() if not work.done()}
            head = recent.head()
            for key in due(head, timezone.now()).exclude(pk__in=busy).values_list("pk", flat=True):
                busy[key] = hands.submit(_by_hand, key, head)
            wait(listener, 1)


def due(head: int, now: datetime) -> "QuerySet[Subscription]":
    """The subscriptions that have not come to *head* and need not wait."""
    behind = Follower.objects.filter(snapshot__lt=head).values("name")
    named = Subscription.objects.annotate(follower=Concat(Value(FOLLOWER), "code"))
    return named.filter(
        Q(retry_at=None) | Q(retry_at__lte=now),
        Q(leased_until=None) | Q(leased_until__lte=now),
        state=Subscription.State.ACTIVE,
        follower__in=behind,
    )


def _by_hand(key: int, head: int) -> None:
    try:
        deliver(key, head)
    except Exception:
        log.exception("subscription %s failed", key)
    finally:
        connections.close_all()


def deliver(key: int, head: int) -> None:
    """Hand over what subscription *key* has still to hear up to *head*, batch by batch, until
    one fails. Another worker that has it in hand is left alone."""
    now = timezone.now()
    if not due(head, now).filter(pk=key).update(leased_until=now + LEASE):
        return
    mine = Subscription.objects.filter(pk=key)
    try:
        for _batch in range(MOST_BATCHES):
            if not _deliver_next(key, head):
                break
            mine.update(leased_until=timezone.now() + LEASE)
    finally:
        mine.update(leased_until=None)


def _deliver_next(key: int, head: int) -> bool:
    """Whether another batch may follow."""
    subscription = Subscription.objects.select_related("subscriber", "place").get(pk=key)
    if subscription.state != Subscription.State.ACTIVE:
        return False
    before = Position.parse(subscription.position) or Position(head)
    try:
        reading = read(before, head, wanted_by(subscription), _reader(subscription), MOST_ROWS)
    except HistoryGone as error:
        _note(subscription, 0, f"{error.code}: {error}")
        _move(subscription, Position(head))
        return False
    if len(reading.rows):
        if not _handed_over(subscription, reading):
            return False
        _move(subscription, reading.end, delivered_at=timezone.now())
    else:
        _move(subscription, reading.end)
    return reading.end.row is not None or reading.end.snapshot < head


def wanted_by(subscription: Subscription) -> Wanted:
    return Wanted(
        subscription.terminals,
        subscription.properties,
        subscription.place.code if subscription.place else "",
        subscription.lowest,
        subscription.highest,
    )


def _reader(subscription: Subscription) -> Person:
    """The subscriber with the rights of this moment."""
    return Person(subscription.subscriber)


def body_of(subscription: Subscription, reading: Reading) -> bytes:
    return orjson.dumps(
        {
            "subscription": subscription.code,
            "id": f"{subscription.code}.{reading.end}",
            "observations": reading.observations(),
        }
    )


def signature(secret: str, at: int, body: bytes) -> str:
    """HMAC-SHA256 of the time in seconds, a dot and the body."""
    said = str(at).encode() + b"." + body
    return f"t={at},v1={hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()}"


def _handed_over(subscription: Subscription, reading: Reading) -> bool:
    body = body_of(subscription, reading)
    secret = signing_secret(subscription.code, subscription.salt)
    began = time.monotonic()
    answer: Answered | None = None
    try:
        answer = post(
            subscription.url,
            body,
            {"Chengshu-Signature": signature(secret, int(time.time()), body)},
        )
        said = answer.text
    except CityError as error:
        said = f"{error.code}: {error}"
    milliseconds = round(1000 * (time.monotonic() - began))
    _note(subscription, len(reading.rows), said, answer.status if answer else None, milliseconds)
    if answer is not None and answer.is_taken:
        return True
    _failed(subscription, f"{answer.status} {said}" if answer else said)
    return False


def _note(
    subscription: Subscription,
    rows: int,
    said: str,
    status: int | None = None,
    milliseconds: int = 0,
) -> None:
    made = WebhookAttempt.objects.create(
        subscription=subscription,
        at=timezone.now(),
        rows=rows,
        status=status,
        answer=said.replace("\0", "\ufffd")[:300],
        milliseconds=milliseconds,
    )
    log_of = WebhookAttempt.objects.filter(subscription=subscription, pk__lt=made.pk)
    old = log_of.order_by("-pk").values_list("pk", flat=True)[KEPT_ATTEMPTS - 1 :]
    WebhookAttempt.objects.filter(pk__in=list(old)).delete()


def _move(subscription: Subscription, to: Position, **more: datetime) -> None:
    """Everything up to *to* is handed over. Not for one that was set anew meanwhile."""
    moved = _unchanged(subscription).update(
        position=str(to), failures=0, failing_since=None, retry_at=None, trouble="", **more
    )
    if moved:
        Follower.objects.filter(name=follower_of(subscription)).update(snapshot=to.snapshot)


def _failed(subscription: Subscription, trouble: str) -> None:
    now = timezone.now()
    since = subscription.failing_since or now
    pause = RETRY_SECONDS[min(subscription.failures, len(RETRY_SECONDS) - 1)]
    _unchanged(subscription).update(
        failures=subscription.failures + 1,
        failing_since=since,
        retry_at=now + timedelta(seconds=pause),
        trouble=trouble.replace("\0", "\ufffd")[:300],
    )
    if now - since > timedelta(days=settings.CHENGSHU.webhook_days):
        give_up(subscription, by=PLATFORM)


def _unchanged(subscription: Subscription) -> "QuerySet[Subscription]":
    return Subscription.objects.filter(pk=subscription.pk, position=subscription.position)
