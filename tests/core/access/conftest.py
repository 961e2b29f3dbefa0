import pytest
from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def quick_hasher(settings: Settings) -> None:
    """Passwords of made-up users need no slow hash."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
