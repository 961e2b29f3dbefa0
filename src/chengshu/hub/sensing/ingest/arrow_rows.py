"""Arrow IPC: ``datastream`` (int64), ``at`` (timestamp), ``value`` (double), maybe ``quality``."""

from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from chengshu.hub.sensing.lake import QUALITY
from chengshu.kit.errors import TooLarge

from .index import Streams
from .json_rows import BadBody
from .rows import Addressed, Parcel, Rejected, said_quality, said_time, said_value

MOST_ROWS = 4_000_000


def read(body: bytes) -> "ArrowRows":
    """Take an Arrow stream apart. Times without a zone are UTC.

    Raises BadBody for another form or column, TooLarge for more than MOST_ROWS.
    """
    try:
        sent = pl.read_ipc_stream(BytesIO(body), n_rows=MOST_ROWS + 1)
    except (pl.exceptions.PolarsError, OSError, ValueError) as error:
        raise BadBody(f"The body is not an Arrow stream: {error}") from None
    if len(sent) > MOST_ROWS:
        raise TooLarge(f"At most {MOST_ROWS} rows at a time")
    if sent.is_empty():
        raise BadBody("The body has no rows")
    return ArrowRows.of(_conforming(sent))


def _conforming(sent: pl.DataFrame) -> pl.DataFrame:
    kinds = sent.schema
    wanted = {
        "datastream": kinds.get("datastream", pl.Null()).is_integer(),
        "at": isinstance(kinds.get("at"), pl.Datetime),
        "value": kinds.get("value", pl.Null()).is_numeric(),
    }
    for column, is_right in wanted.items():
        if not is_right:
            raise BadBody(
                f"The column {column!r} is {kinds.get(column, 'missing')}",
                where={"column": column},
            )
    at = pl.col("at").dt.convert_time_zone("UTC").dt.cast_time_unit("us")
    if kinds["at"].time_zone is None:  # type: ignore[attr-defined] # seen above
        at = pl.col("at").dt.cast_time_unit("us")
    quality = pl.col("quality") if "quality" in kinds else pl.lit(0)
    return sent.select(
        pl.col("datastream").cast(pl.Int64, strict=False),
        at.dt.epoch("us").alias("at"),
        pl.col("value").cast(pl.Float64),
        quality.cast(pl.UInt8, strict=False).alias("quality"),
    )


@dataclass
class ArrowRows(Parcel):
    """*rows*: datastream, at (microseconds), value, quality, without nulls; *numbers* theirs."""

    rows: pl.DataFrame
    numbers: NDArray[np.int64]
    rejected: list[Rejected] = field(default_factory=list)

    @classmethod
    def of(cls, sent: pl.DataFrame) -> "ArrowRows":
        """Take the readable rows of *sent* and refuse the others."""
        reasons = sent.select(
            pl.when(pl.col("at").is_null())
            .then(pl.lit("bad-time"))
            .when(pl.col("value").is_null())
            .then(pl.lit("not-a-number"))
            .when(
                pl.col("datastream").is_null()
                | ~pl.col("quality").is_in(list(QUALITY)).fill_null(value=False)
            )
            .then(pl.lit("bad-row"))
            .alias("reason")
        )["reason"]
        numbers = np.arange(1, len(sent) + 1)
        if reasons.null_count() == len(sent):
            return cls(sent, numbers)
        bad = reasons.is_not_null().fill_null(value=True)
        refused = sent.with_columns(number=pl.Series(numbers), reason=reasons).filter(bad)
        good = (~bad).to_numpy()
        return cls(
            sent.filter(good),
            numbers[good],
            [
                (row["number"], row["reason"], {"datastream": row["datastream"]})
                for row in refused.iter_rows(named=True)
            ],
        )

    def addressed(self, streams: Streams) -> Addressed:
        return Addressed(
            streams.numbered(self.rows["datastream"].to_numpy()),
            self.rows["at"].to_numpy(),
            self.rows["value"].to_numpy(),
            self.rows["quality"].to_numpy(),
        )

    def sent(self, which: NDArray[np.intp]) -> list[tuple[int, dict[str, Any]]]:
        rows = self.rows[which].iter_rows(named=True)
        return [
            (
                int(number),
                {
                    "datastream": row["datastream"],
                    "value": said_value(row["value"]),
                    "at": said_time(row["at"]),
                    **said_quality(row["quality"]),
                },
            )
            for number, row in zip(self.numbers[which], rows, strict=True)
        ]
