"""Roles: sets of permissions of one duty."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chengshu.core.access.actor import Person
from chengshu.core.access.models import Duty, Grant, Role
from chengshu.core.access.policy import Actor, require
from chengshu.core.actions.action import action, note
from chengshu.core.administration.duties import OwnRights
from chengshu.core.records.writing import check
from chengshu.kit.errors import Conflict


class RoleHeld(Conflict):
    """People hold the role."""

    code = "role-held"


@action("access.create_role", gettext_lazy("Add role"), duty=Duty.SECURITY)
def create_role(
    *, code: str, name: str, duty: str, permissions: list[str], grade: int = 2, by: Actor
) -> Role:
    """Make a role. Its patterns reach permissions of its own duty only."""
    role = Role(code=code, name=name, duty=duty, permissions=permissions, grade=grade)
    check(role)
    require(by, "access.create_role", role)
    role.save(force_insert=True)
    return role


@action("access.change_role", gettext_lazy("Change role"), duty=Duty.SECURITY)
def change_role(role: Role, *, by: Actor, **values: object) -> Role:
    """Change a role that the actor does not hold; its duty only while nobody holds it."""
    if isinstance(by, Person) and Grant.objects.filter(role=role, user=by.user).exists():
        raise OwnRights(_("Nobody decides on their own rights."), where={"role": role.code})
    if values.get("duty", role.duty) != role.duty and Grant.objects.filter(role=role).exists():
        raise RoleHeld(_("People hold this role: its duty stays."), where={"role": role.code})
    for field, value in values.items():
        setattr(role, field, value)
    check(role)
    role.save(update_fields=list(values))
    note(fields=sorted(values))
    return role
