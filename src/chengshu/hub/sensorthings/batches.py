"""Several requests in one: ``multipart/mixed`` (OGC 18-088, clause 11) and JSON (OData 4.01)."""

import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from email.message import Message
from email.parser import BytesParser
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote, urlsplit

import orjson
from django.db import transaction

from chengshu.kit.errors import CityError

from .actions.work import Work
from .errors import Malformed
from .exchange import JSON, Call, Reply
from .naming import ID_NAMES, VERSION

Answer = Callable[[Call, Work | None], Reply]
MOST = 1000
MADE = re.compile(r"/(\w+\(\d+\))$")
REFERENCE = re.compile(r"^\$([\w-]+)(?=$|/|\?)")


@dataclass
class Item:
    """One request of a batch; *name* is its Content-ID or id."""

    call: Call
    name: str = ""


@dataclass
class Set:
    """Requests of which all or none take effect."""

    items: list[Item] = field(default_factory=list)


@dataclass
class _Run:
    """The running batch: what was made under which name."""

    answer: Answer
    made: dict[str, str] = field(default_factory=dict)

    def one(self, item: Item, work: Work | None = None) -> Reply:
        reply = self.answer(self._resolved(item.call), work)
        made = MADE.search(reply.headers.get("Location", ""))
        if item.name and made is not None:
            self.made[item.name] = made.group(1)
        return reply

    def all_or_none(self, several: Set) -> list[Reply]:
        """The replies, or the one of the request that failed."""
        work = Work(is_shared=True)
        try:
            with transaction.atomic():
                replies = [self._must(item, work) for item in several.items]
                work.hand_over()
        except _Failed as failed:
            return [failed.reply]
        except CityError as error:
            return [Reply(error.status, error.as_json())]
        return replies

    def _must(self, item: Item, work: Work) -> Reply:
        if item.call.method in ("GET", "HEAD"):
            raise Malformed("A change set reads nothing")
        reply = self.one(item, work)
        if reply.status >= HTTPStatus.BAD_REQUEST:
            raise _Failed(reply)
        return reply

    def _resolved(self, call: Call) -> Call:
        """*call* with the names of earlier requests replaced by what they made."""
        path = REFERENCE.sub(lambda m: self.made.get(m.group(1), m.group(0)), call.path)
        body = call.body
        if self.made and body and b"$" in body:
            body = orjson.dumps(self._linked(call.json()))
        return replace(call, path=path, body=body)

    def _linked(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: self._linked(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [self._linked(inner) for inner in value]
        if key in ID_NAMES and isinstance(value, str) and value[1:] in self.made:
            return int(self.made[value[1:]].partition("(")[2][:-1])
        return value


class _Failed(Exception):
    def __init__(self, reply: Reply) -> None:
        super().__init__()
        self.reply = reply


def answer(call: Call, answer_one: Answer) -> Reply:
    """Raises Malformed when the batch as a whole cannot be read."""
    if call.content_type.startswith("multipart/mixed"):
        return _multipart(call, _Run(answer_one))
    if call.content_type.startswith(JSON):
        return _json(call, _Run(answer_one))
    raise Malformed("A batch is multipart/mixed or JSON")


def _multipart(call: Call, run: _Run) -> Reply:
    boundary = f"batch-{secrets.token_hex(8)}"
    parts = []
    for part in _limited(_parts(call.content_type, call.body)):
        if part.get_content_type() == "multipart/mixed":
            several = Set([_item(call, inner) for inner in _inner(part)])
            parts.append(_set_part(several, run.all_or_none(several)))
        else:
            item = _item(call, part)
            parts.append(_part(item.name, run.one(item)))
    return Reply(
        text=_enclosed(boundary, parts), content_type=f"multipart/mixed;boundary={boundary}"
    )


def _limited(parts: list[Any]) -> list[Any]:
    if len(parts) > MOST:
        raise Malformed(f"A batch has at most {MOST} requests")
    return parts


def _parts(content_type: str, body: bytes) -> list[Message]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode()
    found = BytesParser().parsebytes(head + body)
    if not found.is_multipart():
        raise Malformed("The batch has no parts: its boundary was not found")
    return _inner(found)


def _inner(part: Message) -> list[Message]:
    found = part.get_payload()
    return (
        [inner for inner in found if isinstance(inner, Message)] if isinstance(found, list) else []
    )


def _item(outer: Call, part: Message) -> Item:
    """The HTTP request within *part*."""
    content = part.get_payload(decode=True)
    if part.get_content_type() != "application/http" or not isinstance(content, bytes):
        raise Malformed("A part of a batch is application/http")
    line, _mark, rest = content.lstrip().replace(b"\r\n", b"\n").partition(b"\n")
    words = line.decode(errors="replace").split()
    if len(words) not in (2, 3):
        raise Malformed(f"{line!r} is not a request")
    head, _blank, body = rest.partition(b"\n\n") if rest[:1] != b"\n" else (b"", b"", rest[1:])
    kind = BytesParser().parsebytes(head + b"\n\n").get_content_type() if head else JSON
    kind = kind if kind != "text/plain" else JSON
    return Item(_call(outer, words[0], words[1], body.strip(), kind), part.get("Content-ID", ""))


def _call(outer: Call, method: str, url: str, body: bytes, kind: str) -> Call:
    path, _mark, query = _local(url, outer.root).partition("?")
    return replace(
        outer,
        method=method.upper(),
        path=unquote(path),
        query=query,
        body=body,
        content_type=kind,
    )


def _local(url: str, root: str) -> str:
    """*url* below the service: absolute, from the host's root, or relative."""
    for prefix in (root, urlsplit(root).path, f"/{VERSION}", VERSION):
        if url == prefix or url.startswith((f"{prefix}/", f"{prefix}?")):
            return url[len(prefix) :].lstrip("/")
    return url.lstrip("/")


def _part(name: str, reply: Reply) -> str:
    status = HTTPStatus(reply.status)
    lines = ["Content-Type: application/http", "Content-Transfer-Encoding: binary"]
    lines += [f"Content-ID: {name}"] if name else []
    lines += ["", f"HTTP/1.1 {status.value} {status.phrase}"]
    lines += [f"{key}: {value}" for key, value in reply.headers.items()]
    body = reply.body.decode()
    if body:
        lines.append(f"Content-Type: {reply.content_type}")
    return "\r\n".join([*lines, "", body])


def _set_part(several: Set, replies: list[Reply]) -> str:
    if len(replies) != len(several.items) or replies[0].status >= HTTPStatus.BAD_REQUEST:
        return _part("", replies[0])
    boundary = f"set-{secrets.token_hex(8)}"
    parts = [_part(item.name, reply) for item, reply in zip(several.items, replies, strict=True)]
    head = f"Content-Type: multipart/mixed;boundary={boundary}\r\n\r\n"
    return head + _enclosed(boundary, parts)


def _enclosed(boundary: str, parts: list[str]) -> str:
    return "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"


def _json(call: Call, run: _Run) -> Reply:
    requests = call.object().get("requests")
    if not isinstance(requests, list) or not all(isinstance(r, dict) for r in requests):
        raise Malformed("A batch in JSON has a list of requests")
    responses: list[dict[str, Any]] = []
    for several in _grouped(call, _limited(requests)):
        if isinstance(several, Item):
            responses.append(_response(several.name, run.one(several)))
            continue
        replies = run.all_or_none(several)
        if len(replies) < len(several.items):
            replies = replies * len(several.items)
        responses += [
            _response(item.name, reply) for item, reply in zip(several.items, replies, strict=True)
        ]
    return Reply(document={"responses": responses})


def _grouped(call: Call, requests: list[dict[str, Any]]) -> Iterator[Item | Set]:
    """Requests of one ``atomicityGroup`` that follow each other are a set."""
    group, several = None, Set()
    for request in requests:
        if several.items and request.get("atomicityGroup") != group:
            yield several
            several = Set()
        group = request.get("atomicityGroup")
        if group:
            several.items.append(_requested(call, request))
        else:
            yield _requested(call, request)
    if several.items:
        yield several


def _requested(call: Call, request: dict[str, Any]) -> Item:
    method, url = request.get("method"), request.get("url")
    if not isinstance(method, str) or not isinstance(url, str):
        raise Malformed("A request has a method and a url")
    body = orjson.dumps(request["body"]) if "body" in request else b""
    kind = (request.get("headers") or {}).get("content-type", JSON)
    return Item(_call(call, method, url, body, kind), str(request.get("id", "")))


def _response(name: str, reply: Reply) -> dict[str, Any]:
    found: dict[str, Any] = {"id": name, "status": reply.status}
    if "Location" in reply.headers:
        found["location"] = reply.headers["Location"]
    if reply.document is not None or reply.text is not None:
        found["body"] = reply.document if reply.text is None else reply.text
    return found
