"""The smallest bodies that a client can send."""

from typing import Any

MEASUREMENT = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
COMPLEX = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_ComplexObservation"
CELSIUS = {"name": "degree Celsius", "symbol": "°C", "definition": "ucum:Cel"}


def thing(number: int = 1, **more: Any) -> dict[str, Any]:
    return {"name": f"thing {number}", "description": f"thing {number} of the test", **more}


def location(number: int = 1, lon: float = -117.05, lat: float = 51.05, **more: Any) -> Any:
    return {
        "name": f"location {number}",
        "description": f"location {number} of the test",
        "encodingType": "application/vnd.geo+json",
        "location": {"type": "Point", "coordinates": [lon, lat]},
        **more,
    }


def sensor(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "name": f"sensor {number}",
        "description": f"sensor {number} of the test",
        "encodingType": "application/pdf",
        "metadata": f"manual of sensor {number}",
        **more,
    }


def observed_property(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "name": f"property {number}",
        "definition": f"http://example.org/property/{number}",
        "description": f"property {number} of the test",
        **more,
    }


def datastream(number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "name": f"datastream {number}",
        "description": f"datastream {number} of the test",
        "unitOfMeasurement": CELSIUS,
        "observationType": MEASUREMENT,
        **more,
    }


def feature(number: int = 1, lon: float = -114.05, lat: float = 51.05, **more: Any) -> Any:
    return {
        "name": f"feature {number}",
        "description": f"feature {number} of the test",
        "encodingType": "application/vnd.geo+json",
        "feature": {"type": "Point", "coordinates": [lon, lat]},
        **more,
    }


def observation(result: Any = 1, at: str = "2015-03-01T00:00:00.000Z", **more: Any) -> Any:
    return {"phenomenonTime": at, "result": result, **more}


def multi(size: int = 2, **more: Any) -> dict[str, Any]:
    return {
        "name": "wind",
        "description": "speed and direction",
        "observationType": COMPLEX,
        "multiObservationDataTypes": [MEASUREMENT] * size,
        "unitOfMeasurements": [CELSIUS] * size,
        **more,
    }


def link(number: int) -> dict[str, int]:
    return {"@iot.id": number}


def whole_thing() -> dict[str, Any]:
    """A thing with one of everything."""
    return thing(
        properties={"colour": "blue"},
        Locations=[location()],
        Datastreams=[
            datastream(
                Sensor=sensor(),
                ObservedProperty=observed_property(),
                Observations=[
                    observation(20.5, resultTime="2015-03-01T00:00:01.000Z"),
                    observation(21, "2015-03-01T01:00:00.000Z"),
                ],
            )
        ],
    )
