"""The first three administrators of an installation, made once."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from chengshu.core.access import passwords
from chengshu.core.access.models import Duty, Grant, Role, User
from chengshu.core.access.queries import sign_in_rules
from chengshu.core.audit import chain
from chengshu.kit.errors import Conflict

ROLES = {
    "system": "system-administrator",
    "security": "security-administrator",
    "audit": "audit-administrator",
}


class AlreadyBegun(Conflict):
    """The installation has administrators: further ones come from them."""

    code = "already-begun"


@transaction.atomic
def make_first_administrators(passwords_by_name: dict[str, str]) -> list[User]:
    """Make the users system, security and audit, who choose a new password at first sign-in.

    Raises AlreadyBegun when anybody holds an administration, WeakPassword.
    """
    if Grant.objects.exclude(role__duty=Duty.WORK).exists():
        raise AlreadyBegun(_("There are administrators already."))
    made = []
    for username, code in ROLES.items():
        role = Role.objects.get(code=code)
        user = User(username=username, name=role.name, must_change_password=True)
        passwords.set_password(user, passwords_by_name[username], sign_in_rules(), timezone.now())
        Grant.objects.create(user=user, role=role)
        chain.append(actor="installation", action="access.create_user", target=username)
        made.append(user)
    return made
