"""The words that people read: found in the code, kept in the catalogues.

``python -m tests.docs.messages`` lists what has no translation; with ``--update`` it first brings
the catalogues up to the code: new words are added empty, words no longer used are dropped.
"""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "chengshu"
CATALOGUES = SOURCES / "project" / "locale"
WIDTH = 100
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%%|\{\w+\}")
KEYWORDS = {
    **dict.fromkeys(("_", "_now", "gettext", "gettext_lazy", "gettext_noop")),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
}
HEADER = """msgid ""
msgstr ""
"Project-Id-Version: Chengshu\\n"
"Language: {language}\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def found(sources: Path = SOURCES) -> Catalog:
    """Every marked message of Python and templates, with the files it stands in."""
    catalogue = Catalog(charset="utf-8")
    for path in sorted([*sources.rglob("*.py"), *sources.rglob("templates/**/*.html")]):
        name = path.relative_to(sources.parents[1]).as_posix()
        for message, context in _messages(path):
            catalogue.add(message, locations=[(name, None)], context=context)
    return catalogue


def _messages(path: Path) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    source = path.read_text(encoding="utf-8")
    if path.suffix == ".html":
        source = _as_python(source)
    marked = extract("python", io.BytesIO(source.encode()), keywords=KEYWORDS)
    for _line, message, _notes, context in marked:
        yield message, context


def _as_python(template: str) -> str:
    """Django's own reading of a template, without the indentation that Python would mind."""
    return "\n".join(line.strip() for line in templatize(template).splitlines())


def catalogues() -> list[Path]:
    return sorted(CATALOGUES.rglob("django.po"))


def read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3], abort_invalid=True)


def untranslated(kept: Catalog, wanted: Catalog) -> list[Message]:
    """Messages of *wanted* that *kept* lacks, leaves empty in some form, or is unsure of."""
    return [message for message in wanted if message.id and not _is_done(kept, message)]


def _is_done(kept: Catalog, message: Message) -> bool:
    known = kept.get(message.id, message.context)
    return known is not None and not known.fuzzy and all(_forms(known.string))


def unused(kept: Catalog, wanted: Catalog) -> list[Message]:
    return [m for m in kept if m.id and wanted.get(m.id, m.context) is None]


def mismatched(kept: Catalog) -> list[Message]:
    """Translations with other placeholders than their message; a plural may drop its number."""
    return [message for message in kept if message.id and not _fits(message)]


def _fits(message: Message) -> bool:
    allowed = {name for form in _forms(message.id) for name in PLACEHOLDER.findall(form)}
    needed = set() if message.pluralizable else allowed
    return all(needed <= set(PLACEHOLDER.findall(f)) <= allowed for f in _forms(message.string))


def _forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def update(path: Path, wanted: Catalog) -> None:
    """Bring the catalogue at *path* up to *wanted*; what is translated stays."""
    kept = read(path)
    kept.update(wanted, no_fuzzy_matching=True)
    kept.obsolete.clear()
    write(path, kept)


def write(path: Path, catalogue: Catalog) -> None:
    """Write without dates, so that the file changes only with its words."""
    with path.open("wb") as file:
        file.write(HEADER.format(language=path.parts[-3]).encode())
        write_po(file, catalogue, width=WIDTH, sort_by_file=True, omit_header=True)


def main(words: list[str]) -> int:
    wanted = found()
    missing = 0
    for path in catalogues():
        if "--update" in words:
            update(path, wanted)
        for message in untranslated(read(path), wanted):
            missing += 1
            files = ", ".join(name for name, _line in message.locations)
            sys.stdout.write(f"{path.parts[-3]}: {message.id!r} ({files})\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
