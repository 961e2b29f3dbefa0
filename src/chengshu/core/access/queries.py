"""What a user's grants amount to right now."""

from datetime import datetime

from django.db.models import Q

from .models import Duty, Grant, SignInRules, User
from .permissions import expand
from .policy import Policy, Reach


def policy_of(user: User, at: datetime) -> Policy:
    """The policy of *user*'s grants that have not expired at *at*.

    None when the user is inactive or has first to choose a password.
    """
    if not user.is_active or user.must_change_password:
        return Policy()
    grants = (
        Grant.objects.filter(Q(expires_at=None) | Q(expires_at__gt=at), user=user)
        .select_related("role", "place", "organisation")
        .order_by("id")
    )
    return Policy(tuple(_reach(grant) for grant in grants))


def sign_in_rules() -> SignInRules:
    """The city's rules, or the defaults while nobody has changed them."""
    return SignInRules.objects.first() or SignInRules(id=1)


def _reach(grant: Grant) -> Reach:
    return Reach(
        permissions=expand(grant.role.permissions, Duty(grant.role.duty)),
        place_path=grant.place.path if grant.place else "",
        organisation_path=grant.organisation.path if grant.organisation else "",
        grade=grant.role.grade,
    )
