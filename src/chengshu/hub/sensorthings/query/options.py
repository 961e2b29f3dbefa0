"""The system query options of a request (OGC 18-088, 9.3)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import unquote_plus

from ..errors import Malformed, NotOffered
from .parsing import parsed
from .trees import Node

PAGE = 100
MOST = 10_000
DEEPEST = 8


@dataclass(frozen=True)
class Order:
    node: Node
    is_descending: bool


@dataclass(frozen=True)
class Options:
    """*token* is where a page in the order of ids goes on; *sent* are the options as sent."""

    select: tuple[str, ...] | None = None
    expand: dict[str, "Options"] = field(default_factory=dict)
    filter: Node | None = None
    orderby: tuple[Order, ...] = ()
    top: int | None = None
    skip: int = 0
    count: bool = False
    result_format: str = ""
    token: int | None = None
    sent: tuple[tuple[str, str], ...] = ()

    @property
    def page(self) -> int:
        """Rows on a page: what was asked for, up to the server's own limit."""
        return PAGE if self.top is None else min(self.top, MOST)


def read(query: str) -> Options:
    """The options in the query part of an address, still percent-encoded."""
    pairs = []
    for part in query.split("&"):
        name, mark, value = part.partition("=")
        if name := unquote_plus(name):
            pairs.append((name, unquote_plus(value) if mark else ""))
    return _options([pair for pair in pairs if pair[0].startswith("$")])


def _options(pairs: Sequence[tuple[str, str]], depth: int = 0) -> Options:
    found: dict[str, object] = {"sent": tuple(pairs)}
    for name, value in pairs:
        reader = READERS.get(name)
        if reader is None:
            raise NotOffered(f"The option {name} is not offered", where={"option": name})
        key, read_value = reader
        if key in found:
            raise Malformed(f"{name} is there twice", where={"option": name})
        found[key] = _expand(value, depth) if key == "expand" else read_value(value)
    return replace(Options(), **found)  # type: ignore[arg-type]


def _count(value: str) -> bool:
    if value not in ("true", "false"):
        raise Malformed("$count is true or false", where={"option": "$count"})
    return value == "true"


def _number(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise Malformed(f"{value!r} is not a whole number from 0 up", where={"value": value})
    return int(value)


def _select(value: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in value.split(","))
    if not all(names):
        raise Malformed("$select names nothing between its commas", where={"option": "$select"})
    return names


def _orderby(value: str) -> tuple[Order, ...]:
    return tuple(_order(part) for part in _split(value, ","))


def _order(text: str) -> Order:
    head, _space, last = text.strip().rpartition(" ")
    if head and last.lower() in ("asc", "desc"):
        return Order(parsed(head), last.lower() == "desc")
    return Order(parsed(text), is_descending=False)


def _expand(value: str, depth: int) -> dict[str, Options]:
    if depth > DEEPEST:
        raise Malformed(f"$expand is nested deeper than {DEEPEST}")
    found: dict[str, Options] = {}
    for part in _split(value, ","):
        path, _mark, inner = part.strip().partition("(")
        if inner and not inner.endswith(")"):
            raise Malformed(f"$expand cannot be read at {part!r}", where={"option": "$expand"})
        pairs = [_pair(option) for option in _split(inner[:-1], ";")] if inner else []
        options = _options(pairs, depth + 1)
        for name in reversed(path.split("/")[1:]):
            options = Options(expand={name: options}, sent=(("$expand", name),))
        name = path.split("/")[0]
        found[name] = _merged(found[name], options) if name in found else options
    return found


def _pair(text: str) -> tuple[str, str]:
    name, _mark, value = text.strip().partition("=")
    return name, value


def _merged(one: Options, other: Options) -> Options:
    """``A/B,A/C`` is one A with B and C."""
    both = dict(one.expand)
    for name, options in other.expand.items():
        both[name] = _merged(both[name], options) if name in both else options
    kept = one if other == Options(expand=other.expand, sent=other.sent) else other
    return replace(kept, expand=both)


def _split(text: str, separator: str) -> list[str]:
    """*text* at each *separator* that stands outside quotes and parentheses."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, character in enumerate(text):
        if character == "'":
            quoted = not quoted
        elif quoted:
            continue
        elif character in "()":
            depth += 1 if character == "(" else -1
        elif character == separator and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    if depth or quoted:
        raise Malformed(f"Quotes or parentheses are not closed in {text!r}")
    return [*parts, text[start:]]


READERS: dict[str, tuple[str, Callable[[str], object]]] = {
    "$select": ("select", _select),
    "$expand": ("expand", str),
    "$filter": ("filter", parsed),
    "$orderby": ("orderby", _orderby),
    "$top": ("top", _number),
    "$skip": ("skip", _number),
    "$count": ("count", _count),
    "$resultFormat": ("result_format", str),
    "$skiptoken": ("token", _number),
}
