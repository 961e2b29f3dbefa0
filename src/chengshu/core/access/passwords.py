"""Which passwords the city accepts, and setting one."""

import re
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from chengshu.kit.errors import Invalid

from .models import SignInRules, User

CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")


class WeakPassword(Invalid):
    """The city's rules do not accept this password; ``where`` lists the reasons."""

    code = "weak-password"


def check_new(user: User, password: str, rules: SignInRules) -> None:
    """Raise WeakPassword with every reason at once."""
    reasons = _reasons(user, password, rules)
    try:
        validate_password(password, user)
    except ValidationError as error:
        reasons += error.messages
    if reasons:
        raise WeakPassword(" ".join(reasons), where={"reasons": reasons})


def _reasons(user: User, password: str, rules: SignInRules) -> list[str]:
    kinds = sum(bool(re.search(kind, password)) for kind in CLASSES)
    known = [user.password, *user.past_passwords] if user.pk else []
    found = {
        _("The password needs at least %(count)s characters.")
        % {"count": rules.minimum_length}: len(password) < rules.minimum_length,
        _("The password needs %(count)s of: small letters, capitals, digits, signs.")
        % {"count": rules.minimum_classes}: kinds < rules.minimum_classes,
        _("The password must not contain the user name."): user.username.lower()
        in password.lower(),
        _("The password was used before."): any(
            old and check_password(password, old) for old in known[: rules.passwords_remembered]
        ),
    }
    return [reason for reason, is_true in found.items() if is_true]


def set_password(user: User, password: str, rules: SignInRules, at: datetime) -> None:
    """Set and save an acceptable *password*; opens a locked account. Raises WeakPassword."""
    check_new(user, password, rules)
    if user.password:
        user.past_passwords = [user.password, *user.past_passwords][: rules.passwords_remembered]
    user.set_password(password)
    user.password_changed_at = at
    user.failed_sign_ins, user.locked_until = 0, None
    user.save()


def is_outdated(user: User, rules: SignInRules, at: datetime) -> bool:
    """Whether the password is older than the city allows."""
    if not rules.password_days or user.password_changed_at is None:
        return False
    return at - user.password_changed_at > timedelta(days=rules.password_days)
