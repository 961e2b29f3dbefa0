"""Whose case is it, and why: routing rules, then the type's own unit, then owner and territory."""

from dataclasses import dataclass, field

from django.db.models import Q
from django.db.models.functions import Length
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chengshu.core.organisations.models import Kind, Organisation
from chengshu.core.places.models import Place

from .models import CaseType, RoutingRule


@dataclass(frozen=True)
class Route:
    """*because* is a word of `SENTENCES` with its *facts*, kept with the case."""

    unit: Organisation | None
    because: str
    facts: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, str]:
        return {"because": self.because, **self.facts}


def route(case_type: CaseType, place: Place, owner: Organisation | None = None) -> Route:
    """The unit for a case of *case_type* in *place* about something that *owner* owns."""
    rule = _rule(case_type, place)
    if rule is not None:
        facts = {"rule": rule.code, "basis": rule.basis, "unit": rule.unit.name}
        return Route(rule.unit, "rule", facts)
    if case_type.unit is not None:
        return Route(case_type.unit, "type", {"type": case_type.name, "unit": case_type.unit.name})
    of_owner = Route(owner, "owner", {"unit": owner.name}) if owner else None
    of_place = _territory(place)
    if case_type.responsibility == CaseType.Responsibility.OWNER_FIRST:
        return of_owner or of_place or Route(None, "nobody")
    return of_place or of_owner or Route(None, "nobody")


def _rule(case_type: CaseType, place: Place) -> RoutingRule | None:
    """The matching rule of highest priority, then of the deepest place, then of the first code."""
    rules = RoutingRule.objects.select_related("place", "unit").filter(
        Q(valid_to=None) | Q(valid_to__gt=timezone.localdate())
    )
    fitting = [
        rule
        for rule in rules
        if rule.matches(case_type.code)
        and (rule.place is None or place.path.startswith(rule.place.path))
    ]
    return min(
        fitting,
        key=lambda rule: (-rule.priority, -len(rule.place.path) if rule.place else 0, rule.code),
        default=None,
    )


def _territory(place: Place) -> Route | None:
    """The government of the smallest area around *place* that has one."""
    around = place.path.strip("/").split("/")
    government = (
        Organisation.objects.select_related("place")
        .filter(kind=Kind.GOVERNMENT, place__code__in=around)
        .order_by(Length("place__path").desc(), "code")
        .first()
    )
    if government is None:
        return None
    return Route(government, "territory", {"unit": government.name, "place": government.place.name})


SENTENCES = {
    "rule": _("Routing rule %(rule)s gives it to %(unit)s. %(basis)s"),
    "type": _("%(unit)s is the responsible unit of “%(type)s”."),
    "owner": _("Owner first: it belongs to %(unit)s."),
    "territory": _("Territory first: %(unit)s serves %(place)s."),
    "nobody": _("No rule, owner or local government fits: choose a unit."),
    "person": _("Chosen by the dispatcher."),
}


def explain(routing: dict[str, str]) -> str:
    """The sentence why, in the reader's language."""
    sentence = SENTENCES.get(routing.get("because", ""))
    return (str(sentence) % routing).strip() if sentence else ""
