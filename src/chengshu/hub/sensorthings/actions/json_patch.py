"""JSON Patch (RFC 6902) on a document in memory."""

from copy import deepcopy
from typing import Any

from chengshu.kit.errors import Conflict

from ..errors import Malformed

Document = Any


class TestFailed(Conflict):
    """A ``test`` of a JSON Patch does not hold."""

    code = "sta-patch-test-failed"


def patched(document: Document, operations: Any) -> Document:
    """A changed copy of *document*. Raises Malformed and TestFailed."""
    if not isinstance(operations, list):
        raise Malformed("A JSON Patch is a list of operations")
    found = deepcopy(document)
    for operation in operations:
        if not isinstance(operation, dict) or not isinstance(operation.get("path"), str):
            raise Malformed("An operation has an op and a path")
        found = _applied(found, operation)
    return found


def _applied(document: Document, operation: dict[str, Any]) -> Document:
    path = _steps(operation["path"])
    match operation.get("op"):
        case "add":
            return _added(document, path, _value(operation))
        case "remove":
            return _removed(document, path)
        case "replace":
            return _added(_removed(document, path), path, _value(operation))
        case "move":
            source = _steps(operation.get("from"))
            moved = _at(document, source)
            return _added(_removed(document, source), path, moved)
        case "copy":
            return _added(document, path, deepcopy(_at(document, _steps(operation.get("from")))))
        case "test":
            if _at(document, path) != _value(operation):
                raise TestFailed(f"{operation['path']} is not as tested")
            return document
    raise Malformed(f"There is no operation {operation.get('op')!r}")


def _steps(pointer: Any) -> list[str]:
    if not isinstance(pointer, str) or (pointer and pointer[0] != "/"):
        raise Malformed(f"{pointer!r} is not a JSON pointer")
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def _value(operation: dict[str, Any]) -> Any:
    if "value" not in operation:
        raise Malformed(f"{operation['op']} needs a value")
    return operation["value"]


def _at(document: Document, path: list[str]) -> Any:
    found = document
    for step in path:
        found = _child(found, step)
    return found


def _child(parent: Any, step: str) -> Any:
    if isinstance(parent, dict) and step in parent:
        return parent[step]
    if isinstance(parent, list):
        return parent[_index(parent, step, len(parent) - 1)]
    raise Malformed(f"There is nothing at {step!r}")


def _index(parent: list[Any], step: str, last: int) -> int:
    if step == "-":
        return len(parent)
    if not step.isdigit() or int(step) > last:
        raise Malformed(f"{step!r} is no position in the list")
    return int(step)


def _added(document: Document, path: list[str], value: Any) -> Document:
    if not path:
        return value
    parent = _at(document, path[:-1])
    if isinstance(parent, dict):
        parent[path[-1]] = value
    elif isinstance(parent, list):
        parent.insert(_index(parent, path[-1], len(parent)), value)
    else:
        raise Malformed(f"Nothing can be added at {path[-1]!r}")
    return document


def _removed(document: Document, path: list[str]) -> Document:
    if not path:
        return {}
    parent = _at(document, path[:-1])
    _child(parent, path[-1])
    if isinstance(parent, dict):
        del parent[path[-1]]
    else:
        parent.pop(int(path[-1]))
    return document
