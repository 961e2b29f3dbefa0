"""What a group of batches changes in the lake, and what each of them is answered."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from .batches import KEY, Batch, Counts, arrays, is_again, is_last_of_key, rises


@dataclass(frozen=True)
class Plan:
    """*add* is new or replaces the rows whose keys are in *remove*; *counts* is per batch."""

    add: pl.DataFrame
    remove: pl.DataFrame
    counts: tuple[Counts, ...]


def together(batches: Sequence[Batch]) -> pl.DataFrame:
    """The rows of all *batches* sorted by key and, within a key, by ``turn``.

    Each batch is sorted; numpy's stable sort makes use of that.
    """
    rows = pl.concat([batch.rows for batch in batches], rechunk=True)
    turn = np.repeat(np.arange(len(batches), dtype=np.uint32), [len(b.rows) for b in batches])
    if len(batches) > 1:
        streams, at = arrays(rows)
        order = np.lexsort((at, streams))
        rows, turn = rows[order], turn[order]
    return rows.with_columns(pl.Series("turn", turn))


def planned(batches: Sequence[Batch], rows: pl.DataFrame, stored: pl.DataFrame) -> Plan:
    """Work *batches* in one after the other; *rows* are theirs ``together``.

    *stored* are the lake's rows of the same keys. A row equal to what is there in its turn is a
    duplicate; otherwise it takes that row's place. A key that changed is written even if it ends
    where it began, so that every stored answer has its commit.
    """
    columns = batches[0].rows.columns
    meets_itself = not rises(*arrays(rows))
    if not meets_itself and not len(stored):
        counts = tuple(batch.counts() for batch in batches)
        return Plan(rows.select(columns), rows.select(KEY).clear(), counts)
    fates = _fates(rows.with_columns(again=is_again()), stored)
    if meets_itself:
        fates = fates.with_columns(changes=pl.col("changes").any().over(KEY))
    repeats = dict(fates.filter("repeats").group_by("turn").len().iter_rows())
    changed = fates.filter("changes", is_last_of_key())
    return Plan(
        add=changed.select(columns),
        remove=changed.filter(pl.col("old_value").is_not_null()).select(KEY),
        counts=tuple(batch.counts(repeats.get(turn, 0)) for turn, batch in enumerate(batches)),
    )


def _fates(rows: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """*rows* with ``repeats`` (equal to what was there in its turn), ``changes`` if not."""
    old = stored.select(*KEY, old_value="value", old_quality="quality")
    same = [
        pl.col(name).eq_missing(
            pl.when("again").then(pl.col(name).shift(1)).otherwise(pl.col(f"old_{name}"))
        )
        for name in ("value", "quality")
    ]
    fates = rows.join(old, on=KEY, how="left", maintain_order="left")
    return fates.with_columns(repeats=pl.all_horizontal(same)).with_columns(
        changes=~pl.col("repeats")
    )
