"""SensorThings 1.1 over HTTP, whatever server it runs in: a `Call` in, a `Reply` out."""

import re
from collections.abc import Callable
from typing import Any

from django.db import DataError, transaction

from chengshu.core.access.policy import may
from chengshu.hub.sensing.queries import VIEW
from chengshu.kit.errors import CityError, Invalid

from . import batches
from .actions.arrays import create_observations, keep_refused
from .actions.changing import change_entity
from .actions.context import Making
from .actions.creating import Parent, check_link, create, create_entities, needs_action
from .actions.json_patch import patched
from .actions.removing import remove_entity
from .actions.work import Work
from .errors import Malformed
from .exchange import Call, Reply
from .naming import OBSERVATION, EntityType
from .paths import Target, resolved
from .query.options import Options
from .reading import answering
from .reading.reader import Reader
from .reading.rendering import Renderer, value_of

JSON_PATCH = "application/json-patch+json"
PLAIN = Options()
OWNERS = {relation.target: relation.name for relation in OBSERVATION.relations}
SENT_TO = re.compile(rf"({'|'.join(OWNERS)})\((\d{{1,18}})\)/Observations")


class MethodNotAllowed(CityError):
    """This address does not take this method."""

    code, status = "sta-method-not-allowed", 405


def answer(call: Call, work: Work | None = None) -> Reply:
    """Every expected failure is a reply too. *work* collects what a change set does to the lake."""
    try:
        method = METHODS.get(call.method)
        if method is None:
            raise MethodNotAllowed(f"{call.method} is not offered here")
        return method(call, work or Work())
    except CityError as error:
        status = 400 if isinstance(error, Invalid) else error.status
        return Reply(status, error.as_json())
    except DataError:
        return Reply(
            400,
            Malformed("A value is out of range or has characters that cannot be kept").as_json(),
        )


def _get(call: Call, _work: Work) -> Reply:
    return answering.answer(call)


def _post(call: Call, work: Work) -> Reply:
    path = call.path.strip("/")
    if path == "$batch":
        return batches.answer(call, answer)
    if path == "CreateObservations":
        return _create_observations(call, work)
    body = call.object()
    entity, parent = _collection(call)
    if needs_action(entity, body):
        number = create_entities(entity.set_name, body, parent, work, by=call.actor)
    else:
        with transaction.atomic():
            number = create(entity, body, parent, Making(call.actor, "", work))
            work.finish()
    return Reply(201, headers={"Location": f"{call.root}/{entity.set_name}({number})"})


def _collection(call: Call) -> tuple[EntityType, Parent | None]:
    """The set that is posted to, and the parent it belongs to. Raises MethodNotAllowed.

    A token that may only send observations sees nothing: it names a stream it may send to, and
    `create` looks whether it may.
    """
    path = call.path.strip("/")
    if path == OBSERVATION.set_name:
        return OBSERVATION, None
    if not may(call.actor, VIEW):
        owner = SENT_TO.fullmatch(path)
        if owner is not None:
            parent = OWNERS[owner.group(1)], int(owner.group(2))
            check_link(OBSERVATION.by_relation[parent[0]], parent[1], Making(call.actor, ""))
            return OBSERVATION, parent
    target = resolved(path, Reader(call.actor))
    if target.row is not None or target.is_ref:
        raise MethodNotAllowed("Entities are posted to sets")
    if target.parent is None:
        return target.entity, None
    relation, row = target.parent
    return target.entity, (relation.inverse, row["c_id"])


def _create_observations(call: Call, work: Work) -> Reply:
    with transaction.atomic():
        answers = create_observations(call.json(), work, by=call.actor)
    keep_refused(answers, by=call.actor)
    links = [
        f"{call.root}/Observations({found})" if isinstance(found, int) else str(found)
        for found in answers
    ]
    return Reply(201, links)


def _change(call: Call, work: Work) -> Reply:
    target = _entity(call)
    assert target.row is not None
    is_whole = call.method == "PUT"
    is_patch = call.content_type == JSON_PATCH
    body = _edited(target, call.json()) if is_patch else call.object()
    change_entity(target.entity.set_name, target.row, body, work, is_whole=is_whole, by=call.actor)
    reader = Reader(call.actor)
    row = reader.one(target.entity, target.row["c_id"])
    if row is None or work.is_shared:
        return Reply(200)
    return Reply(document=Renderer(reader, call.root).entities(target.entity, [row], PLAIN)[0])


def _edited(target: Target, operations: Any) -> dict[str, Any]:
    """The properties that a JSON Patch changes, as a merge. What it removes becomes null."""
    assert target.row is not None
    before = {
        prop.name: value
        for prop in target.entity.properties
        if not prop.is_derived and (value := value_of(prop, target.row)) is not None
    }
    after = patched(before, operations)
    if not isinstance(after, dict):
        raise Malformed("A JSON Patch leaves an object")
    gone = dict.fromkeys(before.keys() - after.keys())
    return gone | {n: v for n, v in after.items() if n not in before or before[n] != v}


def _entity(call: Call) -> Target:
    target = resolved(call.path, Reader(call.actor))
    if target.row is None or target.members or target.is_ref:
        raise MethodNotAllowed(f"{call.method} is for single entities")
    return target


def _delete(call: Call, work: Work) -> Reply:
    target = _entity(call)
    assert target.row is not None
    remove_entity(target.entity.set_name, target.row, work, by=call.actor)
    return Reply(200)


METHODS: dict[str, Callable[[Call, Work], Reply]] = {
    "GET": _get,
    "HEAD": _get,
    "POST": _post,
    "PATCH": _change,
    "PUT": _change,
    "DELETE": _delete,
}
