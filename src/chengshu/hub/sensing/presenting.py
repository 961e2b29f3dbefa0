"""What the panels of the ledger's pages show, each row as far as the reader may see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from chengshu.core.access.policy import Actor, visible_to

from .actions.reuse import may_know
from .models import BuildRequest, Carrier, Mounting, ReuseRequest, Terminal
from .queries import VIEW

SHOWN = 50
VIEW_CARRIER = "sensing.view_carrier"


@dataclass(frozen=True)
class Hung:
    """A mounting and whether the reader may open what is at its other end."""

    mounting: Mounting
    is_open: bool


def mountings_of(terminal: Terminal, actor: Actor) -> list[Hung]:
    """Where *terminal* hangs and hung, the newest first."""
    rows = list(terminal.mountings.select_related("carrier")[:SHOWN])
    carriers = Carrier.objects.filter(pk__in=[row.carrier_id for row in rows])
    seen = set(visible_to(carriers, actor, VIEW_CARRIER).values_list("pk", flat=True))
    return [Hung(row, row.carrier_id in seen) for row in rows]


def mounted_on(carrier: Carrier, actor: Actor) -> Mapping[str, Any]:
    """What hangs on *carrier* and hung; *hidden* counts what the reader may not see."""
    rows = list(carrier.mountings.select_related("terminal"))
    terminals = Terminal.objects.filter(pk__in=[row.terminal_id for row in rows])
    seen = set(visible_to(terminals, actor, VIEW).values_list("pk", flat=True))
    shown = [row for row in rows if row.terminal_id in seen]
    return {
        "now": [row for row in shown if row.until_on is None],
        "before": [row for row in shown if row.until_on is not None][:SHOWN],
        "hidden": sum(row.until_on is None for row in rows)
        - sum(row.until_on is None for row in shown),
    }


@dataclass(frozen=True)
class Offer:
    """A terminal found for a request; *reuse* is what was asked of its owner already."""

    number: int
    terminal: Terminal
    metres: float
    is_open: bool
    is_own: bool
    reuse: ReuseRequest | None


def candidates_for(request: BuildRequest, actor: Actor) -> list[Offer]:
    """What was found near *request*: name and owner up to the reader's grade, a link where the
    terminal itself may be seen."""
    rows = list(request.candidates.select_related("terminal__owner"))
    terminals = Terminal.objects.filter(pk__in=[row.terminal_id for row in rows])
    seen = set(visible_to(terminals, actor, VIEW).values_list("pk", flat=True))
    asked = {reuse.terminal_id: reuse for reuse in request.reuses.order_by("pk")}
    return [
        Offer(
            row.pk,
            row.terminal,
            row.metres,
            row.terminal_id in seen,
            row.terminal.owner_id == request.organisation_id,
            asked.get(row.terminal_id),
        )
        for row in rows
        if may_know(actor, row.terminal)
    ]


def planned_for(request: BuildRequest, actor: Actor) -> "QuerySet[Terminal]":
    """The terminals registered for *request* that the reader may see."""
    return visible_to(request.terminals.order_by("code"), actor, VIEW)
