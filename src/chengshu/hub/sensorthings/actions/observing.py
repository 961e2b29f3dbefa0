"""Observations taken in: a plain number goes to the lake, what says more gets a row beside."""

import math
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from chengshu.core.access.policy import Actor, System, require, visible_to
from chengshu.hub.sensing.actions.registration import INGEST
from chengshu.hub.sensing.ingest.rows import AHEAD, EARLIEST, REASONS
from chengshu.hub.sensing.models import Datastream, Terminal
from chengshu.hub.sensing.rollups.reading import kept_since

from .. import identity
from ..errors import Malformed
from ..models import (
    DatastreamDetails,
    FeatureOfInterest,
    MultiDatastream,
    Observation,
    ThingDetails,
)
from ..times import now
from .bodies import link_of
from .features import MAKE_FEATURE, feature_of_location
from .work import Work

PLATFORM = System("sensorthings", frozenset({MAKE_FEATURE}))


@dataclass(frozen=True)
class Observed:
    """One observation as sent; *feature* is null when the place of the thing is meant."""

    at: datetime
    until: datetime | None
    result: Any
    result_at: datetime | None = None
    validity: tuple[datetime | None, datetime | None] = (None, None)
    quality: Any = None
    parameters: dict[str, Any] | None = None
    feature: int | None = None

    @property
    def number(self) -> float | None:
        """The result if it is a finite number."""
        if isinstance(self.result, bool) or not isinstance(self.result, int | float):
            return None
        return float(self.result) if math.isfinite(self.result) else None

    @property
    def is_plain(self) -> bool:
        """Nothing but a number at a time."""
        more = (self.until, self.result_at, *self.validity, self.quality, self.parameters)
        return self.number is not None and all(part is None for part in more)

    def as_fields(self) -> dict[str, Any]:
        return {
            "until": self.until,
            "result": self.result,
            "result_at": self.result_at,
            "valid_from": self.validity[0],
            "valid_until": self.validity[1],
            "quality": self.quality,
            "parameters": self.parameters,
        }


def observed(values: dict[str, Any], feature: int | None) -> Observed:
    """From the checked properties of an Observation."""
    at, until = values.get("phenomenonTime") or (now(), None)
    return Observed(
        at=at,
        until=until,
        result=values["result"],
        result_at=values.get("resultTime"),
        validity=values.get("validTime") or (None, None),
        quality=values.get("resultQuality"),
        parameters=values.get("parameters"),
        feature=feature,
    )


@dataclass
class Stream:
    """A datastream that takes observations, with what is the same for all of them."""

    datastream: Datastream
    details: DatastreamDetails | None
    by: Actor
    located: int | None = None

    @cached_property
    def kept_since(self) -> datetime:
        """Before that, observations of its property have been removed."""
        return kept_since(self.datastream.observed_property_id, "observations")

    @property
    def feature(self) -> int | None:
        """What its observations are about unless they say otherwise."""
        if self.details is not None and self.details.feature_id is not None:
            return self.details.feature_id
        if self.details is not None and self.details.is_made_here:
            return None
        return self.datastream.terminal_id + identity.OF_LEDGER

    def refusal(self, at: datetime, value: float | None) -> str | None:
        """Why the entrance keeps an observation out: a code of REASONS; None if it does not."""
        prop = self.datastream.observed_property
        if self.datastream.terminal.state != Terminal.State.IN_SERVICE:
            return "not-in-service"
        if at > datetime.now(UTC) + AHEAD:
            return "far-future"
        if at < EARLIEST:
            return "too-old"
        if at < self.kept_since:
            return "past-retention"
        if value is not None and _is_outside(value, prop.lowest, prop.highest):
            return "out-of-range"
        return None

    def settle(self) -> None:
        """Find out what its observations are about, where the Thing stands somewhere."""
        with suppress(Malformed):
            self.located = self.located or feature_of_terminal(self.datastream.terminal)
        self.take_feature(self.located)

    def take_feature(self, feature: int | None) -> None:
        """The first feature is what the stream is about from then on."""
        if self.feature is None and self.details is not None and feature is not None:
            mine = DatastreamDetails.objects.filter(datastream=self.datastream, feature=None)
            mine.update(feature=feature)
            self.details.refresh_from_db(fields=["feature"])

    def check_feature(self, feature: object) -> None:
        """Raises Malformed unless there is such a feature for *by* to name."""
        if feature is None or feature == self.feature:
            return
        own = visible_to(FeatureOfInterest.objects.all(), self.by, INGEST)
        if not isinstance(feature, int) or not own.filter(pk=feature).exists():
            raise Malformed(f"There is no FeatureOfInterest {feature}", where={"id": str(feature)})


def _is_outside(value: float, lowest: float | None, highest: float | None) -> bool:
    return (lowest is not None and value < lowest) or (highest is not None and value > highest)


def opened(datastream: Datastream, by: Actor) -> Stream:
    """*datastream*, ready to take observations of *by*. Raises NotAllowed."""
    require(by, INGEST, datastream)
    details = DatastreamDetails.objects.filter(pk=datastream.pk).first()
    return Stream(datastream, details, by)


def stream_of(link: Any, by: Actor) -> Datastream:
    """The datastream that a body's *link* names. Raises Malformed when there is none for *by*."""
    number = link_of(link) if isinstance(link, dict) else None
    rows = Datastream.objects.select_related("terminal", "observed_property")
    found = visible_to(rows, by, INGEST).filter(pk=number or 0).first()
    if found is None:
        raise Malformed(f"There is no Datastream {number}", where={"relation": "Datastream"})
    return found


def keep(stream: Stream, seen: Observed, work: Work, number: int | None = None) -> int:
    """Put *seen* where it belongs; its id. *number* is the id it has already.

    The same stream and time again: the later one takes the place of the earlier. Raises Malformed
    when the entrance refuses it.
    """
    reason = stream.refusal(seen.at, seen.number)
    if reason is not None:
        raise Malformed(REASONS[reason], where={"reason": reason})
    feature = _own_feature(stream, seen)
    pk = stream.datastream.pk
    beside = Observation.objects.filter(datastream=pk, at=seen.at)
    if seen.number is not None:
        work.put(pk, seen.at, seen.number)
    if number is None and seen.is_plain and feature is None and identity.fits(pk, seen.at):
        plain = identity.of_row(pk, seen.at)
        if not Observation.objects.filter(pk=plain).exclude(datastream=pk, at=seen.at).exists():
            beside.delete()
            return plain
    fields = {**seen.as_fields(), "feature_id": feature}
    if number is not None:
        beside.exclude(pk=number).delete()
        fields |= {"datastream_id": pk, "at": seen.at}
        return Observation.objects.update_or_create(pk=number, defaults=fields)[0].pk
    found, _is_new = Observation.objects.update_or_create(
        datastream_id=pk, at=seen.at, defaults=fields
    )
    return found.pk


def _own_feature(stream: Stream, seen: Observed) -> int | None:
    """The feature to be kept with the observation; None when it is the stream's own."""
    feature = seen.feature
    if feature is None:
        stream.located = stream.located or feature_of_terminal(stream.datastream.terminal)
        feature = stream.located
    stream.take_feature(feature)
    if feature == stream.feature:
        return None
    if feature > identity.OF_LEDGER:
        raise Malformed(f"Feature {feature} is another terminal's own", where={"id": feature})
    return feature


def feature_of_terminal(terminal: Terminal) -> int:
    """The feature made from where *terminal* stands now. Raises Malformed when it is nowhere."""
    details = ThingDetails.objects.filter(pk=terminal.pk).first()
    location = details.locations.order_by("id").first() if details is not None else None
    if location is not None:
        made = FeatureOfInterest.objects.filter(location=location).first()
        return (made or feature_of_location(location, by=PLATFORM)).pk
    if details is not None and details.is_made_here:
        raise Malformed(
            "The Thing has no Location from which a FeatureOfInterest could be made",
            where={"thing": terminal.pk},
        )
    return terminal.pk + identity.OF_LEDGER


def keep_complex(
    multi: MultiDatastream, seen: Observed, by: Actor, number: int | None = None
) -> int:
    """An observation of a multi datastream; its id. Raises Malformed for another number."""
    require(by, INGEST, multi)
    size = len(multi.units)
    if not isinstance(seen.result, list) or len(seen.result) != size:
        raise Malformed(f"The result is not a list of {size}", where={"property": "result"})
    feature = seen.feature or feature_of_terminal(multi.terminal)
    if multi.feature_id is None and feature < identity.OF_LEDGER:
        multi.feature_id = feature
        MultiDatastream.objects.filter(pk=multi.pk).update(feature=feature)
    default = multi.feature_id or multi.terminal_id + identity.OF_LEDGER
    fields = {**seen.as_fields(), "feature_id": None if feature == default else feature}
    same = Observation.objects.filter(multi=multi, at=seen.at)
    if number is not None:
        same.exclude(pk=number).delete()
        fields |= {"multi_id": multi.pk, "at": seen.at}
        return Observation.objects.update_or_create(pk=number, defaults=fields)[0].pk
    found, _is_new = Observation.objects.update_or_create(multi=multi, at=seen.at, defaults=fields)
    return found.pk
