"""Every way the sensing ledger changes."""

from . import imports, registration

__all__ = ["imports", "registration"]
