"""The demonstration city's sectors, limits and coding rules."""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from chengshu.core.access.policy import Actor
from chengshu.core.actions import action
from chengshu.core.demo.part import DemoCity
from chengshu.hub.sensing.models import CodingRule, Sector, SectorLimit, TerminalKind

SOURCE = "演示城市的约定"


@dataclass(frozen=True)
class DemoSector:
    code: str
    name: str
    authority: str
    metres: int
    limits: tuple[tuple[str, int], ...] = ()


SECTORS = (
    DemoSector("public-safety", "公共安全", "public-security", 100, ((TerminalKind.VIDEO, 37),)),
    DemoSector("urban-management", "城市管理", "urban-management", 100),
    DemoSector("environment", "大气生态", "environment-bureau", 500, ((TerminalKind.SENSOR, 60),)),
    DemoSector("water", "水务", "water-bureau", 300),
    DemoSector("emergency", "应急与气象", "emergency-bureau", 1000),
    DemoSector("traffic", "城市交通", "transport-bureau", 150),
)
FLEETS = {
    "lamp": "urban-management",
    "noise": "environment",
    "camera": "public-safety",
    "gateway": "urban-management",
    "manhole": "urban-management",
    "ponding": "water",
    "river": "water",
    "weather": "emergency",
}
"""The sector of each fleet."""


@action("sensing.set_demo_rules", _("Set the rules of the demonstration city"))
def set_rules(city: DemoCity, *, by: Actor) -> None:
    """The lines of business of the Beijing guideline of 2021, limits that are nearly reached, and
    one coding rule for each kind: division (GB/T 2260), class, number."""
    sectors = Sector.objects.bulk_create(
        Sector(
            code=each.code,
            name=each.name,
            authority=city.organisations[each.authority],
            search_metres=each.metres,
        )
        for each in SECTORS
    )
    SectorLimit.objects.bulk_create(
        SectorLimit(sector=sector, kind=kind, place=city.root, most=most, source=SOURCE)
        for sector, each in zip(sectors, SECTORS, strict=True)
        for kind, most in each.limits
    )
    CodingRule.objects.bulk_create(
        CodingRule(
            kind=kind,
            pattern=f"{city.blueprint.code}-[a-z]+(-[a-z0-9]+)*-[0-9]{{3,6}}",
            meaning="行政区划(GB/T 2260)-类别-顺序号",
            example=f"{city.blueprint.code}-{kind.value}-001",
            source=SOURCE,
        )
        for kind in TerminalKind
    )
