"""Messages as terminals and platforms could send them, made from the layouts themselves."""

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from chengshu.protocols.jt808 import Header, Item, Location, Message
from chengshu.protocols.jt808.bodies import LocationBatch
from chengshu.protocols.jt808.layouts import LAYOUTS
from chengshu.protocols.jt808.location import BareLocationKind, LocationKind
from chengshu.protocols.jt808.shapes import (
    Digits,
    FixedText,
    Identifier,
    Kind,
    Listed,
    Number,
    Octets,
    RestText,
    Row,
    Shape,
    SizedOctets,
    SizedText,
)

words = st.integers(0, 0xFFFF)
dwords = st.integers(0, 0xFFFFFFFF)
items = st.builds(Item, st.integers(0, 255), st.binary(max_size=12))
_LETTERS = st.text("abcXYZ0189京粤测", max_size=5)


def locations(items: st.SearchStrategy[Any]) -> st.SearchStrategy[Location]:
    clock = st.text("0123456789", min_size=12, max_size=12)
    return st.builds(Location, dwords, dwords, dwords, dwords, words, words, words, clock, items)


any_location = locations(st.lists(items, max_size=6).map(tuple))


def _digits(size: int) -> st.SearchStrategy[str]:
    return st.text("0123456789", min_size=2 * size, max_size=2 * size)


def _fixed_text(size: int) -> st.SearchStrategy[str]:
    return _LETTERS.map(lambda text: text[: size // 2])


def _octets(size: int | None) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size or 0, max_size=40 if size is None else size)


_VALUES: dict[type, Callable[[Any], st.SearchStrategy[Any]]] = {
    BareLocationKind: lambda kind: locations(st.just(())),
    LocationKind: lambda kind: any_location,
    Number: lambda kind: st.integers(0, (1 << 8 * kind.size) - 1),
    Identifier: lambda kind: st.integers(0, (1 << 8 * kind.size) - 1),
    Digits: lambda kind: _digits(kind.size),
    Octets: lambda kind: _octets(kind.size),
    FixedText: lambda kind: _fixed_text(kind.size),
    SizedText: lambda kind: _LETTERS,
    RestText: lambda kind: _LETTERS,
    SizedOctets: lambda kind: st.binary(max_size=20),
    Row: lambda kind: st.tuples(*map(values, kind.kinds)),
    Listed: lambda kind: st.lists(values(kind.item), max_size=5).map(tuple),
}


def values(kind: Kind) -> st.SearchStrategy[Any]:
    return _VALUES[type(kind)](kind)


def bodies(shape: Shape) -> st.SearchStrategy[Any]:
    named = {name: values(kind) for name, kind in shape.kinds}
    return st.builds(shape.body, **named, **{k: st.just(v) for k, v in shape.fixed.items()})


def headers(message_id: int, *, is_2019: bool) -> st.SearchStrategy[Header]:
    versions = st.integers(0, 255) if is_2019 else st.none()
    phones = _digits(10 if is_2019 else 6)
    return st.builds(Header, st.just(message_id), phones, words, st.just(is_2019), versions)


@st.composite
def location_messages(draw: st.DrawFn) -> Message:
    if draw(st.booleans()):
        return Message(draw(headers(0x0200, is_2019=draw(st.booleans()))), draw(any_location))
    places = tuple(draw(st.lists(any_location, max_size=4)))
    batch = LocationBatch(len(places), draw(st.integers(0, 1)), places)
    return Message(draw(headers(0x0704, is_2019=draw(st.booleans()))), batch)


NOT_TOLD_FROM_2013_WITH_A_LONG_PLATE = "2011"
SHAPES = [
    (message_id, shape)
    for message_id, shapes in sorted(LAYOUTS.items())
    for shape in shapes
    if shape.fixed.get("form") != NOT_TOLD_FROM_2013_WITH_A_LONG_PLATE
]
