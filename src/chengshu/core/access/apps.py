from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    name = "chengshu.core.access"
    label = "access"
    verbose_name = _("Access")

    def ready(self) -> None:
        from .defaults import ensure_defaults

        post_migrate.connect(ensure_defaults, sender=self)
