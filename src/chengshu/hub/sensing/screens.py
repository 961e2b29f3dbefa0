"""What sensing shows on the cockpit."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from chengshu.hub.screens.panel import Question, Vital, vitals

from .models import StreamState, Terminal
from .queries import VIEW, health_counts, terminals_for


def _online(question: Question) -> Mapping[str, Any] | None:
    """Share of the terminals in service that are online; health has no past, so only live."""
    terminals = terminals_for(question.actor)
    if question.place:
        terminals = terminals.filter(place__path__startswith=question.place.path)
    counts = health_counts(terminals)
    heard = sum(counts.values()) - counts.get(Terminal.Health.UNKNOWN, 0)
    if not heard or not question.is_live:
        return None
    newest = StreamState.objects.filter(datastream__terminal__in=terminals)
    return {
        "value": round(100 * counts.get(Terminal.Health.ONLINE, 0) / heard, 1),
        "at": newest.order_by("-at").values_list("at", flat=True).first(),
        "href": "/sensing/terminals/",
    }


vitals.add(
    "sensing.online",
    Vital("sensing.online", _("Terminals online"), "%", VIEW, _online, order=10),
)
