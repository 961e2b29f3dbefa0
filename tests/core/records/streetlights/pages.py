from chengshu.core.records.ledger import (
    Button,
    Column,
    Ledger,
    Points,
    RecordPanel,
    fields_of,
    register,
    register_panel,
)

from . import actions, rules
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
        fixed=("lit_at",),
        check=rules.faults,
        twins=rules.twins,
        layer=Points(color_by="state"),
        buttons={
            "report": Button(actions.report_failed, shows=lambda lamp: lamp.state != "failed"),
            "relamp": Button(
                actions.relamp,
                shows=lambda lamp: lamp.state == "failed",
                asks=fields_of(Lamp, "kind", "watts"),
            ),
        },
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
