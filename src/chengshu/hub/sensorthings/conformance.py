"""What this server claims to conform to; tests hold each claim to its proof."""

from urllib.parse import urlsplit

from django.conf import settings

from .naming import ENTITIES

BY_MQTT = "create-observations-via-mqtt/observations-creation"
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
        BY_MQTT,
    )
)


def root_document(root: str) -> dict[str, object]:
    """What the address of the service itself answers (OGC 18-088, 9.2.1)."""
    brokers = _brokers(root)
    claimed = [name for name in REQUIREMENTS if brokers or not name.endswith(BY_MQTT)]
    by_mqtt = {f"{PREFIX}/{BY_MQTT}": {"endpoints": brokers}} if brokers else {}
    return {
        "value": [{"name": name, "url": f"{root}/{name}"} for name in ENTITIES],
        "serverSettings": {"conformance": claimed, **by_mqtt},
    }


def _brokers(root: str) -> list[str]:
    """Where observations are taken by MQTT: the city's own broker, or the one beside us."""
    config = settings.CHENGSHU
    if config.mqtt_url:
        outside = urlsplit(config.mqtt_url)
        return [f"{outside.scheme}://{outside.netloc.rpartition('@')[2]}"]
    return [f"mqtt://{urlsplit(root).hostname}:{config.mqtt_port}"] if config.mqtt_port else []
