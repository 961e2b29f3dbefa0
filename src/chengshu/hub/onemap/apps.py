from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OnemapConfig(AppConfig):
    name = "chengshu.hub.onemap"
    label = "map"
    verbose_name = _("One map")
