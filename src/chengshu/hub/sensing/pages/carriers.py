"""The catalogue of carriers: what is free, and what hangs where."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor
from chengshu.core.records.ledger import Column, Ledger, Points, RecordPanel, register
from chengshu.hub.sensing.models import Carrier
from chengshu.hub.sensing.presenting import mounted_on


def _mounted(carrier: Carrier, actor: Actor) -> Mapping[str, Any]:
    return mounted_on(carrier, actor)


register(
    Ledger(
        name="sensing.carriers",
        model=Carrier,
        icon="pole",
        columns=(
            "code",
            "name",
            "kind",
            "place",
            "owner",
            Column("free_slots", _("free slots"), lambda c: f"{c.free_slots} / {c.slots}"),
            Column(
                "free_power", _("free power ports"), lambda c: f"{c.free_power} / {c.power_ports}"
            ),
            Column(
                "free_network",
                _("free network ports"),
                lambda c: f"{c.free_network} / {c.network_ports}",
            ),
        ),
        filters=("kind", "place", "owner"),
        search=("code", "name"),
        fields=(
            "code",
            "name",
            "kind",
            "place",
            "owner",
            "grade",
            "lon",
            "lat",
            "slots",
            "power_ports",
            "network_ports",
        ),
        layer=Points(color_by="kind"),
        panels=(
            RecordPanel(
                name="sensing.mounted",
                title=_("What hangs here"),
                template="sensing/mounted_on_carrier.html",
                context=_mounted,
                order=10,
            ),
        ),
    )
)
