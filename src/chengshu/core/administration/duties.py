"""The separation of duties (GB/T 22239-2019 8.1.5): one person, one duty; none left empty."""

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from chengshu.core.access.actor import Person
from chengshu.core.access.models import Duty, Grant, User
from chengshu.core.access.policy import Actor
from chengshu.kit.errors import Conflict, NotAllowed


class TwoDuties(Conflict):
    """Daily work and the three administrations are four duties; nobody holds two."""

    code = "two-duties"


class OwnRights(NotAllowed):
    """Nobody decides on their own rights."""

    code = "own-rights"


class LastAdministrator(Conflict):
    """An administration would be left without anybody."""

    code = "last-administrator"


def require_one_duty(user: User, duty: str) -> None:
    """Raise TwoDuties when *user* holds a role of another duty; *user* is locked meanwhile."""
    User.objects.select_for_update().get(pk=user.pk)
    held = set(Grant.objects.filter(user=user).values_list("role__duty", flat=True))
    if held - {duty}:
        raise TwoDuties(
            _("%(user)s has another duty: %(duties)s.")
            % {"user": user, "duties": ", ".join(str(Duty(d).label) for d in sorted(held))},
            where={"user": user.username, "held": sorted(held), "wanted": duty},
        )


def require_another(user: User, by: Actor) -> None:
    """Raise OwnRights when the actor is *user*."""
    if isinstance(by, Person) and by.user.pk == user.pk:
        raise OwnRights(_("Nobody decides on their own rights."), where={"user": user.username})


def require_successor(user: User) -> None:
    """Raise LastAdministrator unless each administration of *user* has somebody else."""
    for duty in administrations_of(user):
        others = _holders(duty).exclude(user=user)
        if not others.exists():
            raise LastAdministrator(
                _("%(user)s is the last of: %(duty)s.") % {"user": user, "duty": Duty(duty).label},
                where={"user": user.username, "duty": duty},
            )


def administrations_of(user: User) -> set[str]:
    held = Grant.objects.filter(user=user).exclude(role__duty=Duty.WORK)
    return set(held.values_list("role__duty", flat=True))


def _holders(duty: str) -> "QuerySet[Grant]":
    lasting = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
    return Grant.objects.filter(lasting, role__duty=duty, user__is_active=True)
