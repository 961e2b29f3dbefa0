"""The tree of organisations."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from chengshu.core.access.models import Duty
from chengshu.core.access.policy import Actor, require
from chengshu.core.actions.action import action, note
from chengshu.core.organisations import tree
from chengshu.core.organisations.models import Organisation
from chengshu.core.places import tree as trees
from chengshu.core.places.models import Place
from chengshu.core.records.writing import check


@action("organisations.create_organisation", _("Add organisation"), duty=Duty.SYSTEM)
def create_organisation(
    *,
    code: str,
    name: str,
    kind: str,
    place: Place,
    credit_code: str = "",
    parent: Organisation | None = None,
    by: Actor,
) -> Organisation:
    """Add an organisation. Raises BadCreditCode."""
    organisation = Organisation(
        code=code, name=name, kind=kind, place=place, credit_code=credit_code, parent=parent
    )
    organisation.path = trees.path_under(parent, code)
    check(organisation)
    require(by, "organisations.create_organisation", organisation)
    return tree.add(organisation)


@action("organisations.change_organisation", _("Change organisation"), duty=Duty.SYSTEM)
def change_organisation(organisation: Organisation, *, by: Actor, **values: Any) -> Organisation:
    """Set fields, or put it with all below it under *parent* (None: at the top).

    Raises BadCreditCode, MovesBelowItself.
    """
    if "parent" in values:
        note(moved=trees.move(organisation, values.pop("parent")))
    for field, value in values.items():
        setattr(organisation, field, value)
    check(organisation)
    require(by, "organisations.change_organisation", organisation)
    return tree.change(organisation, list(values))


@action("organisations.remove_organisation", _("Remove organisation"), duty=Duty.SYSTEM)
def remove_organisation(organisation: Organisation, *, by: Actor) -> None:
    """Remove an organisation that nothing refers to. Raises StillUsed."""
    trees.remove(organisation)
