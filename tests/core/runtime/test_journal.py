import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from chengshu.core.runtime import journal
from chengshu.core.runtime.journal import Journal, LineSource


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    yield reader, writer
    os.close(reader)
    os.close(writer)


@pytest.fixture
def lines(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path)
    yield opened
    opened.close()


def kept(home: Path) -> list[str]:
    return (home / "log" / "chengshu.log").read_text().splitlines()


def test_lines_carry_the_process_they_came_from(
    lines: Journal, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines.line("web", "城枢 listens")

    assert capsys.readouterr().out == "      web | 城枢 listens\n"
    assert kept(tmp_path)[0].endswith("Z web       城枢 listens")


def test_line_that_arrives_in_two_parts_is_one_line(
    lines: Journal, tmp_path: Path, pipe: tuple[int, int]
) -> None:
    source = LineSource(lines, "web", pipe[0])

    os.write(pipe[1], b"first half, ")
    source.read()
    os.write(pipe[1], b"second half\nnext")
    source.read()

    assert [line.partition("web")[2].strip() for line in kept(tmp_path)] == [
        "first half, second half"
    ]


def test_endless_line_is_cut(lines: Journal, tmp_path: Path, pipe: tuple[int, int]) -> None:
    source = LineSource(lines, "web", pipe[0])

    os.write(pipe[1], b"x" * 20000)
    source.drain()

    assert len(kept(tmp_path)) == 1


def test_old_log_files_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "FILE_BYTES", 200)
    monkeypatch.setattr(journal, "FILES_KEPT", 2)
    small = Journal(tmp_path)

    for number in range(50):
        small.line("web", f"line {number}")
    small.close()

    assert len(list((tmp_path / "log").iterdir())) == 3
