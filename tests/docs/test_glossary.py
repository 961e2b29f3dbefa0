import re

from django.apps import apps

from chengshu.core.events.outbox import event_types

from . import pages

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z][a-z]+")


def spoken(name: str) -> str:
    """``CityWarning`` as ``city warning``."""
    return " ".join(WORD.findall(name)).lower()


def terms() -> dict[str, str]:
    """Chinese by English term; several English forms stand in one cell, divided by commas."""
    found = {}
    for line in pages.text("glossary.md").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and len(cells) == 4:
            found |= {term.strip(" `").lower(): cells[0] for term in cells[1].split(",")}
    return found


def test_every_model_has_its_name_in_the_glossary() -> None:
    names = {
        spoken(model.__name__)
        for model in apps.get_models()
        if model.__module__.startswith("chengshu.") and not hasattr(model, "pgh_tracked_model")
    }

    assert names - terms().keys() == set()


def test_every_noun_of_an_event_type_is_in_the_glossary() -> None:
    nouns = {kind.type.partition(".")[0].replace("-", " ") for kind in event_types}

    assert nouns - terms().keys() == set()


def test_every_row_says_what_it_means_in_both_languages() -> None:
    rows = [r for r in pages.text("glossary.md").splitlines() if r.startswith("| ")]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]

    assert [row for row in cells if len(row) != 4 or not all(row[:3])] == []
