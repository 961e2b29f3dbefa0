"""What is observed, where observations come from, and what was refused."""

from chengshu.core.records.ledger import Ledger, register
from chengshu.hub.sensing.models import Feed, ObservedProperty, Rejection

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
register(
    Ledger(
        name="sensing.rejections",
        model=Rejection,
        icon="stop",
        columns=("at", "sender", "entrance", "code", "message"),
        filters=("entrance", "code"),
        search=("sender",),
        order=("-id",),
    )
)
