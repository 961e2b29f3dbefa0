"""What is observed, and where observations come from."""

from chengshu.core.records.ledger import Ledger, register
from chengshu.hub.sensing.models import Feed, ObservedProperty

register(
    Ledger(
        name="sensing.properties",
        model=ObservedProperty,
        icon="ruler",
        columns=("code", "name", "unit", "lowest", "highest", "quiet_below"),
        search=("code", "name"),
        fields=("code", "name", "unit", "lowest", "highest", "quiet_below"),
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
