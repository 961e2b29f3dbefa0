"""Fewer points for the same line on a screen."""

import polars as pl

from chengshu.kit.errors import Invalid

KEPT_PER_BUCKET = 4


def decimated(series: pl.DataFrame, points: int) -> pl.DataFrame:
    """At most *points* rows of *series* (``at``, ``value``), in order of time.

    Of each of *points* / 4 equal spans of time the first, last, lowest and highest row are kept
    (M4, Jugel et al. 2014), so a line chart as many spans wide shows no difference and no peak
    is lost. Rows are kept whole; a span without any value keeps its first and last row, so a
    gap stays a gap.
    """
    if points < KEPT_PER_BUCKET:
        raise Invalid(f"A series cannot be drawn with {points} points; {KEPT_PER_BUCKET} at least")
    ordered = series.sort("at", maintain_order=True)
    if ordered.height <= points:
        return ordered
    elapsed = (pl.col("at") - pl.col("at").first()).dt.total_microseconds()
    width = elapsed.last() // (points // KEPT_PER_BUCKET) + 1
    row = pl.int_range(pl.len())
    known = pl.col("value").fill_nan(None)
    kept = (
        ordered.select(row.alias("row"), value=known, bucket=elapsed // width)
        .group_by("bucket")
        .agg(
            first=pl.col("row").first(),
            lowest=pl.col("row").sort_by("value", nulls_last=True, maintain_order=True).first(),
            highest=pl.col("row").sort_by("value", nulls_last=False, maintain_order=True).last(),
            last=pl.col("row").last(),
        )
        .drop("bucket")
        .unpivot()["value"]
        .unique()
        .sort()
    )
    return ordered[kept]
