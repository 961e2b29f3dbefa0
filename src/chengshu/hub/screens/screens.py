"""The vitals panel, filled by every app that declares a vital."""

from django.utils.translation import gettext_lazy as _

from chengshu.hub.onemap.layer import VIEW

from .panel import Panel, panels
from .queries import vital_signs

panels.add(
    "city.vitals",
    Panel(
        name="city.vitals",
        title=_("City vitals"),
        slot="left",
        kind="vitals",
        permission=VIEW,
        fill=vital_signs,
        order=10,
        refresh_seconds=30,
    ),
)
