import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from chengshu.hub.sensing.ingest.keys import MISSING, GrowingTable, Keys, KeyTable

pairs = st.tuples(st.text(max_size=8), st.text(max_size=3))


def keys(wanted: list[tuple[str, str]]) -> Keys:
    left, right = ([pair[side] for pair in wanted] for side in (0, 1))
    return Keys.of(pl.Series(left, dtype=pl.String), pl.Series(right, dtype=pl.String))


def numbers(wanted: list[tuple[str, str]]) -> np.ndarray:
    return np.arange(len(wanted), dtype=np.int32)


@given(st.lists(pairs, unique=True), st.lists(pairs))
def test_a_table_finds_what_a_dict_finds(known: list, asked: list):
    table = KeyTable(keys(known), numbers(known))

    found = table.find(keys(asked))

    expected = dict(zip(known, range(len(known)), strict=True))
    assert found.tolist() == [expected.get(pair, MISSING) for pair in asked]


@given(st.lists(pairs, unique=True, min_size=1), st.integers(0, 20))
def test_a_table_with_more_keys_finds_all_and_leaves_the_first_as_it_was(known: list, cut: int):
    first, more = known[:cut], known[cut:]
    before = KeyTable(keys(first), numbers(first))

    after = before.with_more(keys(more), numbers(more) + np.int32(len(first)))

    assert after.find(keys(known)).tolist() == list(range(len(known)))
    assert before.find(keys(more)).tolist() == [MISSING] * len(more)


@given(st.lists(pairs, unique=True), st.lists(pairs), st.integers(1, 7))
def test_a_growing_table_finds_what_a_dict_finds(known: list, asked: list, step: int):
    table = GrowingTable()
    for start in range(0, len(known), step):
        some = known[start : start + step]
        before, table = table, table.with_more(keys(some), numbers(some) + np.int32(start))
        assert before.find(keys(some)).tolist() == [MISSING] * len(some)

    expected = dict(zip(known, range(len(known)), strict=True))
    assert len(table) == len(known)
    assert table.find(keys(asked)).tolist() == [expected.get(pair, MISSING) for pair in asked]
    assert table.find(keys(known)).tolist() == list(range(len(known)))


def test_a_hundred_thousand_keys_all_have_their_place():
    known = [(f"T{number}", "co") for number in range(100_000)]
    table = KeyTable(keys(known), numbers(known))

    assert table.find(keys(known)).tolist() == list(range(len(known)))


def test_the_pair_counts_and_not_the_text_of_both_together():
    table = KeyTable(keys([("ab", "c")]), np.zeros(1, np.int32))

    assert table.find(keys([("a", "bc"), ("c", "ab")])).tolist() == [MISSING, MISSING]
