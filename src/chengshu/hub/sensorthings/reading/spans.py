"""What a datastream says about its observations: when they are and where."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Max, Min
from django.db.models.functions import Coalesce

from chengshu.core.lake import installation

from ..models import Observation
from ..naming import FEATURE_OF_INTEREST, EntityType
from .pages import Row
from .reader import Reader

OWNERS = {"Datastreams": "datastream_id", "MultiDatastreams": "multi_id"}
Span = tuple[datetime | None, datetime | None]


def add_spans(reader: Reader, entity: EntityType, rows: Sequence[Row]) -> None:
    """Fill in ``phenomenonTime``, ``resultTime`` and ``observedArea`` of *rows*."""
    ids = [row["c_id"] for row in rows]
    owner = OWNERS[entity.set_name]
    beside = _beside(owner, ids)
    lake = _in_lake(ids) if owner == "datastream_id" else {}
    features = reader.several(FEATURE_OF_INTEREST, {row["l_FeatureOfInterest"] for row in rows})
    for row in rows:
        said = beside.get(row["c_id"], {})
        known = [span for span in (lake.get(row["c_id"]), said.get("seen")) if span]
        starts, ends = [s for s, _e in known if s], [e for _s, e in known if e]
        row["c_phenomenonTime"] = min(starts, default=None)
        row["c_phenomenonTime_end"] = max(ends, default=None)
        row["c_resultTime"], row["c_resultTime_end"] = said.get("results", (None, None))
        feature = features.get(row["l_FeatureOfInterest"]) if starts else None
        row["c_observedArea"] = feature["c_feature"] if feature else None


def _beside(owner: str, ids: list[int]) -> dict[int, dict[str, Any]]:
    spans = (
        Observation.objects.filter(**{f"{owner}__in": ids})
        .values_list(owner)
        .annotate(
            first=Min("at"),
            last=Max(Coalesce("until", "at")),
            early=Min("result_at"),
            late=Max("result_at"),
        )
    )
    return {
        stream: {"seen": (first, last), "results": (early, late)}
        for stream, first, last, early, late in spans
    }


def _in_lake(ids: list[int]) -> dict[int, Span]:
    if not ids:
        return {}
    several = ", ".join(str(int(number)) for number in ids)
    found = installation.current().query(
        'SELECT datastream, min("at"), max("at") FROM observations '  # noqa: S608 - numbers
        f"WHERE datastream IN ({several}) GROUP BY datastream"
    )
    return {stream: (first, last) for stream, first, last in found.iter_rows()}
