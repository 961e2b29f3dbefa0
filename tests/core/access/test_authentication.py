from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth import hashers
from django.db import connection
from django.utils import timezone

from chengshu.core.access import attempts
from chengshu.core.access.authentication import PasswordBackend
from chengshu.core.access.models import AddressAttempts, SignInRules, User
from chengshu.kit.errors import TooMany

from .factories import PASSWORD, make_user

pytestmark = pytest.mark.django_db
RIGHT, WRONG = PASSWORD, "Other-words-8"


def sign_in(username: str, password: str) -> User | None:
    return PasswordBackend().authenticate(None, username=username, password=password)


def fail(user: User, times: int) -> None:
    for _ in range(times):
        sign_in(user.username, WRONG)


def test_right_password_signs_in_and_forgets_failures():
    user = make_user(password=RIGHT)
    fail(user, 4)

    found = sign_in(user.username, RIGHT)

    assert found == user
    assert found.failed_sign_ins == 0


def test_account_locks_after_the_city_s_number_of_failures_even_for_the_right_password():
    SignInRules.objects.update(failures_before_lock=3, lock_minutes=20)
    user = make_user(password=RIGHT)
    fail(user, 3)

    assert sign_in(user.username, RIGHT) is None
    user.refresh_from_db()
    assert user.locked_until is not None
    left = user.locked_until - timezone.now()
    assert timedelta(minutes=19) < left <= timedelta(minutes=20)


def test_lock_opens_by_itself_and_the_next_one_is_twice_as_long():
    user = make_user(password=RIGHT)
    fail(user, 5)
    User.objects.update(locked_until=timezone.now() - timedelta(seconds=1))

    fail(user, 5)

    user.refresh_from_db()
    assert user.locked_until is not None
    assert user.locked_until - timezone.now() > timedelta(minutes=29)


def test_attempts_during_a_lock_do_not_prolong_it():
    user = make_user(password=RIGHT)
    fail(user, 5)
    user.refresh_from_db()
    until = user.locked_until

    fail(user, 10)

    user.refresh_from_db()
    assert user.locked_until == until


@pytest.mark.parametrize("fields", [{"is_active": False}, {"is_service": True}])
def test_inactive_and_service_accounts_have_no_way_in(fields):
    user = make_user(password=RIGHT, **fields)

    assert sign_in(user.username, RIGHT) is None


def test_unknown_user_costs_the_same_hash_as_a_known_one(monkeypatch):
    user = make_user(password=RIGHT)
    hashed: list[str] = []
    hasher = hashers.get_hasher()
    encode = type(hasher).encode
    monkeypatch.setattr(
        type(hasher), "encode", lambda self, *a, **k: hashed.append("") or encode(self, *a, **k)
    )

    sign_in("nobody-of-that-name", RIGHT)
    unknown = len(hashed)
    sign_in(user.username, WRONG)

    assert unknown == len(hashed) - unknown == 1


def test_address_is_stopped_above_the_city_s_limit_and_another_is_not():
    SignInRules.objects.update(address_attempts=3)
    now = timezone.now()
    for _ in range(3):
        attempts.count_attempt("10.0.0.1", now)

    with pytest.raises(TooMany):
        attempts.count_attempt("10.0.0.1", now)
    attempts.count_attempt("10.0.0.2", now)


def test_address_may_try_again_after_the_window():
    SignInRules.objects.update(address_attempts=1, address_minutes=10)
    now = timezone.now()
    attempts.count_attempt("10.0.0.1", now)

    attempts.count_attempt("10.0.0.1", now + timedelta(minutes=11))

    assert attempts.forget_old_attempts(now + timedelta(minutes=12)) == 1


@pytest.mark.django_db(transaction=True)
def test_attempts_at_the_same_moment_are_all_counted():
    now = timezone.now()

    def try_it(_: int) -> None:
        attempts.count_attempt("10.0.0.1", now)
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(try_it, range(24)))

    assert AddressAttempts.objects.get().count == 24
