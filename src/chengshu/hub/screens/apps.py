from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScreensConfig(AppConfig):
    name = "chengshu.hub.screens"
    label = "screens"
    verbose_name = _("Cockpit")
