from tests.core.records.conftest import browser, city, lamps

__all__ = ["browser", "city", "lamps"]
