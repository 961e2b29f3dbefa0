from django.utils.translation import gettext_lazy as _

from chengshu.core.declare.domain_app import DomainApp


class EnvironmentConfig(DomainApp):
    name = "chengshu.apps.environment"
    label = "environment"
    title = _("Environment")
    owner = "environment-bureau"
    icon = "leaf"
    reads = ("observations",)
