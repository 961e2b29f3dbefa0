"""Every path by which rows leave the platform, and how to see what came out of each.

`tests/test_row_filter.py` proves for random cities and grants that each path gives exactly the
permitted rows. A new ledger needs an entry in `row_filter_subjects.SUBJECTS` (unless its rows
belong to no place, organisation or grade), a new layer one in LAYERS, a new route of the API one
in ROUTES.
"""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import quote

from django.test import Client

from chengshu.core.access.actor import Person
from chengshu.core.access.models import Duty, Grant
from chengshu.core.access.policy import may, scope_of, standing, visible_to
from chengshu.core.events.models import OutboxEvent
from chengshu.core.events.outbox import event_types
from chengshu.core.lake import installation
from chengshu.core.notify.frames import frame_of
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.core.places.scope import Scope
from chengshu.core.records import layer as record_layer
from chengshu.core.records.entries import Entry
from chengshu.core.records.ledger import Ledger, ledgers
from chengshu.hub.onemap.layer import layers
from chengshu.hub.sensing.ingest.mqtt.subscriptions import may_hear
from chengshu.hub.sensing.lake import OBSERVATIONS
from tests.row_filter_subjects import NEEDLE


@dataclass
class Looking:
    """Somebody with roles of *duty* who looks at a ledger, through whatever path."""

    person: Person
    client: Client
    ledger: Ledger
    duty: Duty

    @cached_property
    def rows(self) -> list[Any]:
        return list(self.ledger.model._default_manager.order_by("pk"))

    def keys(self, is_seen: Callable[[Any], bool]) -> set[str]:
        return {self.ledger.key_of(row) for row in self.rows if is_seen(row)}

    def addresses_in(self, page: str) -> set[str]:
        return self.keys(lambda row: f'"{self.ledger.address_of(row)}"' in page)

    def get(self, address: str, **query: str) -> Any:
        return self.client.get(address, query, headers={"accept-language": "en"})

    def text(self, address: str, **query: str) -> str:
        """The page; empty when it is refused as a whole."""
        answer = self.get(address, **query)
        if answer.status_code in (403, 404):
            return ""
        assert answer.status_code == 200, answer.text
        body: bytes = b"".join(answer) if answer.streaming else answer.content
        return body.decode("utf-8-sig")

    def answers(self, address_of: Callable[[Any], str]) -> set[str]:
        """The rows whose own address answers; the others are not there, or all is forbidden."""
        statuses = {self.ledger.key_of(r): self.get(address_of(r)).status_code for r in self.rows}
        assert set(statuses.values()) <= {200, 403, 404}, statuses
        return {key for key, status in statuses.items() if status == 200}

    @property
    def api(self) -> str:
        return f"/api/v1/{self.ledger.name.replace('.', '/')}"


@dataclass(frozen=True)
class RowPath:
    """One way out. *seen* answers keys of rows, or how many there are."""

    seen: Callable[[Looking], set[str] | int]
    applies: Callable[[Ledger], bool] = lambda ledger: True
    duty: Duty | None = None


def _stream(look: Looking) -> set[str]:
    """What a server-sent stream would pass on of an event about each row."""

    def is_told(row: Any) -> bool:
        place_path, organisation_path, grade = standing(row)
        told = OutboxEvent(
            id=1,
            type="row.changed",
            body={},
            place_path=place_path,
            organisation_path=organisation_path,
            grade=grade,
        )
        kind = type("RowChanged", (), {"permission": look.ledger.permission("view")})
        with event_types.temporarily("row.changed", kind):
            frame = frame_of(told, 0)
        assert frame
        return frame.is_for(look.person.policy)

    return look.keys(is_told)


def _list(look: Looking, **query: str) -> set[str]:
    return look.addresses_in(look.text(look.ledger.address, **query))


def _count(look: Looking) -> int:
    answer = look.get(look.api, limit="1")
    return int(answer.json()["count"]["number"]) if answer.status_code == 200 else 0


def _csv(look: Looking) -> set[str]:
    """Exported rows by their first column, which names them where a ledger has a key to show."""
    table = list(csv.reader(io.StringIO(look.text(f"{look.ledger.address}-/export.csv"))))
    shown = {cell for line in table[1:] for cell in line}
    return look.keys(lambda row: look.ledger.key_of(row) in shown)


def _is_exported(ledger: Ledger) -> bool:
    """Places and organisations are looked at by daily work and exported by administrators."""
    return ledger.key in ledger.columns and not ledger.also


def _api_list(look: Looking) -> set[str]:
    found: set[str] = set()
    after = ""
    while True:
        answer = look.get(look.api, limit="2", cursor=after)
        if answer.status_code == 403:
            return found
        page = answer.json()
        found |= {str(item[look.ledger.key]) for item in page["items"]}
        after = page["after"]
        if not after:
            return found


def _api_search(look: Looking) -> set[str]:
    answer = look.get(look.api, limit="100", q=NEEDLE)
    if answer.status_code == 403:
        return set()
    return {str(item[look.ledger.key]) for item in answer.json()["items"]}


def _layer_code(look: Looking) -> set[str]:
    if not may(look.person, look.ledger.permission("view")):
        return set()
    found = record_layer.features(look.ledger, look.person)["features"]
    return {feature["properties"]["code"] for feature in found}


def _map_search(look: Looking) -> set[str]:
    hits = look.get("/api/v1/map/search", q=NEEDLE).json()
    addresses = {hit["href"] for hit in hits}
    return look.keys(lambda row: look.ledger.address_of(row) in addresses)


def _suggestions(look: Looking) -> set[str]:
    """What a form's link field to this ledger's model offers."""
    text = ""
    for other in ledgers:
        for name in other.fields:
            entry = Entry(other.field(name))
            if entry.kind == "link" and entry.target is look.ledger.model:
                text = look.text(f"{other.address}-/options/{name}/")
    return look.keys(lambda row: f'value="{look.ledger.key_of(row)}"' in text)


def _is_suggested(ledger: Ledger) -> bool:
    """Places and organisations are suggested by the rights on the ledger that asks for them."""
    return ledger.model not in (Place, Organisation) and any(
        other.duty == ledger.duty
        and any(
            other.field(name).is_relation and Entry(other.field(name)).target is ledger.model
            for name in other.fields
        )
        for other in ledgers
    )


def _is_searched(ledger: Ledger) -> bool:
    return bool(ledger.search) and ledger.model not in (Place, Organisation, Grant)


PATHS: dict[str, RowPath] = {
    "queryset": RowPath(
        lambda look: {
            look.ledger.key_of(row)
            for row in visible_to(
                look.ledger.model._default_manager.all(),
                look.person,
                look.ledger.permission("view"),
            )
        }
    ),
    "may": RowPath(
        lambda look: look.keys(lambda row: may(look.person, look.ledger.permission("view"), row))
    ),
    "covers": RowPath(
        lambda look: look.keys(
            lambda row: any(
                reach.covers(*standing(row))
                for reach in look.person.policy.of(look.ledger.permission("view"))
            )
        )
    ),
    "stream": RowPath(_stream),
    "list page": RowPath(_list),
    "search page": RowPath(lambda look: _list(look, q=NEEDLE), _is_searched),
    "count": RowPath(_count),
    "export": RowPath(_csv, _is_exported),
    "record page": RowPath(lambda look: look.answers(look.ledger.address_of)),
    "api list": RowPath(_api_list),
    "api search": RowPath(_api_search, _is_searched),
    "api get": RowPath(
        lambda look: look.answers(lambda row: f"{look.api}/{quote(look.ledger.key_of(row))}")
    ),
    "api history": RowPath(
        lambda look: look.answers(
            lambda row: f"{look.api}/{quote(look.ledger.key_of(row))}/history"
        ),
        lambda ledger: hasattr(ledger.model, "pgh_event_model"),
    ),
    "layer of the ledger": RowPath(_layer_code, lambda ledger: ledger.layer is not None),
    "map search": RowPath(_map_search, lambda ledger: ledger.layer is not None),
    "suggestions": RowPath(_suggestions, _is_suggested),
    "mqtt subscription": RowPath(
        lambda look: look.keys(lambda row: may_hear(look.person, f"chengshu/{row.code}/+")),
        lambda ledger: ledger.name == "sensing.terminals",
    ),
}

LAYERS: dict[str, str] = {
    "sensing.terminals": "sensing.terminals",
    "sensing.carriers": "sensing.carriers",
    "warnings.active": "warnings.warnings",
    "cases.open": "cases.cases",
    "environment.stations": "environment.stations",
}
"""Layer of the map to the ledger whose rows it shows by code."""


def _layer_path(name: str, shown: str) -> RowPath:
    def seen(look: Looking) -> set[str]:
        answer = look.get(f"/api/v1/map/layers/{name}/features")
        if answer.status_code == 403:
            return set()
        return {feature["properties"]["code"] for feature in answer.json()["features"]}

    return RowPath(seen, lambda ledger: ledger.name == shown)


PATHS |= {f"map layer {name}": _layer_path(name, shown) for name, shown in LAYERS.items()}


def _row_route(name: str, address: str) -> RowPath:
    return RowPath(
        lambda look: look.answers(lambda row: address.format(key=quote(look.ledger.key_of(row)))),
        lambda ledger: ledger.name == name,
    )


PATHS |= {
    "latest values": _row_route("sensing.terminals", "/api/v1/sensing/terminals/{key}/latest"),
    "candidates of a request": _row_route(
        "sensing.requests", "/api/v1/sensing/requests/{key}/candidates"
    ),
    "moves of a case": _row_route("cases.cases", "/api/v1/cases/{key}/actions"),
    "day of a station": _row_route(
        "environment.stations", "/api/v1/environment/stations/{key}/day"
    ),
}


def _aggregates(look: Looking) -> set[str]:
    """The groups of an aggregate, which are there whether they have observations or not."""
    installation.current().ensure([OBSERVATIONS])
    answer = look.get("/api/v1/sensing/aggregates", property=NEEDLE, by="terminal")
    if answer.status_code in (403, 404):
        return set()
    return {group["code"] for group in answer.json()["groups"]}


PATHS |= {
    "aggregates": RowPath(_aggregates, lambda ledger: ledger.name == "sensing.terminals"),
}

STA = "/sta/v1.1"


def _things(look: Looking) -> set[str]:
    """What the set of Things of SensorThings holds."""
    answer = look.get(f"{STA}/Things", **{"$select": "id", "$top": "1000"})
    if answer.status_code == 403:
        return set()
    seen = {entity["@iot.id"] for entity in answer.json()["value"]}
    return look.keys(lambda row: row.pk in seen)


def _is_thing(ledger: Ledger) -> bool:
    return ledger.name == "sensing.terminals"


PATHS |= {
    "SensorThings set": RowPath(_things, _is_thing),
    "SensorThings entity": RowPath(
        lambda look: look.answers(lambda row: f"{STA}/Things({row.pk})"), _is_thing
    ),
}


def _rated(look: Looking) -> int:
    """How many terminals the rates of health are of."""
    answer = look.get("/api/v1/sensing/health/rates", by="kind")
    return sum(row["terminals"] for row in answer.json()) if answer.status_code == 200 else 0


def _on_board(look: Looking) -> int:
    """The number of terminals on the health board."""
    found = re.search(r"<b>(\d+)</b>", look.text("/sensing/health/"))
    return int(found[1]) if found else 0


PATHS |= {
    "health rates": RowPath(_rated, _is_thing),
    "health board": RowPath(_on_board, _is_thing),
}

ROUTES: dict[str, str] = {
    "stream": "stream",
    "openapi.json": "no rows",
    "docs": "no rows",
    "": "no rows",
    "map/places": "map places",
    "map/layers": "no rows",
    "map/layers/<name>/features": "map layer sensing.terminals",
    "map/search": "map search",
    "sensing/terminals/<code>/latest": "latest values",
    "sensing/terminals/<code>/series": "latest values",
    "sensing/observations/export": "tests/hub/sensing/test_exporting.py::"
    "test_a_file_holds_what_one_may_see_and_export_and_nothing_else",
    "sensing/observations/stream": "tests/hub/sensing/subscriptions/test_stream.py::"
    "test_a_right_that_is_taken_away_stops_the_stream",
    "sensing/subscriptions/<code>/secret": "tests/hub/sensing/subscriptions/test_ledger.py::"
    "test_a_stranger_learns_no_secret",
    "sensing/rejections/replay": "tests/hub/sensing/test_rejections.py::"
    "test_a_program_reaches_no_row_it_may_not_see",
    "sensing/health/rates": "health rates",
    "sensing/aggregates": "aggregates",
    "sensing/requests/<code>/candidates": "candidates of a request",
    "sensing/requests/<code>/candidates/<int:number>/reuse": "tests/hub/sensing/ledger/"
    "test_pages.py::test_a_program_asks_for_a_candidate",
    "cases/<code>/actions": "moves of a case",
    "cases/<code>/actions/<action>": "moves of a case",
    "cases/reports": "tests/hub/cases/test_api.py::"
    "test_a_program_reports_and_is_told_what_may_be_done",
    "environment/aqi": "air quality",
    "environment/stations/<code>/day": "day of a station",
    "screens/city": "no rows",
    "screens/city/panels/<name>": "tests/hub/warnings/test_pages.py::"
    "test_the_cockpit_counts_active_warnings_by_colour",
    "screens/city/timeline": "tests/hub/warnings/test_pages.py::"
    "test_the_timeline_knows_when_warnings_began",
}
"""Further routes of the API to the path above, or the test, that proves their filter."""


def _map_places(look: Looking) -> set[str]:
    found: set[str] = set()
    for level in set(Place.objects.values_list("level", flat=True)):
        answer = look.get("/api/v1/map/places", level=level)
        if answer.status_code == 200:
            found |= {f["properties"]["code"] for f in answer.json()["features"]}
    return found


def _air_quality(look: Looking) -> set[str]:
    found: set[str] = set()
    for code in Place.objects.values_list("code", flat=True):
        answer = look.get("/api/v1/environment/aqi", place=code)
        if answer.status_code == 200:
            found |= {station["code"] for station in answer.json()["stations"]}
    return found


PATHS |= {
    "map places": RowPath(_map_places, lambda ledger: ledger.model is Place, Duty.WORK),
    "air quality": RowPath(_air_quality, lambda ledger: ledger.name == "environment.stations"),
}


def rights_matter(ledger: Ledger) -> bool:
    """Whether rows of *ledger* differ in who may see them."""
    return scope_of(ledger.model) != Scope(place="", organisation="", grade="")


def layer_names() -> set[str]:
    return {layer.name for layer in layers}
