"""Deliver waiting events to their subscribers, each exactly once, whatever is killed."""

import logging
import threading
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from chengshu.kit.errors import UnknownName

from .listening import listening, wait
from .models import Delivery, OutboxEvent
from .outbox import CHANNEL, Subscriber, event_types, subscribers

log = logging.getLogger(__name__)
BATCH = 200
LOOK_SECONDS = 1.0
RETRY_SECONDS = (1, 5, 30, 120, 600)


def dispatch_until(stop: threading.Event) -> None:
    """Deliver events as they are committed, and those due again, until *stop*."""
    with listening(CHANNEL) as listener:
        while not stop.is_set():
            while deliver_waiting(BATCH) == BATCH and not stop.is_set():
                pass
            wait(listener, LOOK_SECONDS)


def deliver_waiting(limit: int = BATCH) -> int:
    """Deliver up to *limit* waiting events in order; several workers may run this at once."""
    delivered = 0
    for _ in range(limit):
        if not _deliver_next():
            break
        delivered += 1
    return delivered


def _deliver_next() -> bool:
    now = timezone.now()
    with transaction.atomic():
        waiting = (
            OutboxEvent.objects.select_for_update(skip_locked=True)
            .filter(Q(retry_at=None) | Q(retry_at__lte=now), delivered_at=None)
            .order_by("id")
            .first()
        )
        if waiting is None:
            return False
        trouble = _tell_all(waiting)
        if trouble:
            wait = RETRY_SECONDS[min(waiting.attempts, len(RETRY_SECONDS) - 1)]
            waiting.attempts += 1
            waiting.trouble = trouble
            waiting.retry_at = now + timedelta(seconds=wait)
        else:
            waiting.delivered_at = timezone.now()
        waiting.save(update_fields=["attempts", "trouble", "retry_at", "delivered_at"])
    return True


def _tell_all(waiting: OutboxEvent) -> str:
    """Tell every subscriber not told yet; the troubles of those that failed, joined."""
    try:
        kind = event_types[waiting.type]
        happened = kind(**waiting.body)
    except (UnknownName, TypeError) as error:
        log.error("event %s cannot be read: %s", waiting.id, error)
        return str(error)
    told = set(waiting.deliveries.values_list("subscriber", flat=True))
    missing = [s for s in subscribers if s.event is kind and s.name not in told]
    return "; ".join(filter(None, (_tell(s, waiting, happened) for s in missing)))


def _tell(subscriber: Subscriber, waiting: OutboxEvent, happened: object) -> str:
    try:
        with transaction.atomic():
            Delivery.objects.create(event=waiting, subscriber=subscriber.name)
            subscriber.handle(happened)
    except Exception as error:
        log.exception("subscriber %s failed on event %s", subscriber.name, waiting.id)
        return f"{subscriber.name}: {error!r}"
    return ""
