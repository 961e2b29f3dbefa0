import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl
import pytest

from chengshu.core.lake import upkeep
from chengshu.core.lake.connection import Lake
from chengshu.core.lake.faults import CatalogueAway, HistoryGone, Unusable
from chengshu.core.lake.tables import LakeTable, TableDiffers
from chengshu.core.lake.writing import Note, append
from chengshu.core.runtime.postgres import EmbeddedPostgres

from .factories import READINGS, end_sessions, readings, triples

OPEN_AND_ADD = """
import sys
sys.path[:0] = {path!r}
from tests.core.lake.factories import READINGS, readings
from chengshu.core.lake.connection import Lake
from chengshu.core.lake.writing import append
lake = Lake.open({url!r}, {folder!r})
lake.ensure([READINGS])
for minute in range(5):
    append(lake, READINGS, readings(({meter}, minute, 1.0)))
"""


def test_the_same_lake_is_opened_once_per_process(lake: Lake) -> None:
    again = Lake.open(lake.place.url, lake.place.folder)

    assert again is lake


def test_ensuring_a_table_twice_keeps_its_rows(lake: Lake) -> None:
    append(lake, READINGS, readings((1, 0, 1.0)))

    lake.ensure([READINGS])

    assert triples(lake.query("FROM readings")) == [(1, 0, 1.0)]


def test_a_table_declared_otherwise_than_it_is_stops_the_start(lake: Lake) -> None:
    widened = LakeTable(name="readings", columns={**READINGS.columns, "unit": "VARCHAR"})

    with pytest.raises(TableDiffers):
        lake.ensure([widened])


def test_a_catalogue_of_files_elsewhere_is_refused(lake: Lake, tmp_path: Path) -> None:
    elsewhere = Lake.open(lake.place.url, tmp_path / "elsewhere")

    with pytest.raises(Unusable):
        elsewhere.current_snapshot()


def test_values_and_frames_go_into_a_query_by_name(lake: Lake) -> None:
    append(lake, READINGS, readings((1, 0, 1.0), (2, 0, 2.0), (3, 0, 3.0)))

    found = lake.query(
        "SELECT r.* FROM readings AS r JOIN wanted USING (meter) WHERE value < $most",
        {"most": 3.0},
        frames={"wanted": pl.DataFrame({"meter": [2, 3]})},
    )

    assert triples(found) == [(2, 0, 2.0)]


def test_a_frame_lent_to_one_query_is_unknown_to_the_next(lake: Lake) -> None:
    lake.query("FROM wanted", frames={"wanted": pl.DataFrame({"meter": [2]})})

    with pytest.raises(duckdb.CatalogException):
        lake.query("FROM wanted")


def test_a_parameter_of_an_earlier_question_is_not_taken_for_one_that_is_missing(
    lake: Lake,
) -> None:
    lake.query("SELECT $meter", {"meter": 1})

    with pytest.raises(duckdb.InvalidInputException, match="meter"):
        lake.query("SELECT $meter")


def test_a_copied_frame_is_a_table_of_one_query_even_when_that_fails(lake: Lake) -> None:
    wanted = pl.DataFrame({"meter": [2, 3], "of": ["b", None]})
    with pytest.raises(duckdb.CatalogException):
        lake.query("FROM wanted, nothing", frames={"wanted": wanted}, copied=("wanted",))

    found = lake.query("FROM wanted", frames={"wanted": wanted}, copied=("wanted",))

    assert found.rows() == wanted.rows()
    with pytest.raises(duckdb.CatalogException):
        lake.query("FROM wanted")
    with pytest.raises(duckdb.CatalogException):
        lake.query("FROM lent")


def test_an_earlier_snapshot_can_be_asked(lake: Lake) -> None:
    first = append(lake, READINGS, readings((1, 0, 1.0)))
    append(lake, READINGS, readings((1, 1, 2.0)))

    before = lake.query(f"FROM readings AT (VERSION => {first.snapshot})")

    assert triples(before) == [(1, 0, 1.0)]


def test_insertions_are_the_rows_of_the_snapshots_asked_for(lake: Lake) -> None:
    first = append(lake, READINGS, readings((1, 0, 1.0)))
    append(lake, READINGS, readings((1, 1, 2.0)))
    last = append(lake, READINGS, readings((1, 2, 3.0)))

    rows = lake.insertions(READINGS, first.snapshot, last.snapshot)

    assert triples(rows) == [(1, 1, 2.0), (1, 2, 3.0)]
    assert sorted(rows["snapshot"]) == [first.snapshot + 1, last.snapshot]


def test_nothing_new_is_an_empty_frame_of_the_same_columns(lake: Lake) -> None:
    done = append(lake, READINGS, readings((1, 0, 1.0)))

    rows = lake.insertions(READINGS, done.snapshot, done.snapshot, ("meter",))

    assert rows.schema == {"snapshot": pl.Int64(), "meter": pl.Int64()}


def test_insertions_of_another_table_are_not_among_them(lake: Lake) -> None:
    other = LakeTable(name="others", columns=READINGS.columns)
    lake.ensure([other])
    start = append(lake, READINGS, readings((1, 0, 1.0))).snapshot
    append(lake, other, readings((9, 9, 9.0)))
    end = append(lake, READINGS, readings((1, 1, 2.0))).snapshot

    rows = lake.insertions(READINGS, start, end)

    assert triples(rows) == [(1, 1, 2.0)]


def test_insertions_of_forgotten_snapshots_are_refused(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "YOUNGEST", timedelta(0))
    for minute in range(4):
        last = append(lake, READINGS, readings((1, minute, 1.0)))
    upkeep.expire(lake, keep=timedelta(0))

    with pytest.raises(HistoryGone):
        lake.insertions(READINGS, 1, last.snapshot)


def test_notes_of_one_kind_come_back_in_order(lake: Lake) -> None:
    start = datetime.now(UTC) - timedelta(minutes=1)
    for minute, kind in enumerate(("wanted", "other", "wanted")):
        append(lake, READINGS, readings((1, minute, 1.0)), note=Note(kind, f"it's {minute}"))

    notes = lake.notes("wanted", after=-1, since=start)

    assert notes["content"].to_list() == ["it's 0", "it's 2"]


def test_processes_that_start_at_once_make_one_lake(catalogue_url: str, tmp_path: Path) -> None:
    project = str(Path(__file__).parents[3])
    children = [
        subprocess.Popen(
            [
                sys.executable,
                "-c",
                OPEN_AND_ADD.format(
                    path=[project], url=catalogue_url, folder=str(tmp_path / "lake"), meter=meter
                ),
            ]
        )
        for meter in (1, 2, 3)
    ]

    codes = [child.wait(60) for child in children]

    lake = Lake.open(catalogue_url, tmp_path / "lake")
    assert codes == [0, 0, 0]
    assert lake.query("SELECT meter, count(*) AS n FROM readings GROUP BY 1 ORDER BY 1").rows() == [
        (1, 5),
        (2, 5),
        (3, 5),
    ]
    lake.close()


def test_an_absent_catalogue_is_an_expected_failure_without_its_password(tmp_path: Path) -> None:
    lake = Lake.open("postgresql://chengshu:sesame@127.0.0.1:1/lake", tmp_path / "lake")

    with pytest.raises(CatalogueAway) as failure:
        lake.current_snapshot()

    assert "sesame" not in str(failure.value)
    assert failure.value.__cause__ is None


def test_a_restarted_catalogue_is_found_again(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "postgres") as server:
        lake = Lake.open(server.url, tmp_path / "lake")
        lake.ensure([READINGS])
        append(lake, READINGS, readings((1, 0, 1.0)))
        server.stop()

        with pytest.raises(CatalogueAway):
            append(lake, READINGS, readings((1, 1, 2.0)))
        with pytest.raises(CatalogueAway):
            lake.query("FROM readings")
        server.start()
        append(lake, READINGS, readings((1, 2, 3.0)))

        assert triples(lake.query("FROM readings")) == [(1, 0, 1.0), (1, 2, 3.0)]
        lake.close()


def test_lost_sessions_are_replaced_without_a_word(lake: Lake) -> None:
    append(lake, READINGS, readings((1, 0, 1.0)))
    end_sessions(lake)

    found = lake.query("FROM readings")

    assert triples(found) == [(1, 0, 1.0)]


def test_keys_that_have_gone_are_found_and_those_replaced_or_rewritten_are_not(
    lake: Lake,
) -> None:
    for minute in range(10):
        append(lake, READINGS, readings((1, minute, 1.0), (2, minute, 1.0), (3, minute, 1.0)))
    nothing = readings((1, 0, 1.0)).clear()
    append(lake, READINGS, nothing, remove=readings((1, 4, 0.0)))
    after = lake.current_snapshot()
    append(lake, READINGS, readings((1, 3, 9.0)), remove=readings((1, 3, 0.0)))
    append(lake, READINGS, nothing, remove=readings((2, 4, 0.0)))
    upkeep.compact(lake, READINGS)

    through = lake.current_snapshot()
    found = lake.query(f"FROM {lake.gone(READINGS, after, through)}")

    assert triples(found.with_columns(value=pl.lit(1.0))) == [(2, 4, 1.0)]
    assert lake.query(f"FROM {lake.gone(READINGS, through, through)}").is_empty()


def test_keys_that_have_gone_are_found_in_files_that_lost_rows_before(lake: Lake) -> None:
    """Each step is asked for by itself; other files lose rows in the same commit."""
    nothing = readings((1, 0, 1.0)).clear()
    for hour in range(4):
        append(lake, READINGS, readings(*((1, 60 * hour + minute, 1.0) for minute in range(30))))

    for step in range(6):
        after = lake.current_snapshot()
        gone = [(1, 60 * hour + step, 1.0) for hour in range(step % 4 + 1)]
        append(lake, READINGS, nothing, remove=readings(*gone))
        found = lake.query(f"FROM {lake.gone(READINGS, after, lake.current_snapshot())}")
        assert triples(found.with_columns(value=pl.lit(1.0))) == gone


def test_keys_removed_by_commits_of_no_interest_are_not_looked_for(lake: Lake) -> None:
    append(lake, READINGS, readings((1, 0, 1.0)))
    after = lake.current_snapshot()
    nothing = readings((1, 0, 1.0)).clear()
    append(lake, READINGS, nothing, remove=readings((1, 0, 0.0)), note=Note("retention"))
    through = lake.current_snapshot()

    assert lake.query(f"FROM {lake.gone(READINGS, after, through, ['retention'])}").is_empty()
    assert len(lake.query(f"FROM {lake.gone(READINGS, after, through)}")) == 1
