"""What does not fit into memory lies in the installation, and nothing of it stays."""

import os
from pathlib import Path

from chengshu.core.lake import scratch
from chengshu.core.lake.connection import Lake


def _left(folder: Path, number: int, age_seconds: float) -> Path:
    left = folder / f"{scratch.PREFIX}{number}"
    left.mkdir()
    (left / "duckdb_temp_storage-0.tmp").write_bytes(b"rows")
    moment = left.stat().st_mtime - age_seconds
    os.utime(left, (moment, moment))
    return left


def test_what_a_killed_process_left_goes_after_a_day(tmp_path: Path):
    nobody = 2**22 + 1  # above the highest number of a process
    old = _left(tmp_path, nobody, scratch.ABANDONED_SECONDS + 1)
    fresh = _left(tmp_path, nobody + 1, 0)
    working = _left(tmp_path, os.getppid(), scratch.ABANDONED_SECONDS + 1)

    own = scratch.scratch(tmp_path)

    assert own == tmp_path / f"{scratch.PREFIX}{os.getpid()}"
    assert sorted(tmp_path.iterdir()) == sorted([fresh, working])
    assert not old.exists()


def test_what_does_not_fit_into_memory_lies_there_while_a_question_is_worked_out(
    catalogue_url: str, tmp_path: Path
):
    lake = Lake.open(catalogue_url, tmp_path / "lake", memory="60MB", spare=tmp_path / "run")

    lake.query("SELECT max(n) FROM (FROM range(6_000_000) AS t (n) ORDER BY hash(n) OFFSET 5)")

    assert [each.name for each in (tmp_path / "run").iterdir()] == [f"lake-{os.getpid()}"]
    lake.close()
    assert not list((tmp_path / "run").iterdir())
