"""Entities removed, with what cannot be without them (OGC 18-088, table 25)."""

from collections.abc import Callable, Iterable

from django.db.models import ProtectedError
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.hub.sensing.models import Datastream, ObservedProperty, Terminal
from chengshu.kit.errors import Conflict

from .. import identity
from ..errors import OfTheLedger
from ..models import (
    DatastreamDetails,
    FeatureOfInterest,
    HistoricalLocation,
    Location,
    MultiDatastream,
    Observation,
    PropertyDetails,
    Sensor,
    ThingDetails,
)
from ..reading.pages import Row
from .context import Making
from .work import Work

REMOVE = "sensorthings.remove_entities"


class InUse(Conflict):
    """Something else in the city stands on it."""

    code = "sta-in-use"


@action(REMOVE, _("Remove SensorThings entities"))
def remove_entity(set_name: str, row: Row, work: Work, *, by: Actor) -> None:
    """Only what came through SensorThings can go; the ledger's own is retired there.

    Raises OfTheLedger and InUse.
    """
    try:
        REMOVERS[set_name](row, Making(by, REMOVE, work))
    except ProtectedError as error:
        others = sorted({str(other._meta.verbose_name) for other in error.protected_objects})
        raise InUse("Other records of the city refer to it", where={"by": others}) from None
    note(set=set_name, id=row["c_id"])
    work.finish()


def _remove_thing(row: Row, making: Making) -> None:
    terminal = Terminal.objects.get(pk=row["c_id"])
    making.require(terminal)
    if not ThingDetails.objects.filter(pk=terminal.pk, is_made_here=True).exists():
        raise OfTheLedger("This Thing is a terminal of the ledger: retire it there")
    _remove_streams(Datastream.objects.filter(terminal=terminal), making)
    MultiDatastream.objects.filter(terminal=terminal).delete()
    terminal.delete()


def _remove_streams(streams: Iterable[Datastream], making: Making) -> None:
    several = list(streams)
    mine = set(
        DatastreamDetails.objects.filter(datastream__in=several, is_made_here=True).values_list(
            "datastream_id", flat=True
        )
    )
    for stream in several:
        making.require(stream)
        if stream.pk not in mine:
            raise OfTheLedger(
                "A Datastream of the ledger stays with its observations",
                where={"datastream": stream.pk},
            )
        making.work.drop_stream(stream.pk)
        stream.delete()


def _remove_datastream(row: Row, making: Making) -> None:
    _remove_streams(Datastream.objects.filter(pk=row["c_id"]), making)


def _remove_multi(row: Row, making: Making) -> None:
    multi = MultiDatastream.objects.get(pk=row["c_id"])
    making.require(multi)
    multi.delete()


def _remove_sensor(row: Row, making: Making) -> None:
    if row["c_id"] > identity.OF_LEDGER:
        raise OfTheLedger("This Sensor is a terminal's own")
    _remove_streams(Datastream.objects.filter(details__sensor=row["c_id"]), making)
    for multi in MultiDatastream.objects.filter(sensor=row["c_id"]):
        making.require(multi)
        multi.delete()
    Sensor.objects.filter(pk=row["c_id"]).delete()


def _remove_property(row: Row, making: Making) -> None:
    if not PropertyDetails.objects.filter(pk=row["c_id"], is_made_here=True).exists():
        raise OfTheLedger("This ObservedProperty is the city's own")
    _remove_streams(Datastream.objects.filter(observed_property=row["c_id"]), making)
    for multi in MultiDatastream.objects.filter(parts__observed_property=row["c_id"]).distinct():
        making.require(multi)
        multi.delete()
    ObservedProperty.objects.filter(pk=row["c_id"]).delete()


def _remove_location(row: Row, making: Making) -> None:
    if row["c_id"] > identity.OF_LEDGER:
        raise OfTheLedger("This Location is a terminal's longitude and latitude")
    location = Location.objects.get(pk=row["c_id"])
    making.require(location)
    HistoricalLocation.objects.filter(locations=location).delete()
    location.delete()


def _remove_history(row: Row, making: Making) -> None:
    history = HistoricalLocation.objects.get(pk=row["c_id"])
    making.require(history)
    history.delete()


def _remove_feature(row: Row, making: Making) -> None:
    """With the observations about it: a stream's whole history when it is about nothing else."""
    if row["c_id"] > identity.OF_LEDGER:
        raise OfTheLedger("This FeatureOfInterest is a terminal's own place")
    feature = FeatureOfInterest.objects.get(pk=row["c_id"])
    making.require(feature)
    _drop_beside(Observation.objects.filter(feature=feature), making)
    for details in DatastreamDetails.objects.filter(feature=feature).select_related("datastream"):
        making.require(details.datastream)
        about_others = Observation.objects.filter(datastream=details.pk, feature__isnull=False)
        _keep_only(details.pk, about_others, making)
    multis = MultiDatastream.objects.filter(feature=feature)
    Observation.objects.filter(multi__in=multis, feature=None).delete()
    feature.delete()


def _keep_only(stream: int, kept: Iterable[Observation], making: Making) -> None:
    """Drop everything of *stream* but *kept*."""
    rows = list(kept)
    Observation.objects.filter(datastream=stream).exclude(pk__in=[o.pk for o in rows]).delete()
    making.work.drop_stream(stream, but={(stream, row.at) for row in rows})


def _drop_beside(rows: Iterable[Observation], making: Making) -> None:
    for observation in rows:
        if observation.datastream_id is not None:
            making.work.drop(observation.datastream_id, observation.at)
        observation.delete()


def _remove_observation(row: Row, making: Making) -> None:
    if row["l_Datastream"] is None:
        making.require(MultiDatastream.objects.get(pk=row["l_MultiDatastream"]))
    else:
        making.require(Datastream.objects.get(pk=row["l_Datastream"]))
        making.work.drop(row["l_Datastream"], row["c_phenomenonTime"])
    Observation.objects.filter(pk=row["c_id"]).delete()


REMOVERS: dict[str, Callable[[Row, Making], None]] = {
    "Things": _remove_thing,
    "Locations": _remove_location,
    "HistoricalLocations": _remove_history,
    "Datastreams": _remove_datastream,
    "MultiDatastreams": _remove_multi,
    "Sensors": _remove_sensor,
    "ObservedProperties": _remove_property,
    "Observations": _remove_observation,
    "FeaturesOfInterest": _remove_feature,
}
