"""What the shell of every page shows: who, where, and the way around."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.apps import apps
from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from chengshu.core.access.actor import Person
from chengshu.core.access.policy import Actor, may
from chengshu.core.places.models import Place
from chengshu.core.records.ledger import ledgers

from .navigation import Section, sections


@dataclass(frozen=True)
class Link:
    title: str
    address: str
    icon: str
    current: bool


@dataclass(frozen=True)
class Group:
    title: str
    icon: str
    address: str
    current: bool
    links: tuple[Link, ...]

    @property
    def is_open(self) -> bool:
        return self.current or any(link.current for link in self.links)


class Shell:
    """Read lazily: a fragment or an error page that shows no navigation costs no query."""

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def zone(self) -> str:
        """The time zone in which the city reads its clocks."""
        return settings.TIME_ZONE

    @property
    def actor(self) -> Actor | None:
        return getattr(self._request, "actor", None)

    @cached_property
    def person(self) -> Any:
        """The signed-in user, None for anybody else."""
        return self.actor.user if isinstance(self.actor, Person) else None

    @cached_property
    def place(self) -> str:
        """Where the user's rights reach, in a few words; empty without any."""
        if not isinstance(self.actor, Person):
            return ""
        paths = {reach.place_path for reach in self.actor.policy.reaches}
        if "" in paths:
            return _("Whole city")
        names = Place.objects.filter(path__in=paths).order_by("path").values_list("name", flat=True)
        return "、".join(names[:3]) if paths else ""

    @cached_property
    def groups(self) -> list[Group]:
        if self.actor is None or self.person is None:
            return []
        ordered = sorted(_all_sections(), key=lambda section: (section.order, section.name))
        groups = (self._group(section, self.actor) for section in ordered)
        return [group for group in groups if group]

    def _group(self, section: Section, actor: Actor) -> Group | None:
        links = tuple(
            self._link(str(ledger.title), ledger.address, ledger.icon)
            for ledger in ledgers
            if ledger.section == section.name and may(actor, ledger.permission("view"))
        )
        opens = not section.permission or may(actor, section.permission)
        address = _address(section.url_name) if section.url_name and opens else ""
        if not (links or address):
            return None
        return Group(
            str(section.title), section.icon, address, self._request.path == address, links
        )

    def _link(self, title: str, address: str, icon: str) -> Link:
        return Link(title, address, icon, self._request.path.startswith(address))


def _all_sections() -> list[Section]:
    """The registered sections and one for every app that has ledgers but declared none."""
    bare = {ledger.section for ledger in ledgers if ledger.section not in sections}
    return [*sections, *(Section(name, _app_title(name)) for name in bare)]


def _app_title(label: str) -> str:
    return str(apps.get_app_config(label).verbose_name)


def _address(url_name: str) -> str:
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Context processor."""
    return {"shell": Shell(request)}
