"""Every way the sensing ledger changes."""

from . import devices, imports, mounting, registration, requests, reuse

__all__ = ["devices", "imports", "mounting", "registration", "requests", "reuse"]
