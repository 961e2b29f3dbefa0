"""Every way the sensing ledger changes."""

from . import imports, mounting, registration, requests, reuse

__all__ = ["imports", "mounting", "registration", "requests", "reuse"]
