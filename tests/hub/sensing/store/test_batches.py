"""Several batches prepared at once are what each would be alone."""

import math

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from chengshu.hub.sensing.store.batches import Batch, prepared, prepared_each

from .factories import observations

rows = st.tuples(
    st.integers(0, 2), st.integers(0, 3), st.sampled_from([0.0, 1.0, math.nan, math.inf])
)


def said(batch: Batch) -> tuple[list[tuple[object, ...]], int, int]:
    return batch.rows.rows(), batch.repeated, batch.rejected


@given(st.lists(st.lists(rows, max_size=6), min_size=1, max_size=4))
def test_each_batch_is_as_if_it_had_come_alone(sent: list[list[tuple]]) -> None:
    several = pl.concat(
        observations(*one).with_columns(turn=pl.lit(turn, pl.Int64))
        for turn, one in enumerate(sent)
    )

    found = prepared_each(several, len(sent))

    assert [said(batch) for batch in found] == [said(prepared(observations(*o))) for o in sent]
