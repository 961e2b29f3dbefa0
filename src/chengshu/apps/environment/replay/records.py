"""The records of a folder, hour by hour."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl

from chengshu.analytics import air_records
from chengshu.kit.errors import Invalid

from ..actions.replays import Station

POLLUTANTS = tuple(air_records.CONCENTRATIONS.values())


@dataclass(frozen=True)
class Records:
    """*latest* has one record per station and hour; *read* counts the rows of the files.

    *digest* tells one set of files from another.
    """

    latest: pl.DataFrame
    read: int
    superseded: int
    digest: str

    @property
    def stations(self) -> list[Station]:
        return [
            (city, name)
            for city, name in self.latest.select("city", "station").unique().sort(pl.all()).rows()
        ]

    @property
    def hours(self) -> list[datetime]:
        return self.latest["at"].unique().sort().to_list()

    def observations(
        self, codes: Mapping[Station, str]
    ) -> Iterator[tuple[datetime, list[dict[str, Any]]]]:
        """Each hour with what its stations measured, in the form of the ingest interface."""
        for (at,), rows in self.latest.sort("at", "city", "station").group_by(
            "at", maintain_order=True
        ):
            assert isinstance(at, datetime)
            yield at, list(_measured(rows, at, codes))


def read(folder: Path, zone: str) -> Records:
    """Read every CSV file of *folder*; times in the files are local to *zone*. Raises Invalid."""
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        raise Invalid(f"There is no CSV file in {folder}", where={"folder": str(folder)})
    merged = air_records.merged(_named(path, zone) for path in paths)
    latest = air_records.latest(merged)
    return Records(
        latest=latest,
        read=int(merged["copies"].sum()),
        superseded=len(merged) - len(latest),
        digest=_digest(paths),
    )


def _named(path: Path, zone: str) -> pl.DataFrame:
    try:
        return air_records.read(path, zone=zone)
    except Invalid as error:
        raise Invalid(
            f"{path.name}: {error.message}", where={"file": path.name, **error.where}
        ) from None


def _digest(paths: list[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:12]


def _measured(
    rows: pl.DataFrame, at: datetime, codes: Mapping[Station, str]
) -> Iterator[dict[str, Any]]:
    for row in rows.iter_rows(named=True):
        values = {name: row[name] for name in POLLUTANTS if row[name] is not None}
        if values:
            code = codes[row["city"], row["station"]]
            yield {"terminal": code, "at": at.isoformat(), "values": values}
