import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chengshu.project import protocol
from chengshu.project.cli import main

VOLTAGE = b"68610100000000689106333434353443 1016"
WATER = b"6810920100100000008116901F01002222002C000000002C000000000000000000FE16"


def decoded(name: str, *lines: bytes) -> list[dict[str, Any]]:
    out = io.BytesIO()
    protocol.decode_lines(protocol.codec(name), (line + b"\n" for line in lines), out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_each_line_gets_an_answer_and_bad_ones_stop_nothing() -> None:
    answers = decoded("meters", VOLTAGE, b"", b"68 6", b"hello", b"ffff", WATER)

    assert [each["valid"] for each in answers] == [True, False, False, False, False, True]
    assert answers[2]["fields"]["error"] == answers[3]["fields"]["error"] == "hexadecimal"


def test_the_two_meter_protocols_are_told_apart() -> None:
    electricity, water = decoded("meters", VOLTAGE, WATER)

    assert (electricity["fields"]["value"], water["fields"]["cumulative"]) == (100.1, 2222.0)
    assert electricity["fields"]["protocol"] == "DL/T 645-2007"
    assert water["fields"]["protocol"] == "CJ/T 188-2004"


@pytest.mark.parametrize("name", protocol.NAMES)
def test_every_vector_is_judged_right(name: str, shared: Path) -> None:
    path = shared / "protocols" / "vectors" / "public" / f"{_file(name)}.json"
    cases = json.loads(path.read_text(encoding="utf-8"))
    ours = [case for case in cases if _belongs(name, case)]

    answers = decoded(name, *(_line(case) for case in ours))

    wrong = [
        (case["id"], key, answer["fields"].get(key))
        for case, answer in zip(ours, answers, strict=True)
        for key, value in case["expect"].items()
        if case["valid"] and answer["fields"].get(key) != value
    ]
    assert wrong == []
    assert [a["valid"] for a in answers] == [case["valid"] for case in ours]


def _file(name: str) -> str:
    return "meters" if name in protocol.METERS else name


def _belongs(name: str, case: dict[str, Any]) -> bool:
    standards = {"dlt645": "DL/T", "cjt188": "CJ/T"}
    return str(case.get("protocol", "")).startswith(standards.get(name, ""))


def _line(case: dict[str, Any]) -> bytes:
    text = case.get("frame_hex") or case["frame_ascii"]
    assert isinstance(text, str)
    return text.rstrip("\r\n").encode()


def test_an_unknown_name_is_named_with_the_right_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exited:
        main(["protocol", "decode", "modbus"])

    assert exited.value.code == 2
    said = capsys.readouterr().err
    assert "'modbus'" in said
    assert "gb26875" in said


def test_answers_come_at_once_and_django_is_not_loaded() -> None:
    program = (
        "import sys; from chengshu.project.cli import main\n"
        "code = main(['protocol', 'decode', 'meters'])\n"
        "sys.exit(code or ('django' in sys.modules))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(VOLTAGE + b"\n")
        child.stdin.flush()
        first = json.loads(child.stdout.readline())
        child.stdin.close()

    assert first["valid"]
    assert child.returncode == 0
