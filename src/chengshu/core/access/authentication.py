"""Checking a password: slow, counted, and silent about why it failed."""

from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from .models import SignInRules, User
from .queries import sign_in_rules

LONGEST_LOCK = timedelta(days=1)
MOST_FAILURES = 1000


class PasswordBackend(BaseBackend):
    """The user of a name and a password, or None.

    Unknown name, wrong password, locked and inactive account are one answer after the same work.
    """

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **others: Any,
    ) -> User | None:
        if username is None or password is None:
            return None
        user = User.objects.filter(username=username, is_service=False).first()
        if user is None:
            make_password(password)
            return None
        return _judge(user.pk, user.check_password(password), timezone.now())

    def get_user(self, user_id: int) -> User | None:
        return User.objects.filter(pk=user_id, is_active=True).first()


@transaction.atomic
def _judge(pk: int, is_right: bool, now: datetime) -> User | None:
    """Count the attempt. A locked account is not counted further, so that it can open again."""
    user = User.objects.select_for_update().get(pk=pk)
    if not user.is_active or (user.locked_until and user.locked_until > now):
        return None
    if is_right:
        user.failed_sign_ins, user.locked_until = 0, None
    else:
        user.failed_sign_ins = min(user.failed_sign_ins + 1, MOST_FAILURES)
        user.locked_until = _lock(user.failed_sign_ins, sign_in_rules(), now)
    user.save(update_fields=["failed_sign_ins", "locked_until"])
    return user if is_right else None


def _lock(failures: int, rules: SignInRules, now: datetime) -> datetime | None:
    """The end of the lock: each series of failures in a row locks twice as long as the last."""
    series, rest = divmod(failures, rules.failures_before_lock)
    if rest:
        return None
    doubled = timedelta(minutes=rules.lock_minutes << min(series - 1, 16))
    return now + min(doubled, LONGEST_LOCK)
