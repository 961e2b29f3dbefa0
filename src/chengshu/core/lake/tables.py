"""Lake tables are declared, in an app's ``lake.py``, and made when an installation starts."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from chengshu.kit.errors import Terminal
from chengshu.kit.registry import Registry

IDENTIFIER = re.compile(r"[a-z][a-z0-9_]{0,62}")
SPELLED_OUT = MappingProxyType({"TIMESTAMPTZ": "TIMESTAMP WITH TIME ZONE"})
TYPES = frozenset(
    {
        *("BOOLEAN", "UTINYINT", "SMALLINT", "INTEGER", "BIGINT", "FLOAT", "DOUBLE"),
        *("VARCHAR", "BLOB", "DATE", "TIMESTAMPTZ"),
    }
)


class TableDiffers(Terminal):
    """The table in the catalogue has other columns than its declaration."""

    code = "lake-table-differs"


@dataclass(frozen=True, kw_only=True)
class LakeTable:
    """A table of the lake: *columns* maps names to types of TYPES; times are UTC microseconds.

    Files are sorted by *sorted_by*. *key* names the columns by which rows are replaced; the lake
    itself does not enforce that a key is unique. Large files of a table that *is_divided* are
    divided by the first of *sorted_by*, a whole number: for what is mostly asked of one such, and
    seldom of all at some time.
    """

    name: str
    columns: Mapping[str, str]
    sorted_by: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    is_divided: bool = False

    def __post_init__(self) -> None:
        for word in (self.name, *self.columns):
            if not IDENTIFIER.fullmatch(word):
                raise ValueError(f"{word!r} is no name for a lake table or column")
        for column, kind in self.columns.items():
            if kind not in TYPES:
                known = ", ".join(sorted(TYPES))
                raise ValueError(f"{self.name}.{column}: no type {kind!r}. Known: {known}")
        for column in (*self.sorted_by, *self.key):
            if column not in self.columns:
                raise ValueError(f"{self.name} has no column {column!r}")

    def check(self, found: Mapping[str, str]) -> None:
        """Compare with the columns *found* in the catalogue. Raises TableDiffers."""
        declared = {name: SPELLED_OUT.get(kind, kind) for name, kind in self.columns.items()}
        if dict(found) != declared:
            raise TableDiffers(
                f"Lake table {self.name!r} has {dict(found)}, declared is {declared}",
                where={"table": self.name},
            )


def quoted(name: str) -> str:
    """*name* as an SQL identifier; ``at`` for one is a keyword of DuckDB and needs the quotes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """*text* as an SQL string, where no parameter may stand."""
    return "'" + text.replace("'", "''") + "'"


lake_tables: Registry[LakeTable] = Registry("lake table", LakeTable)
