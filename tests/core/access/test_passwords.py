from datetime import timedelta

import pytest
from django.utils import timezone

from chengshu.core.access import passwords
from chengshu.core.access.models import SignInRules
from chengshu.core.access.queries import policy_of

from .factories import make_grant, make_user

pytestmark = pytest.mark.django_db
GOOD = ("Grey-stone-1", "Grey-stone-2", "Grey-stone-3")


@pytest.fixture
def rules() -> SignInRules:
    return SignInRules(id=1)


@pytest.mark.parametrize(
    "weak",
    ["Ab-1", "alllowercase", "only-lower-signs", "wang-Wei-2026x", "Password123", "1234567890"],
)
def test_weak_password_is_refused_with_a_reason(rules, weak):
    user = make_user("wang-wei")

    with pytest.raises(passwords.WeakPassword) as refusal:
        passwords.set_password(user, weak, rules, timezone.now())

    assert refusal.value.where["reasons"]


def test_last_passwords_are_not_taken_again(rules):
    user = make_user()
    for password in GOOD:
        passwords.set_password(user, password, rules, timezone.now())

    for password in GOOD:
        with pytest.raises(passwords.WeakPassword):
            passwords.set_password(user, password, rules, timezone.now())


def test_password_older_than_remembered_is_taken_again():
    rules = SignInRules(id=1, passwords_remembered=2)
    user = make_user(password=GOOD[0])
    for password in GOOD[1:]:
        passwords.set_password(user, password, rules, timezone.now())

    passwords.set_password(user, GOOD[0], rules, timezone.now())

    assert user.check_password(GOOD[0])


def test_password_grows_old_unless_the_city_says_never(rules):
    user = make_user(password=GOOD[0])
    later = timezone.now() + timedelta(days=91)

    assert passwords.is_outdated(user, rules, later)
    assert not passwords.is_outdated(user, SignInRules(id=1, password_days=0), later)


def test_user_who_must_change_the_password_may_do_nothing_else():
    user = make_user(must_change_password=True)
    make_grant(user, "*")

    assert policy_of(user, timezone.now()).reaches == ()
