import pytest

from .factories import City


@pytest.fixture
def city(db: None) -> City:
    return City()
