"""What is installed, in dependency order. Tests compare these lists with the folders."""

CORE = (
    "chengshu.core.places",
    "chengshu.core.organisations",
    "chengshu.core.access",
    "chengshu.core.audit",
    "chengshu.core.events",
    "chengshu.core.jobs",
    "chengshu.core.records",
)
HUB: tuple[str, ...] = ()
APPS: tuple[str, ...] = ()
DECLARE = ("chengshu.core.declare",)
