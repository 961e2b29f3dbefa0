"""Datastreams, MultiDatastreams, Sensors and ObservedProperties, made and changed."""

from typing import Any

from django.utils.text import slugify

from chengshu.hub.sensing.models import Datastream, ObservedProperty, Terminal

from .. import identity
from ..errors import Malformed, OfTheLedger
from ..models import (
    DatastreamDetails,
    MultiDatastream,
    MultiProperty,
    PropertyDetails,
    Sensor,
)
from .context import Links, Making, Values
from .things import beyond

COMPLEX = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_ComplexObservation"
LONGEST_CODE, LONGEST_NAME = 40, 80
DETAILS = {
    "name": "name",
    "description": "description",
    "properties": "properties",
    "unitOfMeasurement": "unit",
    "observationType": "observation_type",
}


def make_datastream(values: Values, links: Links, making: Making) -> int:
    terminal = Terminal.objects.get(pk=links["Thing"][0])
    prop = ObservedProperty.objects.get(pk=links["ObservedProperty"][0])
    taken = set(Datastream.objects.filter(terminal=terminal).values_list("code", flat=True))
    stream = Datastream.objects.create(
        terminal=terminal, observed_property=prop, code=free_code(prop.code, taken)
    )
    making.require(stream)
    DatastreamDetails.objects.create(
        datastream=stream,
        is_made_here=True,
        sensor_id=_sensor(links["Sensor"][0], terminal.pk),
        **_details(values),
    )
    return stream.pk


def free_code(wanted: str, taken: set[str]) -> str:
    """*wanted*, with a number behind it when it is *taken*."""
    number, code = 1, wanted
    while code in taken:
        number += 1
        code = f"{wanted[: LONGEST_CODE - 1 - len(str(number))]}-{number}"
    return code


def _sensor(number: int, terminal: int) -> int | None:
    """Null is the terminal's own. Raises OfTheLedger for another terminal's."""
    if number == terminal + identity.OF_LEDGER:
        return None
    if number > identity.OF_LEDGER:
        raise OfTheLedger("This sensor is another terminal's own")
    return number


def _details(values: Values) -> dict[str, Any]:
    return {field: values[name] for name, field in DETAILS.items() if name in values}


def change_datastream(number: int, values: Values, links: Links, making: Making) -> None:
    stream = Datastream.objects.get(pk=number)
    making.require(stream)
    changed = _details(values)
    if "Sensor" in links:
        changed["sensor_id"] = _sensor(links["Sensor"][0], stream.terminal_id)
    if changed:
        DatastreamDetails.objects.update_or_create(pk=number, defaults=changed)
    if "Thing" in links:
        stream.terminal = Terminal.objects.get(pk=links["Thing"][0])
        making.require(stream.terminal)
    if "ObservedProperty" in links:
        stream.observed_property_id = links["ObservedProperty"][0]
    if "Thing" in links or "ObservedProperty" in links:
        stream.save()


def make_sensor(values: Values, links: Links, making: Making) -> int:
    return Sensor.objects.create(**_sensor_fields(values)).pk


def _sensor_fields(values: Values) -> dict[str, Any]:
    renamed = {"encodingType": "encoding"}
    return {renamed.get(name, name): value for name, value in values.items()}


def change_sensor(number: int, values: Values, links: Links, making: Making) -> None:
    if number > identity.OF_LEDGER:
        raise OfTheLedger("This sensor is a terminal's own: the ledger says what it is")
    Sensor.objects.filter(pk=number).update(**_sensor_fields(values))


def make_property(values: Values, links: Links, making: Making) -> int:
    code = slugify(values["name"], allow_unicode=True)[:LONGEST_CODE] or "property"
    similar = ObservedProperty.objects.filter(code__startswith=code[: LONGEST_CODE - 8])
    taken = set(similar.values_list("code", flat=True))
    prop = ObservedProperty.objects.create(
        code=free_code(code, taken), name=values["name"][:LONGEST_NAME], unit=""
    )
    said = values | {"name": beyond(values["name"], LONGEST_NAME)}
    PropertyDetails.objects.create(observed_property=prop, is_made_here=True, **said)
    return prop.pk


def change_property(number: int, values: Values, links: Links, making: Making) -> None:
    if not PropertyDetails.objects.filter(pk=number, is_made_here=True).exists():
        raise OfTheLedger("This observed property is the city's own")
    if "name" in values:
        ObservedProperty.objects.filter(pk=number).update(name=values["name"][:LONGEST_NAME])
        values = values | {"name": beyond(values["name"], LONGEST_NAME)}
    PropertyDetails.objects.filter(pk=number).update(**values)


def make_multi(values: Values, links: Links, making: Making) -> int:
    properties = links["ObservedProperties"]
    _check_complex(values, len(properties))
    terminal = links["Thing"][0]
    multi = MultiDatastream.objects.create(
        terminal_id=terminal,
        sensor_id=_sensor(links["Sensor"][0], terminal),
        **_multi_fields(values),
    )
    making.require(multi)
    _set_parts(multi, properties)
    return multi.pk


def _check_complex(values: Values, size: int) -> None:
    if values["observationType"] != COMPLEX:
        raise Malformed(f"The observationType of a MultiDatastream is {COMPLEX}")
    for name in ("unitOfMeasurements", "multiObservationDataTypes"):
        if len(values[name]) != size:
            raise Malformed(f"{name} has not one element for each of {size} ObservedProperties")


def _multi_fields(values: Values) -> dict[str, Any]:
    renamed = {
        "observationType": "observation_type",
        "multiObservationDataTypes": "data_types",
        "unitOfMeasurements": "units",
    }
    return {renamed.get(name, name): value for name, value in values.items()}


def _set_parts(multi: MultiDatastream, properties: list[int]) -> None:
    multi.parts.all().delete()
    MultiProperty.objects.bulk_create(
        MultiProperty(multi=multi, observed_property_id=prop, position=position)
        for position, prop in enumerate(properties)
    )


def change_multi(number: int, values: Values, links: Links, making: Making) -> None:
    multi = MultiDatastream.objects.get(pk=number)
    making.require(multi)
    for name, value in _multi_fields(values).items():
        setattr(multi, name, value)
    if "Sensor" in links:
        multi.sensor_id = _sensor(links["Sensor"][0], multi.terminal_id)
    if "Thing" in links:
        multi.terminal = Terminal.objects.get(pk=links["Thing"][0])
        making.require(multi.terminal)
    if "ObservedProperties" in links:
        _set_parts(multi, links["ObservedProperties"])
    size = multi.parts.count()
    sent = {
        "observationType": multi.observation_type,
        "unitOfMeasurements": multi.units,
        "multiObservationDataTypes": multi.data_types,
    }
    _check_complex(sent, size)
    multi.save()
