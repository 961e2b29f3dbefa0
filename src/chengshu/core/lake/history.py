"""What a lake holds, at its newest snapshot and between two others."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import polars as pl

from .faults import HistoryGone
from .session import Session, asked
from .storage import COLUMN_TYPES
from .tables import LakeTable, quoted


class History(Session):
    """Questions to one lake; each sees one snapshot from beginning to end."""

    def query(
        self,
        question: str,
        parameters: Mapping[str, object] | None = None,
        *,
        frames: Mapping[str, pl.DataFrame] | None = None,
        copied: Collection[str] = (),
    ) -> pl.DataFrame:
        """Answer one SELECT with ``$name`` *parameters*; *frames* are tables of this query only.

        DuckDB knows the range of each column of those *copied*, and so joins by whole numbers that
        lie close together without hashing; others are read where they are.

        ``FROM name AT (VERSION => 7)`` asks about an earlier snapshot. Quote the column ``"at"``:
        unqualified it is a keyword. Raises CatalogueAway; a wrong query raises duckdb.Error.
        """
        with self.guarded(), self.lending(frames or {}, copied) as cursor:
            return pl.DataFrame(asked(cursor, question, parameters or {}))

    def current_snapshot(self) -> int:
        """The newest committed snapshot, of whatever table."""
        return int(self.query("SELECT id FROM ducklake_current_snapshot('lake')").item())

    def snapshot_taken(self, snapshot: int) -> datetime | None:
        """When *snapshot* was committed; None if there is or remains no such snapshot."""
        found = self.query(
            f"SELECT snapshot_time FROM {self.metadata}.ducklake_snapshot "  # noqa: S608
            "WHERE snapshot_id = $snapshot",
            {"snapshot": snapshot},
        )
        return found.item() if len(found) else None

    def taken(self, after: int, through: int) -> pl.DataFrame:
        """When the snapshots later than *after* up to *through* were committed: ``snapshot`` and
        ``at`` (UTC)."""
        return self.query(
            'SELECT snapshot_id AS snapshot, snapshot_time AS "at" '  # noqa: S608
            f"FROM {self.metadata}.ducklake_snapshot "
            "WHERE snapshot_id > $after AND snapshot_id <= $through",
            {"after": after, "through": through},
        ).with_columns(pl.col("at").dt.convert_time_zone("UTC"))

    def insertions(
        self, table: LakeTable, after: int, through: int, columns: Sequence[str] = ()
    ) -> pl.DataFrame:
        """Rows added by the snapshots later than *after* up to *through*, with ``snapshot``.

        As they were added: a row replaced since is among them. Merging files adds nothing.
        Raises HistoryGone when one of these snapshots has been expired.
        """
        wanted = tuple(columns) or tuple(table.columns)
        if not self._snapshots_that("inserted_into", table, after, through):
            kinds = {name: COLUMN_TYPES[table.columns[name]] for name in wanted}
            return pl.DataFrame(schema={"snapshot": pl.Int64(), **kinds})
        names = ", ".join(quoted(name) for name in wanted)
        return self.query(
            f"SELECT snapshot, {names} FROM {self.additions(table, after, through)}"  # noqa: S608
        )

    def additions(self, table: LakeTable, after: int, through: int) -> str:
        """``insertions`` as what stands after FROM in a query, so that it can choose among them."""
        adding = self._snapshots_that("inserted_into", table, after, through)
        return _insertions(table, adding)

    def gone(self, table: LakeTable, after: int, through: int, but: Sequence[str] = ()) -> str:
        """Keys that were there at *after* and are not at *through*, as what stands after FROM.

        Nobody looks when all that removed rows were commits with notes of the kinds *but*: what
        they removed they replaced, or it is of no interest. The snapshots are compared, as
        ``ducklake_table_deletions`` leaves out rows of files that had deleted rows before.
        Raises HistoryGone.
        """
        keys = ", ".join(quoted(name) for name in table.key)
        if not self._snapshots_that("deleted_from", table, after, through, but):
            return f"(SELECT {keys} FROM {quoted(table.name)} WHERE false)"  # noqa: S608
        within = self._bounds(table, after, through)
        then, now = (
            f"SELECT {keys} FROM {quoted(table.name)} AS t "  # noqa: S608 - names, numbers
            f"AT (VERSION => {snapshot:d}) WHERE {within}"
            for snapshot in (after, through)
        )
        return f"({then} EXCEPT {now})"

    def _bounds(self, table: LakeTable, after: int, through: int) -> str:
        """A condition that holds for all keys in files of *table* that lost rows.

        A list of deleted rows may be of several snapshots: *partial_max* is the last of them.
        """
        ends = ", ".join(
            f"{end}(TRY_CAST(s.{end}_value AS {table.columns[name]})) "
            f"FILTER (WHERE c.column_name = '{name}')"
            for name in table.key
            for end in ("min", "max")
        )
        found = self.query(
            f"SELECT {ends} FROM {self.metadata}.ducklake_file_column_stats s "  # noqa: S608
            f"JOIN {self.metadata}.ducklake_column c USING (table_id, column_id) "
            f"JOIN {self.metadata}.ducklake_table t USING (table_id) "
            "WHERE t.table_name = $table AND t.end_snapshot IS NULL AND s.data_file_id IN ("
            f"SELECT data_file_id FROM {self.metadata}.ducklake_delete_file "
            "WHERE coalesce(partial_max, begin_snapshot) > $after "
            "AND begin_snapshot <= $through UNION ALL "
            f"SELECT data_file_id FROM {self.metadata}.ducklake_data_file "
            "WHERE end_snapshot > $after AND end_snapshot <= $through)",
            {"table": table.name, "after": after, "through": through},
        ).row(0)
        if None in found:
            return "true"
        pairs = zip(table.key, found[::2], found[1::2], strict=True)
        return " AND ".join(
            f"t.{quoted(name)} BETWEEN '{lowest}'::{table.columns[name]} "
            f"AND '{highest}'::{table.columns[name]}"
            for name, lowest, highest in pairs
        )

    def _snapshots_that(
        self, change: str, table: LakeTable, after: int, through: int, but: Sequence[str] = ()
    ) -> list[int]:
        """Those that changed rows of *table*, and did not only put them into other files."""
        found = self.query(
            f"SELECT snapshot_id, list_contains(string_split(changes_made, ','), "  # noqa: S608
            "$change || '_table:' || table_id) "
            "AND NOT list_contains($but, coalesce(commit_message, '')) "
            f"FROM {self.metadata}.ducklake_snapshot_changes, "
            f"(SELECT table_id FROM {self.metadata}.ducklake_table "
            "WHERE table_name = $table AND end_snapshot IS NULL) "
            "WHERE snapshot_id > $after AND snapshot_id <= $through ORDER BY snapshot_id",
            {
                **{"change": change, "table": table.name, "but": [*but, "-"]},
                **{"after": after, "through": through},
            },
        )
        if len(found) != max(0, through - after):
            raise HistoryGone(
                f"Not every snapshot of {after + 1}..{through} is kept",
                where={"after": after, "through": through},
            )
        return [snapshot for snapshot, changes in found.rows() if changes]

    def notes(self, kind: str, *, after: int, since: datetime) -> pl.DataFrame:
        """What commits with a note of *kind* carried: ``snapshot``, ``at``, ``content``.

        Only snapshots later than *after* and not older than *since*; oldest first.
        """
        return self.query(
            'SELECT snapshot_id AS snapshot, snapshot_time AS "at", '  # noqa: S608
            "commit_extra_info AS content "
            f"FROM {self.metadata}.ducklake_snapshot_changes "
            f"JOIN {self.metadata}.ducklake_snapshot USING (snapshot_id) "
            "WHERE commit_message = $kind AND snapshot_id > $after AND snapshot_time >= $since "
            "ORDER BY snapshot_id",
            {"kind": kind, "after": after, "since": since},
        )


def _insertions(table: LakeTable, snapshots: Sequence[int]) -> str:
    names = ", ".join(quoted(name) for name in table.columns)
    if not snapshots:
        return f"(SELECT 0 AS snapshot, {names} FROM {quoted(table.name)} WHERE false)"  # noqa: S608
    return (
        f"(SELECT snapshot_id AS snapshot, {names} "  # noqa: S608 - names of a declaration
        f"FROM ducklake_table_insertions("
        f"'lake', 'main', '{table.name}', {snapshots[0]:d}, {snapshots[-1]:d}) "
        f"WHERE snapshot_id IN ({', '.join(str(snapshot) for snapshot in snapshots)}))"
    )
