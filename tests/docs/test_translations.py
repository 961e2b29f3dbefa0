from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from django.utils import translation

from . import messages

CHINESE = messages.CATALOGUES / "zh_Hans" / "LC_MESSAGES" / "django.po"


@pytest.fixture(scope="module")
def kept() -> Catalog:
    return messages.read(CHINESE)


@pytest.fixture(scope="module")
def wanted() -> Catalog:
    return messages.found()


def words(found: list) -> list[object]:  # type: ignore[type-arg]
    return [message.id for message in found]


def catalogue(**pairs: str) -> Catalog:
    made = Catalog()
    for message, translated in pairs.items():
        made.add(message, translated)
    return made


def test_every_message_has_a_chinese_translation(kept: Catalog, wanted: Catalog) -> None:
    assert words(messages.untranslated(kept, wanted)) == []


def test_no_translation_is_left_over(kept: Catalog, wanted: Catalog) -> None:
    assert words(messages.unused(kept, wanted)) == []


def test_placeholders_agree(kept: Catalog) -> None:
    assert words(messages.mismatched(kept)) == []


def test_catalogue_lies_where_django_looks() -> None:
    assert CHINESE.parts[-3] == translation.to_locale("zh-hans")


def test_messages_of_python_and_templates_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "src" / "planted"
    (folder / "templates").mkdir(parents=True)
    (folder / "planted.py").write_text('TITLE = _("From Python")\nOTHER = "not marked"\n')
    (folder / "templates" / "planted.html").write_text(
        '<p>\n  {% translate "From a tag" %} {{ x|default:_("From a filter") }}\n'
        '{% translate "Close" context "panel" %}\n'
        "{% blocktranslate %}From {{ where }}{% endblocktranslate %}</p>"
    )

    marked = messages.found(folder)

    assert set(words(list(marked))) - {""} == {
        "From Python",
        "From a tag",
        "From a filter",
        "From %(where)s",
        "Close",
    }
    assert marked.get("Close", "panel") is not None


@pytest.mark.parametrize("translated", ["", None])
def test_an_empty_or_absent_translation_is_missed(translated: str | None) -> None:
    kept = catalogue(Case=translated) if translated is not None else Catalog()

    assert words(messages.untranslated(kept, catalogue(Case=""))) == ["Case"]


def test_a_translation_of_nothing_is_noticed() -> None:
    assert words(messages.unused(catalogue(Case="案件"), Catalog())) == ["Case"]


@pytest.mark.parametrize("translated", ["没有", "没有 %(names)s", "没有 %(name)s %(more)s"])
def test_other_placeholders_are_noticed(translated: str) -> None:
    assert words(messages.mismatched(catalogue(**{"No %(name)s": translated})))


def test_an_update_adds_what_is_new_and_keeps_what_is_translated(tmp_path: Path) -> None:
    path = tmp_path / "zh_Hans" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    messages.write(path, catalogue(Case="案件", Gone="没有了"))

    messages.update(path, catalogue(Case="", Place=""))

    assert {m.id: m.string for m in messages.read(path) if m.id} == {"Case": "案件", "Place": ""}
