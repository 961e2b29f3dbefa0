"""What is observed, and where observations come from."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from chengshu.core.records.ledger import Ledger, register
from chengshu.core.records.writing import Fault
from chengshu.hub.sensing.models import Feed, ObservedProperty

LIMITS = (
    "lowest",
    "highest",
    "normal_low",
    "normal_high",
    "quiet_below",
    "largest_step",
    "step_seconds",
    "battery_low",
)
KEPT = ("observations_kept", "minutes_kept", "hours_kept", "days_kept")
FOR_EVER = float("inf")

FINER = {
    "minutes_kept": "observations_kept",
    "hours_kept": "minutes_kept",
    "days_kept": "hours_kept",
}


def faults_of_retention(properties: Sequence[ObservedProperty]) -> Iterator[Fault]:
    """What is coarser is kept at least as long as what it is computed from."""
    for index, each in enumerate(properties):
        for coarser, finer in FINER.items():
            kept = getattr(each, coarser)
            if kept is not None and kept < (getattr(each, finer) or FOR_EVER):
                yield Fault(index, coarser, _("must not be kept for less time than what is finer"))


register(
    Ledger(
        name="sensing.properties",
        model=ObservedProperty,
        icon="ruler",
        columns=("code", "name", "unit", *LIMITS),
        search=("code", "name"),
        fields=("code", "name", "unit", *LIMITS, *KEPT),
        check=faults_of_retention,
    )
)
register(
    Ledger(
        name="sensing.feeds",
        model=Feed,
        icon="feed",
        columns=("code", "name", "clock"),
        fields=("code", "name", "clock"),
    )
)
