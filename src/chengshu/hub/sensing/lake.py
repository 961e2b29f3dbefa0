"""What sensing keeps in the lake."""

from typing import Final

from chengshu.core.lake.tables import LakeTable, lake_tables

QUALITY: Final = {
    0: "good",
    1: "uncertain",
    2: "bad",
    3: "missing",
    4: "calibration",
    5: "maintenance",
    6: "substituted",
}
"""Codes of ``quality``: as sent by the device or set by a check; never changed by the lake."""

OBSERVATIONS = lake_tables.add(
    "observations",
    LakeTable(
        name="observations",
        columns={
            "datastream": "BIGINT",
            "at": "TIMESTAMPTZ",
            "value": "DOUBLE",
            "quality": "UTINYINT",
        },
        sorted_by=("datastream", "at"),
        key=("datastream", "at"),
        is_divided=True,
    ),
)
"""Numbers measured: one row per stream and time. *value* is in the unit of the stream."""

ROLLED = {
    "datastream": "BIGINT",
    "at": "TIMESTAMPTZ",
    "count": "BIGINT",
    "sum": "DOUBLE",
    "lowest": "DOUBLE",
    "highest": "DOUBLE",
    "last": "DOUBLE",
}


def _rolled(name: str) -> LakeTable:
    table = LakeTable(
        name=name, columns=ROLLED, sorted_by=("datastream", "at"), key=("datastream", "at")
    )
    return lake_tables.add(name, table)


MINUTES = _rolled("observations_minute")
"""Observations of quality *good* by stream and minute, *at* its start: only for hours with more
of them than minutes, and for those whose observations are no longer kept."""

HOURS = _rolled("observations_hour")
"""The same by hour, for all streams; the hours are those of the city's clock."""

DAYS = _rolled("observations_day")
"""The same by day of the city."""
