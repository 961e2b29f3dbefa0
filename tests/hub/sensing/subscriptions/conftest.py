"""Somebody who subscribes, and a webhook of our own that hears what is posted."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.utils import translation

from chengshu.core.access.actor import Person
from chengshu.core.lake.connection import Lake
from chengshu.hub.sensing.actions.subscriptions import subscribe
from chengshu.hub.sensing.models import Subscription
from chengshu.hub.sensing.subscriptions.delivering import deliver
from chengshu.hub.sensing.subscriptions.reading import recent
from tests.core.access.factories import make_grant, make_user
from tests.hub.sensing.factories import organisation
from tests.hub.sensing.storing import store

AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Webhook:
    """Answers with the next of *answers*, then with 204."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def observations(self) -> list[dict[str, Any]]:
        return [row for body in self.bodies for row in json.loads(body)["observations"]]

    def values(self) -> list[float]:
        return [row["value"] for row in self.observations()]


@pytest.fixture
def webhook() -> Iterator[Webhook]:
    heard = Webhook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.bodies.append(body)
            heard.headers.append(dict(self.headers))
            status = heard.answers.pop(0) if heard.answers else 204
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", heard.url)
            self.end_headers()

        def log_message(self, *_words: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    heard.url = f"http://localhost:{server.server_port}/hook?key=1"
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield heard
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(autouse=True)
def _read_anew() -> Iterator[None]:
    recent.forget()
    with translation.override("en"):
        yield


@pytest.fixture
def inside(settings: Any) -> None:
    """Webhooks may reach this machine."""
    settings.CHENGSHU = replace(settings.CHENGSHU, webhook_networks=("127.0.0.0/8", "::1/128"))


def person(*permissions: str, **limits: Any) -> Person:
    user = make_user()
    make_grant(user, *(permissions or ("sensing.*",)), **limits)
    return Person(user)


@dataclass
class Post:
    """The lake and the worker's hand, used at will."""

    lake: Lake
    url: str

    def subscribe(self, by: Person, **wanted: Any) -> Subscription:
        values = {"name": "n", "organisation": organisation(), "url": self.url} | wanted
        return subscribe(by=by, **values)

    def store(self, number: int, *values: float, minute: int = 0) -> None:
        rows = [(number, AT + timedelta(minutes=minute + n), v) for n, v in enumerate(values)]
        store(self.lake, *rows)

    def deliver(self, subscription: Subscription) -> Subscription:
        recent.forget()
        deliver(subscription.pk, self.lake.current_snapshot())
        subscription.refresh_from_db()
        return subscription


@pytest.fixture
def post(lake: Lake, inside: None, webhook: Webhook) -> Post:
    return Post(lake, webhook.url)
