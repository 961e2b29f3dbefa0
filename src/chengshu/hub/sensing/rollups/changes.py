"""Which hours of which streams changed, and which may be computed again."""

from datetime import datetime

import polars as pl

from chengshu.core.lake.connection import Lake
from chengshu.core.lake.faults import HistoryGone
from chengshu.hub.sensing.lake import OBSERVATIONS
from chengshu.hub.sensing.models import Datastream
from chengshu.hub.sensing.store.answers import KIND as STORED

from .buckets import sql_hour
from .gathering import SCHEMA

PAIRS = {name: SCHEMA[name] for name in ("datastream", "at")}
RETENTION = "retention"
"""Kind of the note on commits that remove what is no longer kept; it says nothing of the values."""

CHANGED = """
    SELECT datastream, {hour} AS "at", count(*) AS rows FROM (
        SELECT datastream, "at" FROM {additions}
        UNION ALL SELECT datastream, "at" FROM {gone}
    ) WHERE "at" < $until {narrowed} GROUP BY ALL
"""
NARROWED = 'AND "at" >= $start AND datastream IN (SELECT datastream FROM streams)'


def changed_hours(lake: Lake, after: int, through: int, until: datetime) -> pl.DataFrame:
    """datastream, at (start of the hour) and number (rows) of observations before *until* that
    came, went or were corrected in the snapshots later than *after* up to *through*. Raises
    HistoryGone."""
    if through < after:
        raise HistoryGone("The lake is older than what was read from it")
    return lake.query(_changed(lake, after, through, ""), {"until": until})


def changed_hours_of(
    lake: Lake, streams: pl.DataFrame, snapshots: tuple[int, int], span: tuple[datetime, datetime]
) -> pl.DataFrame:
    """The hours of *streams* only, and within *span*."""
    if snapshots[0] >= snapshots[1] or span[0] >= span[1]:
        return pl.DataFrame(schema=PAIRS)
    start, until = span
    return lake.query(
        _changed(lake, *snapshots, NARROWED),
        {"start": start, "until": until},
        frames={"streams": streams},
    ).select(*PAIRS)


def _changed(lake: Lake, after: int, through: int, narrowed: str) -> str:
    return CHANGED.format(
        hour=sql_hour('"at"'),
        additions=lake.additions(OBSERVATIONS, after, through),
        gone=lake.gone(OBSERVATIONS, after, through, but=(RETENTION, STORED)),
        narrowed=narrowed,
    )


def computable(rows: pl.DataFrame) -> pl.DataFrame:
    """*rows* without those whose observations are no longer kept: their rollups are final."""
    marks = _marks()
    if not len(marks) or not len(rows):
        return rows
    joined = rows.join(marks, on="datastream", how="left", maintain_order="left")
    kept = pl.col("since").is_null() | (pl.col("at") >= pl.col("since"))
    return joined.filter(kept).drop("since")


def _marks() -> pl.DataFrame:
    """datastream, since: of streams of which observations were removed."""
    since = "observed_property__kept_since__observations"
    found = Datastream.objects.filter(**{f"{since}__isnull": False}).order_by()
    return pl.DataFrame(
        list(found.values_list("id", since)),
        schema={"datastream": pl.Int64, "since": PAIRS["at"]},
        orient="row",
    )
