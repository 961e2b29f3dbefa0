"""Who holds which role, for which place and organisation."""

from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chengshu.core.access.models import Duty, Grant, Role, User
from chengshu.core.access.policy import Actor, require
from chengshu.core.actions.action import action, note
from chengshu.core.administration.duties import (
    require_another,
    require_one_duty,
    require_successor,
)
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.core.records.writing import check
from chengshu.kit.errors import Conflict


class Fixed(Conflict):
    """Whose grant it is, and of which role, does not change."""

    code = "grant-fixed"


@action("access.grant_role", _("Grant role"), duty=Duty.SECURITY)
def grant_role(
    *,
    user: User,
    role: Role,
    place: Place | None = None,
    organisation: Organisation | None = None,
    expires_at: datetime | None = None,
    by: Actor,
) -> Grant:
    """Give *user* a *role*. Raises OwnRights, TwoDuties."""
    grant = Grant(
        user=user, role=role, place=place, organisation=organisation, expires_at=expires_at
    )
    _check(grant, by)
    require(by, "access.grant_role", grant)
    grant.save(force_insert=True)
    _note(grant)
    return grant


@action("access.change_grant", _("Change grant"), duty=Duty.SECURITY)
def change_grant(grant: Grant, *, by: Actor, **values: object) -> Grant:
    """Set *place*, *organisation* or *expires_at*. Raises Fixed for the user and the role."""
    if fixed := sorted(set(values) - {"place", "organisation", "expires_at"}):
        raise Fixed(gettext("Revoke this grant and make another."), where={"fields": fixed})
    require_another(grant.user, by)
    for field, value in values.items():
        setattr(grant, field, value)
    _check(grant, by)
    require(by, "access.change_grant", grant)
    grant.save(update_fields=list(values))
    _note(grant)
    return grant


@action("access.revoke_grant", _("Revoke"), duty=Duty.SECURITY)
def revoke_grant(grant: Grant, *, by: Actor) -> None:
    """Take a role back. Raises OwnRights, LastAdministrator."""
    require_another(grant.user, by)
    if grant.role.duty != Duty.WORK:
        require_successor(grant.user)
    _note(grant)
    grant.delete()


def _check(grant: Grant, by: Actor) -> None:
    require_another(grant.user, by)
    require_one_duty(grant.user, grant.role.duty)
    check(grant)


def _note(grant: Grant) -> None:
    note(user=grant.user.username, role=grant.role.code)
