"""The manifest of a domain app: class attributes on Django's own AppConfig."""

from typing import ClassVar

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured

from chengshu.core.words import Words


class DomainApp(AppConfig):
    """A domain app says who it is and who answers for it, and what it reads and tells.

    *owner* is the department that answers for the app's rules; *emits* are types of events it
    sends; *reads* are lake tables of others that it queries.
    """

    title: ClassVar[Words]
    owner: ClassVar[str]
    icon: ClassVar[str] = "grid"
    emits: ClassVar[tuple[str, ...]] = ()
    reads: ClassVar[tuple[str, ...]] = ()

    def ready(self) -> None:
        for needed in ("title", "owner"):
            if not getattr(self, needed, ""):
                raise ImproperlyConfigured(f"The domain app {self.name} has no {needed}")
