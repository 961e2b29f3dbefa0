"""Declare events, emit them with the change that caused them, subscribe to them."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, TypeVar

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from chengshu.core.access.policy import standing
from chengshu.kit.registry import Registry

from .models import OutboxEvent

CHANNEL = "chengshu_events"


@dataclass(frozen=True)
class Event:
    """Base of every event: a frozen dataclass of plain JSON values.

    *type* is ``noun.past-verb``; *permission* is what a reader of a stream must hold.
    """

    type: ClassVar[str]
    permission: ClassVar[str]


E = TypeVar("E", bound=Event)


@dataclass(frozen=True)
class Subscriber:
    """*handle* runs once per event in a transaction of its own, in the worker."""

    name: str
    event: type[Event]
    handle: Callable[[Any], None]


event_types: Registry[type[Event]] = Registry("event type", type)
subscribers: Registry[Subscriber] = Registry("subscriber", Subscriber)


def event(kind: type[E]) -> type[E]:
    """Register an event class under its type."""
    event_types.add(kind.type, kind)
    return kind


def subscribe(kind: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Register a function that handles every event of *kind* exactly once."""

    def register(handle: Callable[[E], None]) -> Callable[[E], None]:
        name = f"{handle.__module__}.{handle.__qualname__}"
        subscribers.add(name, Subscriber(name, kind, handle))
        return handle

    return register


def emit(happened: Event, *, on: Model | None = None, key: str | None = None) -> OutboxEvent:
    """Write *happened* to the outbox in the current transaction.

    *on* is the row it is about: its scope gives the event's row rights. A repeated *key* is
    ignored, so that a resumed job tells the world once.
    """
    place_path, organisation_path, grade = standing(on) if on else ("", "", 1)
    values = {
        "type": happened.type,
        "at": timezone.now(),
        "body": asdict(happened),
        "place_path": place_path,
        "organisation_path": organisation_path,
        "grade": grade,
    }
    if key:
        row, is_new = OutboxEvent.objects.get_or_create(key=key, defaults=values)
    else:
        row, is_new = OutboxEvent.objects.create(**values), True
    if is_new:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(row.id)])
    return row
