"""Rejected rows: what each says, whose it is, and how it is handed in again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import polars as pl

from chengshu.hub.sensing.lake import QUALITY
from chengshu.hub.sensing.models import Datastream, Rejection, Terminal

from .json_rows import read
from .rows import NamedRows

LONGEST = 80
LARGEST_ID = 2**63
MQTT_ROOT = "chengshu"


@dataclass(frozen=True)
class Stated:
    """What a row says, as text; empty where it does not say it or cannot be understood."""

    terminal: str = ""
    property: str = ""
    at: str = ""
    value: str = ""
    datastream: int | None = None


def stated(row: object) -> Stated:
    """What *row* says, in whatever form an entrance keeps it."""
    if not isinstance(row, Mapping):
        return Stated()
    if "topic" in row:
        return _of_topic(str(row["topic"]).split("/"), row)
    if "Datastream" in row:
        return _of_sensorthings(row)
    values = row.get("values")
    if isinstance(values, Mapping) and len(values) == 1:
        [(name, value)] = values.items()
    else:
        name, value = row.get("property"), row.get("value")
    return Stated(
        _text(row.get("terminal")),
        _text(name),
        _text(row.get("at")),
        _text(value),
        _number(row.get("datastream")),
    )


def _of_topic(levels: Sequence[str], row: Mapping[str, Any]) -> Stated:
    if levels[0] != MQTT_ROOT or not 2 <= len(levels) <= 3:
        return Stated()
    if len(levels) == 2:
        return Stated(_text(levels[1]))
    return Stated(_text(levels[1]), _text(levels[2]), value=_text(row.get("payload")))


def _of_sensorthings(row: Mapping[str, Any]) -> Stated:
    link = row["Datastream"]
    number = _number(link.get("@iot.id")) if isinstance(link, Mapping) else None
    at, value = _text(row.get("phenomenonTime")), _text(row.get("result"))
    return Stated(at=at, value=value, datastream=number)


def _text(said: object) -> str:
    if said is None:
        return ""
    text = said if isinstance(said, str) else orjson.dumps(said).decode()
    return text.replace("\0", "\ufffd") if len(text) <= LONGEST else ""


def _number(said: object) -> int | None:
    if not isinstance(said, int) or isinstance(said, bool):
        return None
    return said if 0 <= said < LARGEST_ID else None


def describe(rejections: Sequence[Rejection]) -> list[Rejection]:
    """Fill in what *rejections*, not saved yet, say and whose they are."""
    said = [stated(rejection.row) for rejection in rejections]
    streams = Datastream.objects.select_related("terminal").in_bulk(
        {each.datastream for each in said if each.datastream is not None}
    )
    for rejection, each in zip(rejections, said, strict=True):
        stream = streams.get(each.datastream or -1)
        rejection.stated_terminal = stream.terminal.code if stream else each.terminal
        rejection.stated_property = stream.code if stream else each.property
        rejection.stated_at, rejection.stated_value = each.at, each.value
    assign(rejections)
    return list(rejections)


def assign(rejections: Iterable[Rejection]) -> None:
    """Set whose *rejections* are by the code that each states."""
    rejections = list(rejections)
    codes = {rejection.stated_terminal for rejection in rejections} - {""}
    known = {row.code: row for row in Terminal.objects.filter(code__in=codes).defer("outline")}
    unknown = Rejection._meta.get_field("grade").get_default()
    for rejection in rejections:
        terminal = known.get(rejection.stated_terminal)
        rejection.terminal = terminal
        rejection.grade = terminal.grade if terminal else unknown


def parcel_of(rejections: Sequence[Rejection]) -> NamedRows:
    """*rejections* as an entrance takes them; row *n* is the *n*-th of them, counted from 1."""
    parcel = read(orjson.dumps([_observation(rejection) for rejection in rejections]))
    kept = [q if (q := number_kept(each, "quality")) in QUALITY else 0 for each in rejections]
    numbers = [None if r.stated_terminal else number_kept(r, "datastream") for r in rejections]
    places = (parcel.rows["row"] - 1).to_list()
    rows = parcel.rows.with_columns(
        pl.Series("quality", [kept[place] for place in places], pl.UInt8),
        pl.Series("datastream", [numbers[place] for place in places], pl.Int64),
    )
    return NamedRows(rows, parcel.rejected)


def _observation(rejection: Rejection) -> dict[str, object]:
    said = {"terminal": rejection.stated_terminal, "at": rejection.stated_at}
    return {**said, "values": {rejection.stated_property: _value(rejection.stated_value)}}


def _value(text: str) -> object:
    """A number if it is one, finite or not as JSON has it; else the text, which is refused."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def number_kept(rejection: Rejection, name: str) -> int | None:
    """The whole number that the row of *rejection* holds as *name*."""
    return _number(rejection.row.get(name)) if isinstance(rejection.row, dict) else None
