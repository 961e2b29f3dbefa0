"""Addresses below the service's root: which entity, set, property or link is meant."""

import re
from dataclasses import dataclass
from typing import Any

from chengshu.kit.errors import NotFound

from .errors import Malformed
from .naming import ID_NAMES, EntityType, Forward, Relation, entity_of, target_of
from .reading.pages import Row
from .reading.reader import Reader

SEGMENT = re.compile(r"([@\w.$-]+?)(?:\((-?\d{1,19})\))?")
LONGEST = 40


@dataclass(frozen=True)
class Target:
    """A set (*row* is None) or one entity, and what of it is asked for.

    *parent* is the entity whose relation gives the set, or gave the entity.
    """

    entity: EntityType
    row: Row | None = None
    parent: tuple[Relation, Row] | None = None
    members: tuple[str, ...] = ()
    is_ref: bool = False
    is_value: bool = False


def resolved(path: str, reader: Reader) -> Target:
    """Raises NotFound and Malformed."""
    segments = [segment for segment in path.strip("/").split("/") if segment]
    if not segments or len(segments) > LONGEST:
        raise NotFound("There is nothing at this address")
    ends_in = segments[-1] if segments[-1] in ("$ref", "$value") else ""
    walk = segments[:-1] if ends_in else segments
    name, number = _segment(walk[0] if walk else "")
    target = _numbered(Target(entity_of(name)), number, reader)
    for i, segment in enumerate(walk[1:], 1):
        row = target.row
        if row is None:
            raise NotFound(f"{segment} follows a set of entities: choose one by its id")
        name, number = _segment(segment)
        relation = target.entity.by_relation.get(name)
        if relation is None:
            members = tuple(walk[i:])
            return _member(target, members, ends_in)
        target = _followed(relation, row, number, reader)
    return _ended(target, ends_in)


def _segment(text: str) -> tuple[str, int | None]:
    match = SEGMENT.fullmatch(text)
    if match is None:
        raise NotFound(f"There is nothing at {text}")
    return match.group(1), int(match.group(2)) if match.group(2) else None


def _numbered(target: Target, number: int | None, reader: Reader) -> Target:
    if number is None:
        return target
    row = reader.one(target.entity, number)
    if row is None:
        raise _absent(target.entity, number)
    return Target(target.entity, row)


def _absent(entity: EntityType, number: int) -> NotFound:
    return NotFound(
        f"There is no {entity.name} {number}", where={"set": entity.set_name, "id": number}
    )


def _followed(relation: Relation, row: Row, number: int | None, reader: Reader) -> Target:
    entity = target_of(relation)
    if number is not None:
        found = reader.related(relation, row, number) if relation.is_many else None
        if found is None:
            raise _absent(entity, number)
        return Target(entity, found, (relation, row))
    if relation.is_many:
        return Target(entity, None, (relation, row))
    assert isinstance(relation.way, Forward)
    other = row[relation.way.column]
    found = reader.one(entity, other) if other is not None else None
    if found is None:
        raise NotFound(f"There is no {relation.name} here")
    return Target(entity, found, (relation, row))


def _member(target: Target, members: tuple[str, ...], ends_in: str) -> Target:
    prop = target.entity.by_property.get(members[0])
    if (prop is None and members[0] not in ID_NAMES) or ends_in == "$ref":
        raise NotFound(f"A {target.entity.name} has no {members[0]}")
    return Target(target.entity, target.row, members=members, is_value=ends_in == "$value")


def _ended(target: Target, ends_in: str) -> Target:
    if ends_in == "$value":
        raise Malformed("$value is of a property")
    return Target(target.entity, target.row, target.parent, is_ref=ends_in == "$ref")


def member_of(document: Any, members: tuple[str, ...]) -> Any:
    """What stands at *members* within a property's JSON. Raises NotFound when nothing does."""
    found = document
    for name in members:
        if isinstance(found, dict) and name in found:
            found = found[name]
        elif isinstance(found, list) and name.isdigit() and int(name) < len(found):
            found = found[int(name)]
        else:
            raise NotFound(f"There is no {name} here")
    return found
