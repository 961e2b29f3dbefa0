"""The sender against a server that behaves badly in every way a network can."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chengshu.hub.sensing.sending import Refused, Sender, Sent, Stopped

ROWS = [{"terminal": "T1", "at": "2026-01-01T00:00:00Z", "values": {"noise": 50.0}}]
STORED = (200, {"received": 1, "stored": 1, "duplicate": 0, "rejected": 0, "rejections": []})
BUSY = (503, {"error": {"code": "ingest-overloaded", "message": "Send again later"}})
GARBAGE = (502, None)


class Entrance(ThreadingHTTPServer):
    """Gives the *answers* in order; remembers what was asked."""

    def __init__(self, answers: list[tuple[int, dict | None]]) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = answers
        self.asked: list[tuple[str, str, list]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Entrance

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        seen = self.headers["Authorization"], self.headers["Idempotency-Key"], body
        self.server.asked.append(seen)
        status, answer = self.server.answers.pop(0)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(b"<html>" if answer is None else json.dumps(answer).encode())

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


@pytest.fixture
def answering() -> Iterator:
    """Start an entrance that gives certain answers."""
    started: list[Entrance] = []

    def start(*answers: tuple[int, dict | None]) -> Entrance:
        entrance = Entrance(list(answers))
        threading.Thread(target=entrance.serve_forever, daemon=True).start()
        started.append(entrance)
        return entrance

    yield start
    for entrance in started:
        entrance.shutdown()
        entrance.server_close()


def test_the_counts_of_the_answer_come_back(answering) -> None:
    entrance = answering(STORED)

    with Sender(entrance.address, "cs_key") as sender:
        sent = sender.send(ROWS, key="k1")

    assert sent == Sent(received=1, stored=1)
    assert entrance.asked == [("Bearer cs_key", "k1", ROWS)]


def test_what_was_not_answered_is_sent_again_with_the_same_key(answering) -> None:
    entrance = answering(BUSY, GARBAGE, STORED)

    with Sender(entrance.address, "cs_key") as sender:
        sent = sender.send(ROWS, key="k1")

    assert sent.stored == 1
    assert [key for _token, key, _rows in entrance.asked] == ["k1", "k1", "k1"]


def test_rows_that_were_all_rejected_are_counted(answering) -> None:
    counts = {"received": 1, "stored": 0, "duplicate": 0, "rejected": 1}
    entrance = answering((422, {"error": {"code": "nothing-stored", "where": counts}}))

    with Sender(entrance.address, "cs_key") as sender:
        assert sender.send(ROWS, key="k1") == Sent(received=1, rejected=1)


def test_a_refusal_is_not_tried_again(answering) -> None:
    entrance = answering((401, {"error": {"code": "not-signed-in", "message": "unknown token"}}))

    with Sender(entrance.address, "cs_key") as sender, pytest.raises(Refused) as refused:
        sender.send(ROWS, key="k1")

    assert refused.value.where == {"status": 401, "code": "not-signed-in"}
    assert len(entrance.asked) == 1


def test_a_sender_that_is_told_to_stop_waits_no_longer() -> None:
    stop = threading.Event()
    stop.set()

    with Sender("http://127.0.0.1:9", "cs_key", stop) as sender, pytest.raises(Stopped):
        sender.send(ROWS, key="k1")


def test_counts_add_up() -> None:
    assert Sent(3, 1, 1, 1) + Sent(2, 2) == Sent(5, 3, 1, 1)
