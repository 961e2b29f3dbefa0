"""Terminals from a CSV file: one row per terminal and observed property, all or nothing."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor
from chengshu.core.actions import action
from chengshu.core.actions.action import note
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.hub.sensing.coding import wrong_codes
from chengshu.hub.sensing.models import ObservedProperty, Terminal
from chengshu.kit.errors import Invalid

from .registration import NewTerminal, define_properties, register_terminals

COLUMNS = ("code", "name", "kind", "property", "lon", "lat", "place", "owner")
SHOWN = 20
DEFAULT_INTERVAL_SECONDS = 300


class BadTerminalFile(Invalid):
    """The file has faults; nothing of it was imported. *where* lists the first ones by row."""

    code = "bad-terminal-file"


@dataclass(frozen=True)
class Report:
    """*new_properties* were unknown to the city and now await a name and unit."""

    terminals: int
    datastreams: int
    new_properties: tuple[str, ...]


@action("sensing.import_terminals", _("Import terminals"))
def import_terminals(path: Path, *, by: Actor) -> Report:
    """Import *path* (CSV in UTF-8). Row numbers in errors count the header as row 1."""
    rows = _read(path)
    places = Place.objects.in_bulk(rows["place"].unique().to_list(), field_name="code")
    owners = Organisation.objects.in_bulk(rows["owner"].unique().to_list(), field_name="code")
    _check(rows, places.keys(), owners.keys())
    new_properties = _unknown_properties(rows)
    define_properties(
        [ObservedProperty(code=code, name=code, unit="1") for code in new_properties], by=by
    )
    terminals = rows.group_by("code", maintain_order=True).agg(
        pl.first("name", "kind", "lon_number", "lat_number", "place", "owner"), pl.col("property")
    )
    register_terminals(
        [
            NewTerminal(
                code=row["code"],
                name=row["name"],
                kind=row["kind"],
                place=places[row["place"]],
                owner=owners[row["owner"]],
                lon=row["lon_number"],
                lat=row["lat_number"],
                properties=dict.fromkeys(row["property"], DEFAULT_INTERVAL_SECONDS),
            )
            for row in terminals.iter_rows(named=True)
        ],
        by=by,
    )
    note(file=path.name, rows=len(rows))
    return Report(len(terminals), len(rows), tuple(new_properties))


def _read(path: Path) -> pl.DataFrame:
    """The rows with their numbers; *lon* and *lat* as sent and as numbers."""
    try:
        rows = pl.read_csv(path, infer_schema=False)
    except OSError as error:
        raise BadTerminalFile(f"The file cannot be opened: {error.strerror}") from None
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise BadTerminalFile(f"The file is not a readable CSV: {error}") from None
    missing = [name for name in COLUMNS if name not in rows.columns]
    if missing:
        raise BadTerminalFile(
            f"The header lacks {', '.join(missing)}", where={"row": 1, "columns": missing}
        )
    if rows.is_empty():
        raise BadTerminalFile("The file has a header and no rows", where={"row": 1})
    return rows.select(pl.col(COLUMNS).str.strip_chars().fill_null("")).with_columns(
        pl.int_range(2, pl.len() + 2).alias("row"),
        pl.col("kind").str.to_lowercase(),
        pl.col("lon", "lat")
        .replace("", None)
        .cast(pl.Float64, strict=False)
        .name.suffix("_number"),
    )


def _check(rows: pl.DataFrame, places: Iterable[str], owners: Iterable[str]) -> None:
    """Raise BadTerminalFile listing the first faults by row and column."""
    taken = Terminal.objects.filter(code__in=rows["code"].unique().to_list())
    wrong = wrong_codes(dict(rows.select("code", "kind").iter_rows()))
    per_terminal = pl.struct("name", "kind", "lon", "lat", "place", "owner")
    rules = (
        ("code", pl.col("code") == "", "is empty"),
        ("code", pl.col("code").str.len_chars() > 40, "is longer than 40 characters"),
        ("code", _among(pl.col("code"), taken.values_list("code", flat=True)), "is taken already"),
        ("code", _among(pl.col("code"), wrong), "breaks the coding rule, or was given before"),
        (
            "code",
            per_terminal.n_unique().over("code") > 1,
            "has rows that differ in name, kind, position, place or owner",
        ),
        ("name", pl.col("name") == "", "is empty"),
        ("kind", ~_among(pl.col("kind"), Terminal.Kind.values), "is not a kind of terminal"),
        ("property", pl.col("property") == "", "is empty"),
        ("property", pl.struct("code", "property").is_duplicated(), "stands twice"),
        ("lon", ~pl.col("lon_number").is_between(-180, 180).fill_null(False), "is no longitude"),
        ("lat", ~pl.col("lat_number").is_between(-90, 90).fill_null(False), "is no latitude"),
        ("place", ~_among(pl.col("place"), places), "is no known place code"),
        ("owner", ~_among(pl.col("owner"), owners), "is no known organisation code"),
    )
    faults = pl.concat(
        rows.filter(is_wrong).select(
            "row", pl.lit(column).alias("column"), pl.lit(fault).alias("fault")
        )
        for column, is_wrong, fault in rules
    ).sort("row", maintain_order=True)
    if len(faults):
        first = faults.row(0, named=True)
        raise BadTerminalFile(
            f"{len(faults)} faults; the first in row {first['row']}: {first['column']}"
            f" {first['fault']}",
            where={"faults": faults.head(SHOWN).to_dicts()},
        )


def _among(column: pl.Expr, known: Iterable[str]) -> pl.Expr:
    return column.is_in(pl.Series(list(known), dtype=pl.String).implode())


def _unknown_properties(rows: pl.DataFrame) -> list[str]:
    wanted = set(rows["property"].unique().to_list())
    return sorted(wanted - set(ObservedProperty.objects.values_list("code", flat=True)))
