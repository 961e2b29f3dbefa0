"""The rows of each entity for one reader: terminals and streams of the ledger in the words of
SensorThings, with what was described through it. Every query passes the one row filter."""

from collections.abc import Callable
from typing import Any

from django.db.models import (
    BigIntegerField,
    Exists,
    F,
    Func,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Concat, JSONArray, JSONObject

from chengshu.core.access.policy import Actor, visible_to
from chengshu.hub.sensing.models import Datastream, ObservedProperty, Terminal
from chengshu.hub.sensing.queries import VIEW
from chengshu.kit.units import TABLE

from .identity import OF_LEDGER
from .models import (
    FeatureOfInterest,
    HistoricalLocation,
    Location,
    MultiDatastream,
    MultiProperty,
    Observation,
    Sensor,
    ThingDetails,
)
from .models.streams import MEASUREMENT

GEOJSON = "application/geo+json"
UCUM = "https://ucum.org/ucum#"
NO_NUMBER = Cast(Value(None), BigIntegerField())
NO_JSON = Value(None, output_field=JSONField())
Rows = QuerySet[Any, Any]


class JsonMember(Func):
    """``document -> key`` where the key is a column."""

    template = "(%(expressions)s)"
    arg_joiner = " -> "
    output_field = JSONField()


def things(actor: Actor) -> Rows:
    ledger = JSONObject(
        code=F("code"),
        kind=F("kind"),
        state=F("state"),
        maker=F("maker"),
        purpose=F("purpose"),
        place=F("place__code"),
        owner=F("owner__code"),
    )
    return terminals(actor).values(
        c_id=F("id"),
        c_name=Coalesce("thing__name", _text("name")),
        c_description=Coalesce("thing__description", _text("name")),
        c_properties=_own("thing__is_made_here", F("thing__properties"), ledger),
    )


def locations(actor: Actor) -> Rows:
    own = visible_to(Location.objects.all(), actor, VIEW).values(
        c_id=F("id"),
        c_name=F("name"),
        c_description=F("description"),
        c_properties=F("properties"),
        c_encodingType=F("encoding"),
        c_location=F("location"),
    )
    return own.union(
        standing_of_ledger(terminals(actor)).values(
            c_id=F("id") + OF_LEDGER,
            c_name=_text("name"),
            c_description=_text("place__name"),
            c_properties=NO_JSON,
            c_encodingType=Value(GEOJSON),
            c_location=_point(),
        ),
        all=True,
    )


def historical_locations(actor: Actor) -> Rows:
    return visible_to(HistoricalLocation.objects.all(), actor, VIEW).values(
        c_id=F("id"), c_time=F("at"), l_Thing=F("terminal_id")
    )


def datastreams(actor: Actor) -> Rows:
    title = Concat("terminal__name", Value(" · "), "observed_property__name")
    return visible_to(Datastream.objects.order_by(), actor, VIEW).values(
        c_id=F("id"),
        c_name=Coalesce("details__name", Cast(title, TextField())),
        c_description=Coalesce("details__description", Cast(title, TextField())),
        c_properties=_own("details__is_made_here", F("details__properties"), _stream_facts()),
        c_unitOfMeasurement=Coalesce("details__unit", _ledger_unit()),
        c_observationType=Coalesce("details__observation_type", Value(MEASUREMENT)),
        l_Thing=F("terminal_id"),
        l_Sensor=Coalesce("details__sensor_id", F("terminal_id") + OF_LEDGER),
        l_ObservedProperty=F("observed_property_id"),
        l_Datastream=F("id"),
        l_MultiDatastream=NO_NUMBER,
        l_FeatureOfInterest=Coalesce("details__feature_id", F("terminal_id") + OF_LEDGER),
    )


def multi_datastreams(actor: Actor) -> Rows:
    return visible_to(MultiDatastream.objects.all(), actor, VIEW).values(
        c_id=F("id"),
        c_name=F("name"),
        c_description=F("description"),
        c_properties=F("properties"),
        c_observationType=F("observation_type"),
        c_multiObservationDataTypes=F("data_types"),
        c_unitOfMeasurements=F("units"),
        l_Thing=F("terminal_id"),
        l_Sensor=Coalesce("sensor_id", F("terminal_id") + OF_LEDGER),
        l_FeatureOfInterest=Coalesce("feature_id", F("terminal_id") + OF_LEDGER),
    )


def sensors(actor: Actor) -> Rows:
    own = visible_to(Sensor.objects.all(), actor, VIEW).values(
        c_id=F("id"),
        c_name=F("name"),
        c_description=F("description"),
        c_properties=F("properties"),
        c_encodingType=F("encoding"),
        c_metadata=F("metadata"),
    )
    return own.union(
        of_ledger(terminals(actor)).values(
            c_id=F("id") + OF_LEDGER,
            c_name=Cast(Concat("maker", Value(" "), "name"), TextField()),
            c_description=_text("purpose"),
            c_properties=NO_JSON,
            c_encodingType=Value("application/json"),
            c_metadata=JSONObject(maker=F("maker"), kind=F("kind"), code=F("code")),
        ),
        all=True,
    )


def observed_properties(actor: Actor) -> Rows:
    return visible_to(ObservedProperty.objects.order_by(), actor, VIEW).values(
        c_id=F("id"),
        c_name=Coalesce("details__name", _text("name")),
        c_description=Coalesce("details__description", _text("name")),
        c_properties=F("details__properties"),
        c_definition=Coalesce(
            "details__definition",
            Cast(Concat(Value("urn:chengshu:observed-property:"), "code"), TextField()),
        ),
    )


def features(actor: Actor) -> Rows:
    own = visible_to(FeatureOfInterest.objects.all(), actor, VIEW).values(
        c_id=F("id"),
        c_name=F("name"),
        c_description=F("description"),
        c_properties=F("properties"),
        c_encodingType=F("encoding"),
        c_feature=F("feature"),
    )
    return own.union(
        of_ledger(terminals(actor)).values(
            c_id=F("id") + OF_LEDGER,
            c_name=_text("name"),
            c_description=_text("place__name"),
            c_properties=NO_JSON,
            c_encodingType=Value(GEOJSON),
            c_feature=_point(),
        ),
        all=True,
    )


def observations(actor: Actor) -> Rows:
    """Those with a row beside the lake; the others are `reading.lake`'s."""
    streams = visible_to(Datastream.objects.order_by(), actor, VIEW).values("id")
    multis = visible_to(MultiDatastream.objects.all(), actor, VIEW).values("id")
    seen = Observation.objects.filter(Q(datastream__in=streams) | Q(multi__in=multis))
    return seen.values(
        c_id=F("id"),
        c_phenomenonTime=F("at"),
        c_phenomenonTime_end=F("until"),
        c_result=F("result"),
        c_resultTime=F("result_at"),
        c_resultQuality=F("quality"),
        c_validTime=F("valid_from"),
        c_validTime_end=F("valid_until"),
        c_parameters=F("parameters"),
        l_Datastream=F("datastream_id"),
        l_MultiDatastream=F("multi_id"),
        l_FeatureOfInterest=Coalesce(
            "feature_id",
            "datastream__details__feature_id",
            "multi__feature_id",
            F("datastream__terminal_id") + OF_LEDGER,
            F("multi__terminal_id") + OF_LEDGER,
        ),
    )


def standing(actor: Actor) -> Rows:
    """Which thing stands at which locations now."""
    own = ThingDetails.locations.through.objects.values(
        of_thing=F("thingdetails_id"), of_place=F("location_id")
    )
    ledger = standing_of_ledger(Terminal.objects.order_by())
    return own.union(ledger.values(of_thing=F("id"), of_place=F("id") + OF_LEDGER), all=True)


def history(actor: Actor) -> Rows:
    return HistoricalLocation.locations.through.objects.values(
        of_history=F("historicallocation_id"), of_place=F("location_id")
    )


def parts(actor: Actor) -> Rows:
    return MultiProperty.objects.order_by().values(
        "position", stream=F("multi_id"), property=F("observed_property_id")
    )


def terminals(actor: Actor) -> "QuerySet[Terminal]":
    return visible_to(Terminal.objects.order_by(), actor, VIEW)


def of_ledger(rows: "QuerySet[Terminal]") -> "QuerySet[Terminal]":
    """Those that did not come through SensorThings: the ledger speaks for them."""
    mine = ThingDetails.objects.filter(terminal=OuterRef("pk"), is_made_here=True)
    return rows.filter(~Exists(mine))


def standing_of_ledger(rows: "QuerySet[Terminal]") -> "QuerySet[Terminal]":
    """Those whose place is the ledger's longitude and latitude."""
    placed = ThingDetails.objects.filter(terminal=OuterRef("pk")).filter(
        Q(is_made_here=True) | Q(locations__isnull=False)
    )
    return rows.filter(~Exists(placed), lon__isnull=False, lat__isnull=False)


def _text(name: str) -> Cast:
    return Cast(name, TextField())


def _own(is_made_here: str, own: Any, ledger: Any) -> Coalesce:
    """What was said through SensorThings; for the ledger's records the ledger's facts else."""
    blank = Func(
        F(is_made_here),
        ledger,
        template="(CASE WHEN %(expressions)s END)",
        arg_joiner=" THEN NULL ELSE ",
        output_field=JSONField(),
    )
    return Coalesce(own, blank, output_field=JSONField())


def _point() -> JSONObject:
    lon, lat = Coalesce("lon", "place__lon"), Coalesce("lat", "place__lat")
    return JSONObject(type=Value("Point"), coordinates=JSONArray(lon, lat))


def _stream_facts() -> JSONObject:
    return JSONObject(code=F("code"), interval_seconds=F("interval_seconds"))


def _ledger_unit() -> Coalesce:
    code = "observed_property__unit"
    known = JsonMember(Value(UNITS, output_field=JSONField()), F(code))
    plain = JSONObject(name=F(code), symbol=F(code), definition=Concat(Value(UCUM), code))
    return Coalesce(known, plain, output_field=JSONField())


UNITS = {
    unit.code: {"name": unit.code, "symbol": unit.symbol, "definition": f"{UCUM}{unit.code}"}
    for unit in TABLE
}


ROWS: dict[str, Callable[[Actor], Rows]] = {
    "Things": things,
    "Locations": locations,
    "HistoricalLocations": historical_locations,
    "Datastreams": datastreams,
    "MultiDatastreams": multi_datastreams,
    "Sensors": sensors,
    "ObservedProperties": observed_properties,
    "Observations": observations,
    "FeaturesOfInterest": features,
}
PAIRS: dict[str, Callable[[Actor], Rows]] = {
    "standing": standing,
    "history": history,
    "parts": parts,
}
