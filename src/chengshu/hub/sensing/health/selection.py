"""Whose health is asked for."""

from dataclasses import dataclass

from django.db.models import QuerySet

from chengshu.core.access.policy import Actor, require, visible_to
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.hub.sensing.models import Terminal, TerminalKind
from chengshu.hub.sensing.queries import VIEW
from chengshu.kit.errors import Invalid


@dataclass(frozen=True)
class Chosen:
    """Codes of a place and an owner, with what is below them, a kind and a maker; empty is all."""

    place: str = ""
    owner: str = ""
    kind: str = ""
    maker: str = ""


def chosen_terminals(chosen: Chosen, actor: Actor) -> "QuerySet[Terminal]":
    """Those of *chosen* that *actor* may see. Raises Invalid naming what there is not."""
    require(actor, VIEW)
    found = visible_to(Terminal.objects.all(), actor, VIEW)
    if chosen.kind:
        if chosen.kind not in TerminalKind.values:
            raise Invalid(f"No kind {chosen.kind!r}", where={"field": "kind"})
        found = found.filter(kind=chosen.kind)
    if chosen.maker:
        found = found.filter(maker=chosen.maker)
    if chosen.place:
        found = found.filter(place__path__startswith=_path(Place, "place", chosen.place))
    if chosen.owner:
        found = found.filter(owner__path__startswith=_path(Organisation, "owner", chosen.owner))
    return found


def _path(tree: type[Place] | type[Organisation], field: str, code: str) -> str:
    found = tree._default_manager.filter(code=code).values_list("path", flat=True).first()
    if found is None:
        raise Invalid(f"No {field} {code!r}", where={"field": field})
    return str(found)
