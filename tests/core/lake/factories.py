from datetime import UTC, datetime

import polars as pl
import psycopg

from chengshu.core.lake.connection import Lake
from chengshu.core.lake.tables import LakeTable

READINGS = LakeTable(
    name="readings",
    columns={"meter": "BIGINT", "at": "TIMESTAMPTZ", "value": "DOUBLE"},
    sorted_by=("meter", "at"),
    key=("meter", "at"),
)
START = datetime(2026, 1, 1, tzinfo=UTC)


def readings(*rows: tuple[int, int, float]) -> pl.DataFrame:
    """Rows of (meter, minutes since START, value)."""
    return pl.DataFrame(
        {
            "meter": pl.Series([meter for meter, _, _ in rows], dtype=pl.Int64),
            "at": pl.select(
                pl.lit(START).dt.cast_time_unit("us")
                + pl.duration(minutes=pl.Series([at for _, at, _ in rows], dtype=pl.Int64))
            ).to_series(),
            "value": pl.Series([value for _, _, value in rows], dtype=pl.Float64),
        }
    )


def triples(frame: pl.DataFrame) -> list[tuple[int, int, float]]:
    """The inverse of ``readings``, in order of meter and time."""
    minutes = (pl.col("at") - pl.lit(START)).dt.total_minutes()
    return frame.sort("meter", "at").select("meter", minutes, "value").rows()


def end_sessions(lake: Lake) -> None:
    """Break every connection to the lake's catalogue."""
    with psycopg.connect(lake.place.url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
