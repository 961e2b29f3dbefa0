from chengshu.core.records.ledger import (
    Column,
    Ledger,
    Points,
    RecordPanel,
    register,
    register_panel,
)

from . import actions
from .models import Circuit, Lamp

register(
    Ledger(
        name="streetlights.lamps",
        model=Lamp,
        icon="lamp",
        columns=(
            "code",
            "name",
            "kind",
            "place",
            "owner",
            "state",
            "watts",
            Column(
                "brightness", "Brightness", lambda lamp: f"{(lamp.watts or 0) * 90} lm", "watts"
            ),
        ),
        filters=("kind", "state", "place", "owner", "watts", "is_smart", "circuit"),
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
            "state",
            "watts",
            "lit_at",
            "is_smart",
            "circuit",
            "valid_from",
            "attributes",
        ),
        layer=Points(color_by="state"),
        buttons={"report": actions.report_failed},
    )
)
register(
    Ledger(
        name="streetlights.circuits",
        model=Circuit,
        columns=("code", "name"),
        search=("code", "name"),
        fields=("code", "name"),
    )
)
register_panel(
    RecordPanel(
        name="streetlights.advice",
        ledger="streetlights.lamps",
        title="Advice",
        template="streetlights/advice.html",
        context=lambda lamp, actor: {"advice": f"{actor.name}, look up at {lamp.code}"},
        permission="streetlights.report_lamp",
    )
)
