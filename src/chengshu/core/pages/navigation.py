"""Sections of the left navigation."""

from dataclasses import dataclass

from chengshu.core.words import Words
from chengshu.kit.registry import Registry


@dataclass(frozen=True)
class Section:
    """One group of the navigation; the ledgers of the app called *name* stand below it.

    *url_name* is the section's own page, empty when it has none; *permission* opens that page,
    empty for everyone signed in.
    """

    name: str
    title: Words
    icon: str = "list"
    url_name: str = ""
    permission: str = ""
    order: int = 100


sections: Registry[Section] = Registry("section", Section)


def section(
    name: str,
    title: Words,
    *,
    icon: str = "list",
    url_name: str = "",
    permission: str = "",
    order: int = 100,
) -> Section:
    """Register a section."""
    return sections.add(name, Section(name, title, icon, url_name, permission, order))
