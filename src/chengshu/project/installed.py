"""What is installed, in dependency order. Tests compare these lists with the folders."""

CORE = (
    "chengshu.core.places",
    "chengshu.core.organisations",
    "chengshu.core.access",
    "chengshu.core.audit",
    "chengshu.core.events",
    "chengshu.core.jobs",
    "chengshu.core.lake",
    "chengshu.core.backup",
    "chengshu.core.records",
    "chengshu.core.pages",
    "chengshu.core.administration",
    "chengshu.core.portal",
    "chengshu.core.demo",
)
HUB = (
    "chengshu.hub.onemap",
    "chengshu.hub.screens",
    "chengshu.hub.sensing",
    "chengshu.hub.sensorthings",
    "chengshu.hub.indicators",
    "chengshu.hub.warnings",
    "chengshu.hub.cases",
)
APPS = ("chengshu.apps.environment",)
DECLARE = ("chengshu.core.declare",)
