"""What the marks call new is new, and a little out of order needs no look into the lake."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.hub.sensing.store.batches import sorted_by_key
from chengshu.hub.sensing.store.marks import DEPTH, HighWaterMarks
from chengshu.hub.sensing.store.places import MISSING, Places

from .factories import observations

STREAMS = (1, 2, 5000, 2**40)
keys = st.sets(st.tuples(st.sampled_from(STREAMS), st.integers(0, 40)), max_size=20)


def rows_of(sent: set[tuple[int, int]]) -> pl.DataFrame:
    return sorted_by_key(observations(*((stream, at, 0.0) for stream, at in sent)))


def said(rows: pl.DataFrame) -> list[tuple[object, ...]]:
    return rows.select("datastream", "at").rows()


def nothing_known() -> HighWaterMarks:
    return HighWaterMarks(0, np.empty(0, np.int64), np.empty(0, np.int64))


@given(st.lists(keys, max_size=12), keys)
def test_no_row_that_is_stored_is_ever_called_new(
    stored: list[set[tuple[int, int]]], asked: set[tuple[int, int]]
) -> None:
    marks = nothing_known()
    for sent in stored:
        marks.take(rows_of(sent))

    unsure = said(marks.unsure(rows_of(asked)))

    assert set(unsure) >= set(said(rows_of(asked & set().union(*stored))))
    assert unsure == sorted(set(unsure))


def test_what_is_a_little_out_of_order_is_known_to_be_new() -> None:
    marks = nothing_known()
    for at in range(0, 2 * DEPTH, 2):
        marks.take(rows_of({(stream, at) for stream in STREAMS}))

    between = rows_of({(stream, at) for stream in STREAMS for at in range(1, 2 * DEPTH, 2)})

    assert not len(marks.unsure(between))


def test_what_is_far_out_of_order_is_to_be_looked_up() -> None:
    marks = nothing_known()
    for at in range(DEPTH + 1):
        marks.take(rows_of({(1, 2 * at)}))

    assert said(marks.unsure(rows_of({(1, -1), (1, 1), (1, 99)}))) == said(rows_of({(1, -1)}))


@pytest.mark.parametrize("many", [DEPTH, DEPTH + 1, 3 * DEPTH])
def test_many_rows_of_a_stream_at_once_are_known_as_well(many: int) -> None:
    marks = nothing_known()
    marks.take(rows_of({(1, at) for at in range(0, 2 * many, 2)}))

    again = rows_of({(1, at) for at in range(0, 2 * many, 2)})
    late = rows_of({(1, 2 * many - 3)})

    assert said(marks.unsure(again)) == said(again)
    assert not len(marks.unsure(late))


@given(st.lists(st.sets(st.integers(0, 2**50) | st.integers(0, 9000), max_size=30), max_size=6))
def test_every_stream_has_one_place(asked: list[set[int]]) -> None:
    places, known = Places(), dict[int, int]()
    for streams in asked:
        given_now = np.array(sorted(streams), np.int64)
        before = places.of(given_now).tolist()
        assert before == [known.get(stream, MISSING) for stream in sorted(streams)]
        known |= dict(zip(sorted(streams), places.take_in(given_now).tolist(), strict=True))

    assert sorted(known.values()) == list(range(len(known))) == list(range(len(places)))
