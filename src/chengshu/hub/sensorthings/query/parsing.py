"""Filters and orders read: a Pratt parser with the precedence of OGC 18-088, 9.3.3.5.1."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from ..errors import Malformed, NotOffered
from .functions import FUNCTIONS
from .trees import Binary, Call, Clock, Geography, Literal, Node, Path, Unary

STRENGTH = {
    "or": 1,
    "and": 2,
    "eq": 3,
    "ne": 3,
    "gt": 4,
    "ge": 4,
    "lt": 4,
    "le": 4,
    "add": 5,
    "sub": 5,
    "mul": 6,
    "div": 6,
    "mod": 6,
}
"""How tightly the operators bind; ``not`` and the sign bind tighter than any."""
UNARY = 7
DEEPEST = 100
EXTENSIONS = frozenset({"before", "after", "meets", "during", "overlaps", "starts", "finishes"})
EXTENSION_OPERATORS = frozenset({"in", "has"})

TOKEN = re.compile(
    r"""\s*(?:
    (?P<geography>geography'(?:[^']|'')*')
  | (?P<duration>duration'(?:[^']|'')*')
  | (?P<text>'(?:[^']|'')*')
  | (?P<moment>\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?\ ?(?:Z|[+-]\d\d:?\d\d|\d\d:\d\d)?)
  | (?P<date>\d{4}-\d\d-\d\d)
  | (?P<time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?)
  | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<name>(?:@iot\.)?\w+(?:\.\w+)?)
  | (?P<mark>[()/,\[\]-])
    )""",
    re.VERBOSE,
)


class Token(NamedTuple):
    kind: str
    text: str
    at: int


def parsed(text: str) -> Node:
    """The tree of one expression. Raises Malformed, or NotOffered for extensions of others."""
    reader = _Reader(text)
    tree = reader.expression(0)
    reader.expect("end")
    return tree


def moment(text: str) -> datetime:
    """An ISO 8601 time with its offset, in UTC. Raises Malformed."""
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Malformed(f"{text!r} is not an ISO 8601 time", where={"time": text}) from None


def _tokens(text: str) -> list[Token]:
    found, at = [], 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise Malformed(f"Cannot read {text[at:]!r}", where={"position": at})
        found.append(Token(match.lastgroup, match.group(match.lastgroup), match.start()))
        at = match.end()
    return [*found, Token("end", "", len(text))]


def _unquoted(text: str) -> str:
    return text[text.index("'") + 1 : -1].replace("''", "'")


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _refuse(self) -> Malformed:
        token = self._next
        said = f"unexpected {token.text!r}" if token.text else "unexpected end"
        return Malformed(f"The expression has an {said}", where={"position": token.at})

    def expect(self, text: str) -> None:
        token = self._next
        if token.text != text and token.kind != text:
            raise self._refuse()
        self._take()

    def expression(self, strength: int) -> Node:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Malformed(f"The expression is nested deeper than {DEEPEST}")
        left = self._operand()
        while True:
            operator = self._next
            if operator.kind == "name" and operator.text in EXTENSION_OPERATORS:
                raise NotOffered(f"The operator {operator.text} is not offered")
            binds = STRENGTH.get(operator.text, 0) if operator.kind == "name" else 0
            if binds <= strength:
                break
            self._take()
            left = Binary(operator.text, left, self.expression(binds))
        self._depth -= 1
        return left

    def _operand(self) -> Node:
        token = self._next
        if token.kind == "mark":
            return self._marked(token)
        if token.kind in LITERALS:
            return LITERALS[token.kind](self._take().text)
        if token.kind != "name":
            raise self._refuse()
        return self._named(token)

    def _marked(self, token: Token) -> Node:
        if token.text == "-":
            self._take()
            return Unary("-", self.expression(UNARY))
        self.expect("(")
        inner = self.expression(0)
        self.expect(")")
        return inner

    def _named(self, token: Token) -> Node:
        if token.text == "not":
            self._take()
            return Unary("not", self.expression(UNARY))
        if token.text in WORDS:
            self._take()
            return Literal(WORDS[token.text])
        if self._tokens[self._at + 1].text == "(":
            return self._call()
        return self._path()

    def _call(self) -> Node:
        name = self._take().text
        if name in EXTENSIONS:
            raise NotOffered(f"The function {name} is not offered")
        if name not in FUNCTIONS:
            raise Malformed(f"There is no function {name}", where={"function": name})
        self.expect("(")
        arguments: list[Node] = []
        while self._next.text != ")":
            if arguments:
                self.expect(",")
            arguments.append(self.expression(0))
        self.expect(")")
        if len(arguments) not in FUNCTIONS[name].counts:
            raise Malformed(f"{name} does not take {len(arguments)} arguments")
        return Call(name, tuple(arguments))

    def _path(self) -> Path:
        steps: list[str | int] = [self._take().text]
        while self._next.text in ("/", "["):
            if self._take().text == "/":
                steps.append(self._step())
            else:
                steps.append(self._position())
                self.expect("]")
        return Path(tuple(steps))

    def _step(self) -> str:
        if self._next.kind not in ("name", "number"):
            raise self._refuse()
        return self._take().text

    def _position(self) -> int:
        if self._next.kind != "number" or not self._next.text.isdigit():
            raise self._refuse()
        return int(self._take().text)


def _number(text: str) -> float | int:
    """Whole numbers stay whole as far as ids go."""
    is_whole = text.isdigit() and len(text) < 19
    return int(text) if is_whole else float(text)


def _duration(_text: str) -> Node:
    raise NotOffered("Durations are not offered")


WORDS = {"true": True, "false": False, "null": None}
LITERALS: dict[str, Callable[[str], Node]] = {
    "text": lambda text: Literal(_unquoted(text)),
    "geography": lambda text: Geography(_unquoted(text)),
    "duration": _duration,
    "moment": lambda text: Literal(moment(text)),
    "date": lambda text: Clock(text, is_date=True),
    "time": lambda text: Clock(text, is_date=False),
    "number": lambda text: Literal(_number(text)),
}
