"""CreateObservations: many observations in one body, each answered for itself."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import transaction

from chengshu.core.access.policy import Actor
from chengshu.hub.sensing.ingest import keeping
from chengshu.kit.errors import CityError

from .. import identity
from ..errors import Malformed
from ..models import Observation
from ..naming import ID, OBSERVATION
from .bodies import Body, values_of
from .context import Making
from .creating import create
from .observing import Observed, Stream, keep, observed, opened, stream_of
from .work import Work

ENTRANCE = "sensorthings"
FEATURE = ("FeatureOfInterest/id", f"FeatureOfInterest/{ID}")
MOST_ROWS = 200_000
OWNERS = ("Datastream", "MultiDatastream")


class Refused:
    """A row that was not stored, kept for the ledger of rejected rows."""

    def __init__(self, error: CityError, row: Body) -> None:
        self.code = str(error.where.get("reason", error.code))
        self.message = error.message[:300]
        self.row = row

    def __str__(self) -> str:
        return f"error {self.code}: {self.message}"


def create_observations(groups: Any, work: Work, *, by: Actor) -> list[int | Refused]:
    """The id, or why not, of each row in the order sent. Raises Malformed for the whole body."""
    answers: list[int | Refused] = []
    for group in _checked(groups):
        answers += _group(group, work, by)
    work.finish()
    return answers


def keep_refused(answers: Iterable[int | Refused], *, by: Actor) -> None:
    """Keep the rows that *answers* refuse, once the others are durable: who counts for a sender
    lets nobody else do so meanwhile."""
    refused = [answer for answer in answers if isinstance(answer, Refused)]
    keeping.keep([(each.code, each.message, each.row) for each in refused], ENTRANCE, by)


def _checked(groups: Any) -> list[Body]:
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        raise Malformed("The body is not a list of data arrays")
    if sum(len(rows) for g in groups if isinstance(rows := g.get("dataArray"), list)) > MOST_ROWS:
        raise Malformed(f"At most {MOST_ROWS} rows at a time")
    return groups


def _group(group: Body, work: Work, by: Actor) -> list[int | Refused]:
    bodies = list(_bodies(group))
    owner = next((name for name in OWNERS if name in group), None)
    if owner is None:
        raise Malformed("A data array names its Datastream or its MultiDatastream")
    if owner == "MultiDatastream":
        return [_single(body | {owner: group[owner]}, work, by) for body in bodies]
    try:
        stream = opened(stream_of(group[owner], by), by)
    except CityError as error:
        return [Refused(error, body) for body in bodies]
    return _of_stream(stream, bodies, work)


def _bodies(group: Body) -> Iterator[Body]:
    """Each row as the body of one Observation."""
    components, rows = group.get("components"), group.get("dataArray")
    if not isinstance(components, list) or not isinstance(rows, list):
        raise Malformed("A data array has components and a dataArray")
    for row in rows:
        if not isinstance(row, list) or len(row) != len(components):
            yield {"row": row}
            continue
        body: Body = {}
        for name, value in zip(components, row, strict=True):
            if name in FEATURE:
                body["FeatureOfInterest"] = {ID: value}
            elif name not in ("id", ID):
                body[str(name)] = value
        yield body


def _single(body: Body, work: Work, by: Actor) -> int | Refused:
    try:
        with transaction.atomic():
            return create(OBSERVATION, body, None, Making(by, "", work))
    except CityError as error:
        return Refused(error, body)


def _of_stream(stream: Stream, bodies: list[Body], work: Work) -> list[int | Refused]:
    """Plain numbers all at once; each of the others by itself."""
    seen = [_read(body) for body in bodies]
    stream.settle()
    slow = _occupied(stream, [one.at for one in seen if isinstance(one, Observed)])
    answers: list[int | Refused] = []
    for one, body in zip(seen, bodies, strict=True):
        if isinstance(one, Refused):
            answers.append(one)
        elif one.at not in slow and _is_quick(stream, one):
            assert one.number is not None
            work.put(stream.datastream.pk, one.at, one.number)
            answers.append(identity.of_row(stream.datastream.pk, one.at))
        else:
            answers.append(_kept(stream, one, body, work))
            slow.add(one.at)
    return answers


def _read(body: Body) -> Observed | Refused:
    try:
        values = values_of(OBSERVATION, body, is_whole=True)
        link = body.get("FeatureOfInterest")
        return observed(values, link[ID] if link else None)
    except CityError as error:
        return Refused(error, body)


def _occupied(stream: Stream, times: list[datetime]) -> set[datetime]:
    """Times whose observation has, or whose id is taken by, a row beside."""
    pk = stream.datastream.pk
    same = Observation.objects.filter(datastream=pk, at__in=times).values_list("at", flat=True)
    low, high = pk * identity.STREAM, (pk + 1) * identity.STREAM
    taken = Observation.objects.filter(pk__gte=low, pk__lt=high).values_list("pk", flat=True)
    return {*same, *(place[1] for number in taken if (place := identity.row_of(number)))}


def _is_quick(stream: Stream, seen: Observed) -> bool:
    return (
        seen.is_plain
        and stream.feature is not None
        and (seen.feature or stream.located) == stream.feature
        and identity.fits(stream.datastream.pk, seen.at)
        and stream.refusal(seen.at, seen.number) is None
    )


def _kept(stream: Stream, seen: Observed, body: Body, work: Work) -> int | Refused:
    try:
        with transaction.atomic():
            stream.check_feature(seen.feature)
            return keep(stream, seen, work)
    except CityError as error:
        return Refused(error, body)
