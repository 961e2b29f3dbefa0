"""What this server claims to conform to; tests hold each claim to its proof."""

from .naming import ENTITIES

PREFIX = "http://www.opengis.net/spec/iot_sensing/1.1/req"


def _model() -> list[str]:
    names = (
        "thing",
        "location",
        "historical-location",
        "datastream",
        "sensor",
        "observed-property",
        "observation",
        "feature-of-interest",
    )
    return [f"datamodel/{name}/{part}" for name in names for part in ("properties", "relations")]


REQUIREMENTS: tuple[str, ...] = tuple(
    f"{PREFIX}/{requirement}"
    for requirement in (
        "datamodel/entity-control-information/common-control-information",
        *_model(),
        "resource-path/resource-path-to-entities",
        *(
            f"request-data/{name}"
            for name in (
                "order",
                "expand",
                "select",
                "status-code",
                "query-status-code",
                "orderby",
                "top",
                "skip",
                "pagination",
                "count",
                "filter",
                "built-in-filter-operations",
                "built-in-query-functions",
            )
        ),
        *(
            f"create-update-delete/{name}"
            for name in (
                "create-entity",
                "link-to-existing-entities",
                "deep-insert",
                "deep-insert-status-code",
                "update-entity",
                "update-entity-put",
                "update-entity-jsonpatch",
                "delete-entity",
                "historical-location-auto-creation",
                "historical-location-manual-creation",
            )
        ),
        "batch-request/batch-request",
        "multi-datastream/properties",
        "multi-datastream/relations",
        "multi-datastream/constraints",
        "data-array/data-array",
    )
)


def root_document(root: str) -> dict[str, object]:
    """What the address of the service itself answers (OGC 18-088, 9.2.1)."""
    return {
        "value": [{"name": name, "url": f"{root}/{name}"} for name in ENTITIES],
        "serverSettings": {"conformance": list(REQUIREMENTS)},
    }
