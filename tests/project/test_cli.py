import argparse

import pytest

from chengshu.kit.errors import Conflict
from chengshu.project import cli
from chengshu.project.cli import COMMANDS, Command, main, parser


def fail_with(error: Exception) -> Command:
    def run(config: object, args: argparse.Namespace) -> None:
        raise error

    return Command("doctor", "fails", run)


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_explains_itself(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exited:
        main([*command.name.split(), "--help"])

    assert exited.value.code == 0
    assert command.help in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("words", [[], ["fly"], ["token"], ["terminals", "import"]])
def test_misuse_exits_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exited:
        main(words)

    assert exited.value.code == 2
    assert "usage: chengshu" in capsys.readouterr().err


def test_expected_failure_is_one_sentence_with_its_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "COMMANDS", (fail_with(Conflict("The name is taken")),))

    assert main(["doctor"]) == 1
    assert capsys.readouterr().err == "chengshu: The name is taken [conflict]\n"


def test_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "COMMANDS", (fail_with(ZeroDivisionError()),))

    with pytest.raises(ZeroDivisionError):
        main(["doctor"])


def test_unreadable_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CHENGSHU_PORT", "eight thousand")

    assert main(["doctor"]) == 2
    assert "CHENGSHU_PORT='eight thousand'" in capsys.readouterr().err


def test_words_reach_the_command() -> None:
    args = parser().parse_args(["token", "create", "gateway", "--scope", "ingest"])

    assert (args.run, args.name, args.scope) == (cli.token_create, "gateway", "ingest")
