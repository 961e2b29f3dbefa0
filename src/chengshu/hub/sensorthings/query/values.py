"""What an expression has become in SQL, and how two of them are compared."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from ..errors import Malformed
from .fragments import NULL, Sql, bound, glue
from .functions import Type
from .parsing import moment
from .trees import Clock, Literal

CONSTANTS: dict[type, tuple[Type, str]] = {
    int: (Type.NUMBER, ""),
    float: (Type.NUMBER, "FLOAT8"),
    str: (Type.TEXT, "TEXT"),
    datetime: (Type.TIME, "TIMESTAMPTZ"),
}
"""Whole numbers keep their exact value: ids are larger than a float can tell apart."""
COMPARISONS = {"eq": "=", "ne": "<>", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}


@dataclass(frozen=True)
class Value:
    """*sql* is of *type*; a time that may last has its *end*; ANY has a variant for each type.

    *literal* is the constant it was made from.
    """

    type: Type
    sql: Sql
    end: Sql | None = None
    variants: dict[Type, Sql] = field(default_factory=dict)
    literal: Literal | Clock | None = None

    def within(self, wrap: Callable[[Sql], Sql]) -> "Value":
        """The same, each part of it put into another query."""
        return replace(
            self,
            sql=wrap(self.sql),
            end=self.end and wrap(self.end),
            variants={kind: wrap(sql) for kind, sql in self.variants.items()},
        )

    def as_type(self, wanted: Type) -> Sql:
        """Raises Malformed when it cannot be of type *wanted*."""
        if self.type == wanted:
            return self.sql
        if self.type == Type.NULL:
            return NULL
        if wanted in self.variants:
            return self.variants[wanted]
        converted = self._converted(wanted)
        if converted is None:
            raise Malformed(f"A {self.type.value} stands where a {wanted.value} is due")
        return converted

    def _converted(self, wanted: Type) -> Sql | None:
        match self.literal:
            case Clock(text=text, is_date=True) if wanted == Type.TIME:
                return of_time(moment(f"{text}T00:00:00Z"))
            case Literal(value=str() as text) if wanted == Type.TIME:
                return of_time(moment(text))
            case Literal(value=str() as text) if wanted == Type.NUMBER:
                return of_number(text)
            case Literal(value=datetime() as at) if wanted == Type.TEXT:
                return bound(at.isoformat(timespec="milliseconds").replace("+00:00", "Z"), "TEXT")
        return None


def of_time(at: datetime) -> Sql:
    return bound(at, "TIMESTAMPTZ")


def of_number(text: str) -> Sql:
    try:
        return bound(float(text), "FLOAT8")
    except ValueError:
        raise Malformed(f"{text!r} is not a number", where={"value": text}) from None


def of_literal(node: Literal | Clock) -> Value:
    """The constant as a value."""
    if isinstance(node, Clock):
        return Value(Type.TEXT, bound(_clock(node), "TEXT"), literal=node)
    kind, sql = _constant(node.value)
    return Value(kind, sql, literal=node)


def _constant(value: object) -> tuple[Type, Sql]:
    if value is None:
        return Type.NULL, NULL
    if isinstance(value, bool):
        return Type.BOOL, Sql("TRUE" if value else "FALSE")
    kind, cast = CONSTANTS[type(value)]
    return kind, bound(value, cast)


def _clock(node: Clock) -> str:
    """Times of day have microseconds, as the function ``time`` gives them."""
    if node.is_date:
        return node.text
    main, _dot, fraction = node.text.partition(".")
    full = main if main.count(":") == 2 else f"{main}:00"
    return f"{full}.{fraction:0<6.6}"


def compared(operator: str, left: Value, right: Value, collate: str) -> Sql:
    """*left* against *right*; *collate* makes a text compare by code point."""
    if Type.NULL in (left.type, right.type):
        return _with_null(operator, left, right)
    kind = _meeting(left, right)
    if kind == Type.TIME:
        return _times(operator, left, right)
    sign = COMPARISONS[operator]
    one, other = left.as_type(kind), right.as_type(kind)
    if kind == Type.TEXT:
        one = glue(collate, one)
    return glue(f"({{}} {sign} {{}})", one, other)


def _with_null(operator: str, left: Value, right: Value) -> Sql:
    if operator not in ("eq", "ne"):
        return NULL
    known = right if left.type == Type.NULL else left
    sql = known.variants.get(Type.TEXT, known.sql)
    return glue("({} IS NULL)" if operator == "eq" else "({} IS NOT NULL)", sql)


def _meeting(left: Value, right: Value) -> Type:
    """The type in which both are compared. A constant text follows what it is compared with."""
    kinds = [value.type for value in (left, right) if value.type != Type.ANY]
    if not kinds:
        return Type.TEXT
    if len(kinds) == 1:
        return Type.TEXT if kinds[0] == Type.TIME else kinds[0]
    if Type.TEXT in kinds:
        return kinds[0] if kinds[1] == Type.TEXT else kinds[1]
    return kinds[0]


def _times(operator: str, left: Value, right: Value) -> Sql:
    start, other = left.as_type(Type.TIME), right.as_type(Type.TIME)
    finish = glue("coalesce({}, {})", left.end, start) if left.end else start
    other_finish = glue("coalesce({}, {})", right.end, other) if right.end else other
    sides = {
        "gt": (start, other_finish),
        "ge": (start, other),
        "lt": (finish, other),
        "le": (finish, other_finish),
    }.get(operator)
    if sides is not None:
        return glue(f"({{}} {COMPARISONS[operator]} {{}})", *sides)
    equal = glue("({} = {})", start, other)
    if left.end or right.end:
        ends = (left.end or NULL, right.end or NULL)
        equal = glue("({} AND {} IS NOT DISTINCT FROM {})", equal, *ends)
    return equal if operator == "eq" else glue("(NOT {})", equal)
