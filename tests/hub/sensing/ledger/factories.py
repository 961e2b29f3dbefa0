"""The smallest valid objects of the city's one ledger of terminals."""

from itertools import count
from typing import Any

from chengshu.core.access.actor import Person
from chengshu.core.access.policy import System
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.hub.sensing.actions.requests import request_build
from chengshu.hub.sensing.models import BuildRequest, Carrier, CodingRule, Sector, SectorLimit
from tests.core.access.factories import everyone, make_grant, make_user
from tests.hub.sensing.factories import organisation, place

_numbers = count(1)
HERE = (123.6, 30.4)
ENGINEER = everyone(
    *(
        f"sensing.{act}_terminal"
        for act in (
            *("build", "commission", "suspend", "resume", "retire", "mount", "move", "unmount"),
            *("plan", "view", "add", "change", "import"),
        )
    ),
    "sensing.register_terminals",
    "sensing.request_build",
    "sensing.amend_build",
    "sensing.withdraw_build",
    "sensing.request_reuse",
    "sensing.reuse_candidate",
    "sensing.amend_reuse",
    "sensing.withdraw_reuse",
)


def carrier(code: str = "", **facts: Any) -> Carrier:
    code = code or f"C{next(_numbers)}"
    facts = {"kind": "pole", "place": place(), "owner": organisation()} | facts
    return Carrier.objects.create(code=code, name=f"载体{code}", **facts)


def coding_rule(kind: str = "sensor", pattern: str = "[0-9]{6}-[a-z]+-[0-9]{3}", **facts: Any):
    facts = {"meaning": "区划-类别-序号", "example": "990100-air-001", "source": "测试"} | facts
    return CodingRule.objects.create(kind=kind, pattern=pattern, **facts)


def sector(code: str = "air", authority: Organisation | None = None, **facts: Any) -> Sector:
    authority = authority or organisation("authority")
    return Sector.objects.create(code=code, name=f"行业{code}", authority=authority, **facts)


def limit(of: Sector, most: int, at: Place | None = None, kind: str = "sensor") -> SectorLimit:
    return SectorLimit.objects.create(sector=of, kind=kind, place=at or place(), most=most)


def request(of: Sector, by: Any = ENGINEER, **facts: Any) -> BuildRequest:
    """A request of the bureau ``asker`` for one sensor at HERE, submitted by *by*."""
    facts = {
        "organisation": organisation("asker"),
        "sector": of,
        "kind": "sensor",
        "properties": [],
        "place": place(),
        "lon": HERE[0],
        "lat": HERE[1],
        "radius_metres": None,
        "number": 1,
        "purpose": "监测",
    } | facts
    return request_build(by=by, **facts)


def reviewer(*more: str) -> Any:
    """Somebody who decides on requests of every sector."""
    return System("reviewer", frozenset({"sensing.approve_build", "sensing.refuse_build", *more}))


def member(of: Organisation, *permissions: str, grade: int = 2) -> Person:
    """Somebody whose rights end with the organisation *of*."""
    user = make_user()
    make_grant(user, *permissions, organisation=of, grade=grade)
    return Person(user)
