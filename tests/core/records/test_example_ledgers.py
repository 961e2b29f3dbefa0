from typing import Any

from .factories import make_circuit, make_lamp
from .ledger_tests import LedgerTests


class TestLamps(LedgerTests):
    ledger = "streetlights.lamps"
    make = make_lamp


class TestCircuits(LedgerTests):
    ledger = "streetlights.circuits"

    @staticmethod
    def make(**_standing: Any) -> Any:
        return make_circuit()
