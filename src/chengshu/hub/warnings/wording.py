"""How a warning's numbers read."""

from chengshu.kit import units
from chengshu.kit.units import UnknownUnit

from .models import CityWarning


def symbol(unit: str) -> str:
    """The symbol of a UCUM code; a unit the table does not know as it is."""
    try:
        return units.unit(unit).symbol
    except UnknownUnit:
        return unit


def quantity(value: float, unit: str) -> str:
    return f"{value:g} {symbol(unit)}".strip()


def reading(warning: CityWarning) -> str:
    """The worst value and the threshold it passed, empty where there is no value."""
    if warning.value is None:
        return ""
    if warning.threshold is None:
        return quantity(warning.value, warning.unit)
    return f"{warning.value:g} / {quantity(warning.threshold, warning.unit)}"
