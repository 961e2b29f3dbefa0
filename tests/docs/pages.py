"""Reading the documentation: its tables, headings and commands."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
READ_ME = (ROOT / "README.md", ROOT / "README.zh-CN.md")

FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
SHELLS = ("", "sh", "console")
INLINE = re.compile(r"`([^`\n]+)`")


def text(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def sections(page: str, level: str = "###") -> dict[str, str]:
    """What stands below each heading of *level*, by the heading without backticks."""
    parts = re.split(rf"^{level} (.+)$", page, flags=re.MULTILINE)
    return {title.strip("` "): body for title, body in zip(parts[1::2], parts[2::2], strict=True)}


def rows(page: str) -> list[list[str]]:
    """The cells of every table row whose first cell is code in backticks."""
    found = []
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) > 1:
            found.append([cells[0].strip("`"), *cells[1:]])
    return found


def blocks(page: str, language: str) -> list[str]:
    return [code for spoken, code in FENCED.findall(page) if spoken == language]


def commands(page: str) -> Iterator[list[str]]:
    """Each ``chengshu …`` of a shell block, as words; the program's name is left out."""
    for language, code in FENCED.findall(page):
        lines = code.replace("\\\n", "").splitlines() if language in SHELLS else []
        for line in lines:
            if (command := line.removeprefix("$ ")).startswith("chengshu "):
                yield shlex.split(command, comments=True)[1:]


def mentions(page: str) -> Iterator[list[str]]:
    """Each ``chengshu …`` in running text, as words; its arguments may be missing."""
    for code in INLINE.findall(FENCED.sub("", page)):
        words = code.split()
        if words[:1] == ["chengshu"] and len(words) > 1:
            yield words[1:]
