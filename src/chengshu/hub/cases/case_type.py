"""Case types that apps declare: rows after migration, from then on the city's to edit."""

from dataclasses import dataclass

from chengshu.core.words import Words
from chengshu.kit.calendar.limits import Limit
from chengshu.kit.registry import Registry


@dataclass(frozen=True, kw_only=True)
class Condition:
    """When a case is filed, the limit of handling it, and when it may be closed."""

    limit: Limit
    text: Words = ""
    closing: Words = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class DeclaredType:
    """A case type to ship; see `models.CaseType` for what the fields mean."""

    code: str
    name: Words
    group: Words
    conditions: tuple[Condition, ...]
    kind: str = "event"
    standard: str = ""
    responsibility: str = "territory-first"
    is_urgent: bool = False
    is_automatic: bool = False
    needs_check: bool = True


case_types: Registry[DeclaredType] = Registry("case type", DeclaredType)


def register(declared: DeclaredType) -> DeclaredType:
    """Add *declared* under its code."""
    return case_types.add(declared.code, declared)
