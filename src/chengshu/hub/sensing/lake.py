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
    ),
)
"""Numbers measured: one row per stream and time. *value* is in the unit of the stream."""
