"""What is observed, and where observations come from."""

from chengshu.core.records.ledger import Ledger, register
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

register(
    Ledger(
        name="sensing.properties",
        model=ObservedProperty,
        icon="ruler",
        columns=("code", "name", "unit", *LIMITS),
        search=("code", "name"),
        fields=("code", "name", "unit", *LIMITS),
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
