"""The case catalogue, which is the city's to edit, and the cases."""

from .cases import Case, CaseStep, Reporter
from .catalogue import CaseType, FilingCondition, RoutingRule, StageLimit, WorkCalendar

__all__ = [
    "Case",
    "CaseStep",
    "CaseType",
    "FilingCondition",
    "Reporter",
    "RoutingRule",
    "StageLimit",
    "WorkCalendar",
]
