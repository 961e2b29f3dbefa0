"""Accounts: made and closed by the system administrator, opened by the security administrator."""

import secrets
import string

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chengshu.core.access import passwords
from chengshu.core.access.models import Duty, User
from chengshu.core.access.policy import Actor, require
from chengshu.core.access.queries import sign_in_rules
from chengshu.core.actions.action import action, note
from chengshu.core.administration.duties import require_another, require_successor
from chengshu.core.organisations.models import Organisation
from chengshu.core.records.writing import check

LETTERS = string.ascii_letters + string.digits
SIGNS = "-+=#%"


@action("access.create_user", _("Add user"), duty=Duty.SYSTEM)
def create_user(
    *, username: str, name: str, organisation: Organisation | None = None, by: Actor
) -> User:
    """Make an account without rights and without a password: nobody can sign in with it yet."""
    user = User(username=username, name=name, organisation=organisation, must_change_password=True)
    user.set_unusable_password()
    check(user)
    require(by, "access.create_user", user)
    user.save(force_insert=True)
    return user


@action("access.change_user", _("Change user"), duty=Duty.SYSTEM)
def change_user(user: User, *, by: Actor, **values: object) -> User:
    """Set *name* or *organisation*."""
    for field, value in values.items():
        setattr(user, field, value)
    check(user)
    require(by, "access.change_user", user)
    user.save(update_fields=list(values))
    note(fields=sorted(values))
    return user


@action("access.deactivate_user", _("Deactivate"), duty=Duty.SYSTEM)
def deactivate_user(user: User, *, by: Actor) -> User:
    """Close the account; its sessions, streams and tokens end. Raises LastAdministrator."""
    require_successor(user)
    user.is_active = False
    user.save(update_fields=["is_active"])
    return user


@action("access.reactivate_user", _("Reactivate"), duty=Duty.SYSTEM)
def reactivate_user(user: User, *, by: Actor) -> User:
    user.is_active = True
    user.save(update_fields=["is_active"])
    return user


@action("access.reset_password", _("Reset password"), duty=Duty.SECURITY)
def reset_password(user: User, *, by: Actor) -> str:
    """Give *user* a password for one sign-in, shown to nobody else; opens a locked account."""
    require_another(user, by)
    password = _password_for_once()
    user.must_change_password = True
    passwords.set_password(user, password, sign_in_rules(), timezone.now())
    return password


def _password_for_once() -> str:
    letters = "".join(secrets.choice(LETTERS) for _ in range(14))
    return f"{letters}{secrets.choice(SIGNS)}{secrets.choice(string.digits)}aA"
