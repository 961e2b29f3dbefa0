import pkgutil
from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest
import yaml

import chengshu
from chengshu.hub.cases.states import NEXT, State
from chengshu.hub.sensing.ingest.rows import REASONS
from chengshu.kit.errors import CityError
from chengshu.project.cli import COMMANDS, parser
from chengshu.project.config import Config

from . import pages

PAGES = sorted(pages.DOCS.rglob("*.md"))
SHOWN = [*PAGES, *pages.READ_ME]
STARTS_DJANGO = ("chengshu.project.asgi", "chengshu.project.ingest_asgi")


def errors() -> dict[str, int]:
    """The status of every stable code in the project."""
    for module in pkgutil.walk_packages(chengshu.__path__, "chengshu."):
        if ".migrations" not in module.name and module.name not in STARTS_DJANGO:
            import_module(module.name)
    return {kind.code: kind.status for kind in _kinds(CityError)}


def _kinds(base: type[CityError]) -> Iterator[type[CityError]]:
    if base.__module__.startswith("chengshu."):
        yield base
    for kind in base.__subclasses__():
        yield from _kinds(kind)


def in_nav(entries: object) -> Iterator[str]:
    if isinstance(entries, str):
        yield entries
    elif isinstance(entries, dict):
        yield from in_nav(list(entries.values()))
    elif isinstance(entries, list):
        for entry in entries:
            yield from in_nav(entry)


@pytest.fixture(scope="module")
def nav() -> list[str]:
    settings = yaml.safe_load((pages.ROOT / "mkdocs.yml").read_text(encoding="utf-8"))
    return list(in_nav(settings["nav"]))


def test_every_setting_is_explained_and_no_other() -> None:
    explained = pages.sections(pages.text("settings.md"))

    assert set(explained) == {setting.metadata["env"] for setting in fields(Config)}


@pytest.mark.parametrize("setting", fields(Config), ids=lambda setting: setting.name)
def test_a_setting_is_explained_in_the_words_of_the_code(setting) -> None:  # type: ignore[no-untyped-def]
    explained = pages.sections(pages.text("settings.md"))[setting.metadata["env"]]

    assert setting.metadata["help"] in " ".join(explained.split())


def test_every_error_code_is_explained_with_its_status_and_no_other() -> None:
    explained = {row[0]: int(row[1]) for row in pages.rows(pages.text("errors.md"))}

    assert explained == errors()


def test_every_reason_of_rejection_is_explained_and_no_other() -> None:
    below = pages.sections(pages.text("sensing.md"), "##")["Why a row is rejected"]

    assert {row[0] for row in pages.rows(below)} == set(REASONS)


def test_every_state_of_a_case_stands_with_the_states_its_actions_lead_to() -> None:
    below = pages.sections(pages.text("warnings-and-cases.md"), "##")["The life of a case"]
    lines = [line.strip("|").split("|") for line in below.splitlines() if line.startswith("| ")]
    explained = {cells[0].split()[0]: cells[2] for cells in lines[1:]}

    assert set(explained) == set(State.values)
    assert [
        (state.value, target.value)
        for state in State
        for target in set(NEXT[state].values()) - {state}
        if target.value not in explained[state.value]
    ] == []


def test_every_page_of_the_navigation_exists(nav: list[str]) -> None:
    assert [page for page in nav if not (pages.DOCS / page).is_file()] == []


def test_every_page_is_in_the_navigation(nav: list[str]) -> None:
    assert {path.relative_to(pages.DOCS).as_posix() for path in PAGES} - set(nav) == set()


def test_every_benchmark_is_explained() -> None:
    scripts = {path.name for path in (pages.ROOT / "bench").glob("*.py")}

    assert {row[0] for row in pages.rows(pages.text("benchmarks.md"))} == scripts


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.name)
def test_commands_in_shell_blocks_are_understood(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in pages.commands(path.read_text(encoding="utf-8")):
        parser().parse_args(words)


@pytest.mark.parametrize("path", SHOWN, ids=lambda path: path.name)
def test_commands_in_the_text_exist(path: Path) -> None:
    known = [command.name.split() for command in COMMANDS]
    mentioned = pages.mentions(path.read_text(encoding="utf-8"))

    assert [m for m in mentioned if not any(m[: len(name)] == name for name in known)] == []


def test_a_command_that_does_not_exist_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    [words] = pages.commands("```\n$ chengshu fly --high  # no such thing\n```")

    with pytest.raises(SystemExit):
        parser().parse_args(words)
