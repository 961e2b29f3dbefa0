"""GET: sets, entities, properties, links."""

from dataclasses import replace

import orjson

from .. import data_arrays
from ..conformance import root_document
from ..errors import NotOffered
from ..exchange import Call, Reply
from ..naming import ID_NAMES, SELF_LINK
from ..paths import Target, member_of, resolved
from ..query.options import Options, read
from .reader import Reader
from .rendering import Renderer, next_link, value_of
from .spans import add_spans

PLAIN = "text/plain; charset=utf-8"


def answer(call: Call) -> Reply:
    """Raises Malformed, NotOffered, NotFound and NotAllowed."""
    reader = Reader(call.actor)
    if not call.path.strip("/"):
        return Reply(document=root_document(call.root))
    target = resolved(call.path, reader)
    options = read(call.query)
    renderer = Renderer(reader, call.root)
    if target.members:
        return _member(reader, target)
    if target.row is None:
        return _set(call, renderer, target, options)
    if target.is_ref:
        return Reply(document={SELF_LINK: renderer.self_link(target.entity, target.row)})
    return Reply(document=renderer.entities(target.entity, [target.row], options)[0])


def _set(call: Call, renderer: Renderer, target: Target, options: Options) -> Reply:
    address = f"{call.root}/{call.path.strip('/')}"
    if options.result_format:
        if options.result_format != "dataArray" or target.entity.set_name != "Observations":
            raise NotOffered("The only further format is dataArray, of Observations")
        return Reply(document=data_arrays.read(renderer, target, options, address))
    if target.is_ref:
        options = replace(options, expand={}, select=None)
    page = renderer.reader.page(target.entity, options, target.parent)
    if not target.is_ref:
        return Reply(document=renderer.collection(target.entity, page, options, address))
    document: dict[str, object] = {
        "value": [{SELF_LINK: renderer.self_link(target.entity, row)} for row in page.rows]
    }
    if page.has_more and page.rows:
        document = {"@iot.nextLink": next_link(address, options, page), **document}
    return Reply(document=document)


def _member(reader: Reader, target: Target) -> Reply:
    assert target.row is not None
    name, *inner = target.members
    if name in ID_NAMES:
        value: object = target.row["c_id"]
    else:
        prop = target.entity.by_property[name]
        if prop.is_derived:
            add_spans(reader, target.entity, [target.row])
        value = value_of(prop, target.row)
    if value is None and not inner:
        return Reply(204)
    value = member_of(value, tuple(inner))
    if value is None:
        return Reply(204)
    if not target.is_value:
        return Reply(document={target.members[-1]: value})
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return Reply(text=text, content_type=PLAIN)
