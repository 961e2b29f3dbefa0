"""The REST API of a ledger: list, get, create, change, retire, history."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Status

from chengshu.core.access.policy import Actor

from . import keyset, shapes
from .entering import change, create, press
from .entries import asked_by
from .history import has_history, history
from .ledger import Button, Ledger, action_of
from .selection import Selection, find, whole_rows


def actor_of(request: HttpRequest) -> Actor:
    """Whoever the access middleware found."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def router_of(ledger: Ledger) -> Router:
    """The routes of *ledger*, those that write only where it can be written."""
    router = Router(tags=[str(ledger.title)])
    _add_reading(router, ledger)
    if ledger.create:
        _add_create(router, ledger)
    if ledger.change:
        _add_change(router, ledger)
    if ledger.retire:
        _add_retire(router, ledger)
    for name, button in ledger.buttons.items():
        _add_button(router, ledger, name, button)
    return router


def _id(ledger: Ledger, verb: str) -> dict[str, Any]:
    return {"operation_id": f"{verb}_{ledger.name.replace('.', '_')}"}


def _add_reading(router: Router, ledger: Ledger) -> None:
    row_shape = shapes.row_shape(ledger)
    page_shape = shapes.page_shape(ledger, row_shape)
    asked = shapes.asked(ledger)

    @router.get("", response=page_shape, summary=f"List {ledger.name}", **_id(ledger, "list"))
    def list_rows(request: HttpRequest, asked: Query[asked]) -> Mapping[str, Any]:  # type: ignore[valid-type]
        selection = Selection.read(ledger, request.GET)
        rows = selection.rows(actor_of(request))
        page = keyset.page(
            rows,
            selection.order(),
            asked.cursor,  # type: ignore[attr-defined]
            asked.limit,  # type: ignore[attr-defined]
            whole_rows(ledger),
        )
        return {
            "items": [shapes.as_json(ledger, row) for row in page.rows],
            "count": keyset.count(rows, page),
            "after": page.after,
            "before": page.before,
        }

    @router.get("/{key}", response=row_shape, summary="One row", **_id(ledger, "get"))
    def get_row(request: HttpRequest, key: str) -> Mapping[str, Any]:
        return shapes.as_json(ledger, find(ledger, actor_of(request), key))

    if has_history(ledger.model):

        @router.get(
            "/{key}/history",
            response=list[shapes.VersionOut],
            summary="Who changed what, newest first",
            **_id(ledger, "history"),
        )
        def row_history(request: HttpRequest, key: str) -> Any:
            return history(find(ledger, actor_of(request), key))


def _add_create(router: Router, ledger: Ledger) -> None:
    body, answer = shapes.body(ledger, partial=False), shapes.row_shape(ledger)

    @router.post("", response={201: answer}, summary="Add a row", **_id(ledger, "create"))
    def create_row(request: HttpRequest, given: body) -> Status[Any]:  # type: ignore[valid-type]
        values = given.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
        row = create(ledger, values, by=actor_of(request))
        return Status(201, shapes.as_json(ledger, row))


def _add_change(router: Router, ledger: Ledger) -> None:
    body, answer = shapes.body(ledger, partial=True), shapes.row_shape(ledger)

    @router.patch("/{key}", response=answer, summary="Change a row", **_id(ledger, "change"))
    def change_row(request: HttpRequest, key: str, given: body) -> Mapping[str, Any]:  # type: ignore[valid-type]
        actor = actor_of(request)
        values = given.model_dump(exclude_unset=True)  # type: ignore[attr-defined]
        row = change(ledger, find(ledger, actor, key), values, by=actor)
        return shapes.as_json(ledger, row)


def _add_retire(router: Router, ledger: Ledger) -> None:
    answer = shapes.row_shape(ledger)

    @router.post("/{key}/retire", response=answer, summary="Retire a row", **_id(ledger, "retire"))
    def retire_row(request: HttpRequest, key: str) -> Mapping[str, Any]:
        actor = actor_of(request)
        row = find(ledger, actor, key)
        assert ledger.retire is not None
        ledger.retire(row, by=actor)
        return shapes.as_json(ledger, row)


def _add_button(router: Router, ledger: Ledger, name: str, button: Button) -> None:
    body, answer = shapes.question(ledger, name, asked_by(button)), shapes.row_shape(ledger)
    summary = str(action_of(button.run).title)

    @router.post(
        f"/{{key}}/{name}", response=answer, summary=summary, **_id(ledger, name.replace("-", "_"))
    )
    def press_button(request: HttpRequest, key: str, given: body = None) -> Mapping[str, Any]:  # type: ignore[valid-type]
        actor = actor_of(request)
        row = find(ledger, actor, key)
        values = given.model_dump(exclude_unset=True) if given else {}  # type: ignore[attr-defined]
        done = press(button, row, values, by=actor)
        return shapes.as_json(ledger, done if isinstance(done, ledger.model) else row)
