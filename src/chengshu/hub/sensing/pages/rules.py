"""What the city decides about terminals: sectors, limits, coding rules."""

from chengshu.core.records.ledger import Ledger, register
from chengshu.hub.sensing.coding import faults_of_rules
from chengshu.hub.sensing.health.limits import OF_RULE
from chengshu.hub.sensing.models import CodingRule, HealthRule, Sector, SectorLimit

register(
    Ledger(
        name="sensing.sectors",
        model=Sector,
        section="sensing-rules",
        columns=("code", "name", "authority", "search_metres"),
        search=("code", "name"),
        fields=("code", "name", "authority", "search_metres"),
    )
)
register(
    Ledger(
        name="sensing.limits",
        model=SectorLimit,
        icon="stop",
        section="sensing-rules",
        key="id",
        columns=("id", "sector", "kind", "place", "most", "source"),
        filters=("sector", "kind", "place"),
        fields=("sector", "kind", "place", "most", "source"),
    )
)
register(
    Ledger(
        name="sensing.coding",
        model=CodingRule,
        icon="rule",
        section="sensing-rules",
        key="kind",
        columns=("kind", "pattern", "meaning", "check_digit", "example", "source"),
        fields=("kind", "pattern", "meaning", "check_digit", "example", "source"),
        check=faults_of_rules,
    )
)
register(
    Ledger(
        name="sensing.health-rules",
        model=HealthRule,
        icon="rule",
        section="sensing-rules",
        key="id",
        columns=("id", "kind", "observed_property", *OF_RULE, "source"),
        filters=("kind", "observed_property"),
        fields=("kind", "observed_property", *OF_RULE, "source"),
    )
)
