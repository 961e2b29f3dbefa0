"""Which case looks after a terminal in trouble."""

from collections.abc import Collection, Mapping

from django.urls import reverse

from chengshu.core.access.policy import Actor, visible_to
from chengshu.hub.sensing.health.board import Remedy
from chengshu.hub.warnings.models import CityWarning

from .models import Case
from .queries import VIEW, origin_of
from .states import OPEN


def open_cases_of(terminals: Collection[str], actor: Actor) -> Mapping[str, Remedy]:
    """Terminal to its newest open case that *actor* may see."""
    faults = CityWarning.objects.filter(
        kind=CityWarning.Kind.TERMINAL_HEALTH,
        subject_type="terminal",
        subject_code__in=terminals,
    ).values_list("code", "subject_code")
    terminal_of = {origin_of(code): terminal for code, terminal in faults}
    cases = visible_to(Case.objects.all(), actor, VIEW).filter(
        origin__in=list(terminal_of), state__in=OPEN
    )
    return {
        terminal_of[case.origin or ""]: Remedy(
            case.code, case.get_state_display(), reverse("case", args=[case.code])
        )
        for case in cases.order_by("code")
    }
