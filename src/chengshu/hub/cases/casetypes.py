"""The case types every city starts with: the events of CJ/T 214-2007 and faults of terminals."""

import csv
from importlib import resources

from django.utils.translation import gettext_lazy as _

from chengshu.kit.calendar.limits import Limit, LimitUnit, parse

from .case_type import Condition, DeclaredType, register

CATALOGUE = resources.files("chengshu.hub.cases") / "data" / "cjt214_events.csv"
STANDARD = "CJ/T 214-2007"
EXAMPLE = "地方示例值，按本地立案结案规范调整"


def _register_catalogue() -> None:
    """One type per code; a code on several lines has several filing conditions."""
    types: dict[str, list[dict[str, str]]] = {}
    for line in csv.DictReader(CATALOGUE.read_text(encoding="utf-8").splitlines()):
        types.setdefault(line["code"], []).append(line)
    for code, lines in types.items():
        register(
            DeclaredType(
                code=f"cjt214.{code}",
                name=lines[0]["name"],
                group=lines[0]["class"],
                standard=f"{STANDARD} {code}",
                is_urgent=lines[0]["urgent"] == "1",
                conditions=tuple(
                    Condition(
                        limit=parse(line["limit"]),
                        text=line["condition"],
                        closing=line["closing"],
                        source=EXAMPLE,
                    )
                    for line in lines
                ),
            )
        )


_register_catalogue()

register(
    DeclaredType(
        code="terminal-fault",
        name=_("Fault of a sensing terminal"),
        group=_("Sensing terminals"),
        kind="component",
        responsibility="owner-first",
        is_automatic=True,
        needs_check=False,
        conditions=(
            Condition(
                limit=Limit(2, LimitUnit.WORKING_DAYS),
                text=_("The terminal sends nothing, or values that cannot be trusted"),
                closing=_("The terminal sends plausible values again"),
            ),
        ),
    )
)
register(
    DeclaredType(
        code="other",
        name=_("Other matters"),
        group=_("Other"),
        conditions=(Condition(limit=Limit(3, LimitUnit.WORKING_DAYS)),),
    )
)
