from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "chengshu.hub.cases"
    label = "cases"
    verbose_name = _("Cases")

    def ready(self) -> None:
        from .defaults import ensure_defaults

        post_migrate.connect(ensure_defaults, sender=self)
