"""The grammar of filters, without a database."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.hub.sensorthings.errors import Malformed, NotOffered
from chengshu.hub.sensorthings.query.options import read
from chengshu.hub.sensorthings.query.parsing import STRENGTH, parsed
from chengshu.hub.sensorthings.query.trees import Binary, Literal, Path, Unary

ORDER = [
    ("or",),
    ("and",),
    ("eq", "ne"),
    ("gt", "ge", "lt", "le"),
    ("add", "sub"),
    ("mul", "div", "mod"),
]


@pytest.mark.parametrize(
    ("loose", "tight"),
    [(a, b) for low, high in zip(ORDER, ORDER[1:], strict=False) for a in low for b in high],
)
def test_the_tighter_operator_takes_its_operands_first(loose: str, tight: str) -> None:
    a, b, c = (Path((name,)) for name in "abc")

    assert parsed(f"a {loose} b {tight} c") == Binary(loose, a, Binary(tight, b, c))
    assert parsed(f"a {tight} b {loose} c") == Binary(loose, Binary(tight, a, b), c)
    assert parsed(f"(a {loose} b) {tight} c") == Binary(tight, Binary(loose, a, b), c)


@pytest.mark.parametrize("operator", STRENGTH)
def test_equal_operators_go_from_left_to_right_and_unary_comes_first(operator: str) -> None:
    a, b, c = (Path((name,)) for name in "abc")

    assert parsed(f"a {operator} b {operator} c") == Binary(operator, Binary(operator, a, b), c)
    assert parsed(f"-a {operator} b") == Binary(operator, Unary("-", a), b)
    assert parsed(f"not a {operator} b") == Binary(operator, Unary("not", a), b)


@given(st.text(max_size=40))
def test_any_text_is_a_literal_when_its_quotes_are_doubled(text: str) -> None:
    quoted = text.replace("'", "''")

    assert parsed(f"name eq '{quoted}'") == Binary("eq", Path(("name",)), Literal(text))


@given(st.text(alphabet="ab'()/,.-$[]0123456789 Teqandnot:+", max_size=60))
def test_nonsense_is_refused_and_never_breaks(text: str) -> None:
    with suppress(Malformed, NotOffered):
        parsed(text)


@given(st.text(alphabet="$selctxpandfioruby=&;,()'ABC %20/", max_size=60))
def test_options_that_are_nonsense_are_refused_and_never_break(text: str) -> None:
    with suppress(Malformed, NotOffered):
        read(text)


def test_a_time_may_have_a_plus_that_the_address_turned_into_a_space() -> None:
    assert parsed("t lt 2015-03-02T08:00:00 08:00") == parsed("t lt 2015-03-02T00:00:00Z")
