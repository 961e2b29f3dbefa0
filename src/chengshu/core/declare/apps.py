"""Last in INSTALLED_APPS: finds every app's declarations by name, then freezes the registries."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from chengshu.kit.registry import Registry

MODULES = (
    "lake",
    "sensing",
    "actions",
    "indicators",
    "rules",
    "casetypes",
    "layers",
    "screens",
    "pages",
    "api",
    "jobs",
    "subscribers",
    "demo",
)


class DeclareConfig(AppConfig):
    name = "chengshu.core.declare"
    label = "declare"

    def ready(self) -> None:
        autodiscover_modules(*MODULES)
        for registry in Registry.known:
            registry.freeze()
