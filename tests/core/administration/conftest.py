from collections.abc import Callable

import pytest
from django.test import Client

from chengshu.core.access.actor import Person
from chengshu.core.access.models import Grant, Role
from tests.core.access.factories import make_user


@pytest.fixture(autouse=True)
def quick_hasher(settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def holder(db: None) -> Callable[[str], Person]:
    """A new user with the default role of that code."""

    def make(role: str) -> Person:
        user = make_user()
        Grant.objects.create(user=user, role=Role.objects.get(code=role))
        return Person(user, "127.0.0.1")

    return make


@pytest.fixture
def system(holder: Callable[[str], Person]) -> Person:
    return holder("system-administrator")


@pytest.fixture
def security(holder: Callable[[str], Person]) -> Person:
    return holder("security-administrator")


@pytest.fixture
def audit(holder: Callable[[str], Person]) -> Person:
    return holder("audit-administrator")


@pytest.fixture
def browser() -> Callable[[Person], Client]:
    def sign_in(person: Person) -> Client:
        client = Client()
        client.force_login(person.user)
        return client

    return sign_in
