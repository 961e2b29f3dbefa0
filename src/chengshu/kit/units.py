"""Units of measurement: the UCUM code is the name in storage and in exchange.

A value of one unit times *factor* plus *offset* is the value in the base unit of its quantity.
Where UCUM has no unit the code is its annotation form, such as ``{NTU}``.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from types import MappingProxyType

from chengshu.kit.errors import Invalid


class UnknownUnit(Invalid):
    """A unit that is not in the table."""

    code = "unknown-unit"


class IncompatibleUnits(Invalid):
    """Two units of different quantities."""

    code = "incompatible-units"


@dataclass(frozen=True)
class Unit:
    """*symbol* is for people; *aliases* are other spellings accepted from outside."""

    code: str
    symbol: str
    quantity: str
    factor: Fraction = Fraction(1)
    offset: Fraction = Fraction(0)
    aliases: tuple[str, ...] = ()


def _units(quantity: str, *rows: tuple[str, str, str, str]) -> tuple[Unit, ...]:
    """Rows of code, symbol, factor and aliases parted by spaces."""
    return tuple(
        Unit(code, symbol, quantity, Fraction(factor), aliases=tuple(aliases.split()))
        for code, symbol, factor, aliases in rows
    )


TABLE: tuple[Unit, ...] = (
    *_units(
        "ratio",
        ("1", "", "1", ""),
        ("%", "%", "1/100", "%RH RH"),
        ("[ppth]", "‰", "1/1000", "ppth"),
        ("[ppm]", "ppm", "1e-6", "ppmv µmol/mol μmol/mol umol/mol"),
        ("[ppb]", "ppb", "1e-9", "ppbv nmol/mol"),
    ),
    *_units("explosion-limit", ("%{LEL}", "%LEL", "1/100", "LEL")),
    Unit("K", "K", "temperature"),
    Unit("Cel", "°C", "temperature", offset=Fraction("273.15"), aliases=("℃", "degC")),
    Unit(
        "[degF]",
        "°F",
        "temperature",
        Fraction(5, 9),
        Fraction("459.67") * Fraction(5, 9),
        ("℉", "degF"),
    ),
    *_units(
        "mass-concentration",
        ("kg/m3", "kg/m³", "1", "g/L"),
        ("g/m3", "g/m³", "1e-3", ""),
        ("mg/m3", "mg/m³", "1e-6", ""),
        ("ug/m3", "µg/m³", "1e-9", "μg/m³ μg/m3 µg/m3"),
        ("ng/m3", "ng/m³", "1e-12", ""),
        ("mg/L", "mg/L", "1e-3", "mg/l"),
        ("ug/L", "µg/L", "1e-6", "μg/L ug/l"),
    ),
    *_units(
        "pressure",
        ("Pa", "Pa", "1", ""),
        ("hPa", "hPa", "100", ""),
        ("kPa", "kPa", "1e3", ""),
        ("MPa", "MPa", "1e6", ""),
        ("mbar", "mbar", "100", ""),
        ("bar", "bar", "1e5", ""),
        ("mm[Hg]", "mmHg", "133.322387415", "mmHg"),
    ),
    *_units(
        "length",
        ("um", "µm", "1e-6", "μm"),
        ("mm", "mm", "1e-3", ""),
        ("cm", "cm", "1/100", ""),
        ("m", "m", "1", ""),
        ("km", "km", "1e3", ""),
    ),
    *_units(
        "area",
        ("m2", "m²", "1", ""),
        ("har", "ha", "1e4", ""),
        ("km2", "km²", "1e6", ""),
    ),
    *_units(
        "volume",
        ("mL", "mL", "1e-6", "ml"),
        ("L", "L", "1e-3", "l"),
        ("m3", "m³", "1", ""),
    ),
    *_units(
        "mass",
        ("mg", "mg", "1e-6", ""),
        ("g", "g", "1e-3", ""),
        ("kg", "kg", "1", ""),
        ("t", "t", "1e3", ""),
    ),
    *_units(
        "time",
        ("ms", "ms", "1e-3", ""),
        ("s", "s", "1", ""),
        ("min", "min", "60", ""),
        ("h", "h", "3600", ""),
        ("d", "d", "86400", ""),
    ),
    *_units(
        "speed",
        ("mm/s", "mm/s", "1e-3", ""),
        ("m/s", "m/s", "1", ""),
        ("km/h", "km/h", "1000/3600", "kmh"),
    ),
    *_units(
        "rain-intensity",
        ("mm/min", "mm/min", "60", ""),
        ("mm/h", "mm/h", "1", ""),
        ("mm/d", "mm/d", "1/24", ""),
    ),
    *_units(
        "acceleration",
        ("m/s2", "m/s²", "1", ""),
        ("[g]", "gₙ", "9.80665", ""),
        ("Gal", "Gal", "1/100", "gal"),
    ),
    *_units(
        "volume-flow",
        ("m3/s", "m³/s", "1", ""),
        ("m3/h", "m³/h", "1/3600", ""),
        ("m3/d", "m³/d", "1/86400", ""),
        ("L/s", "L/s", "1e-3", "l/s"),
        ("L/min", "L/min", "1/60000", "l/min"),
    ),
    *_units(
        "mass-flow",
        ("kg/s", "kg/s", "1", ""),
        ("kg/h", "kg/h", "1/3600", ""),
        ("t/h", "t/h", "1000/3600", ""),
    ),
    *_units("voltage", ("mV", "mV", "1e-3", ""), ("V", "V", "1", ""), ("kV", "kV", "1e3", "")),
    *_units("current", ("mA", "mA", "1e-3", ""), ("A", "A", "1", ""), ("kA", "kA", "1e3", "")),
    *_units("power", ("W", "W", "1", ""), ("kW", "kW", "1e3", ""), ("MW", "MW", "1e6", "")),
    *_units(
        "reactive-power",
        ("V.A{reactive}", "var", "1", ""),
        ("kV.A{reactive}", "kvar", "1e3", ""),
    ),
    *_units("apparent-power", ("V.A", "VA", "1", ""), ("kV.A", "kVA", "1e3", "")),
    *_units(
        "energy",
        ("J", "J", "1", ""),
        ("kJ", "kJ", "1e3", ""),
        ("MJ", "MJ", "1e6", ""),
        ("GJ", "GJ", "1e9", ""),
        ("W.h", "Wh", "3600", ""),
        ("kW.h", "kWh", "3.6e6", "kW·h 度"),
        ("MW.h", "MWh", "3.6e9", "MW·h"),
    ),
    *_units(
        "frequency",
        ("Hz", "Hz", "1", "/s"),
        ("kHz", "kHz", "1e3", ""),
        ("/min", "/min", "1/60", "rpm"),
        ("/h", "/h", "1/3600", ""),
        ("/d", "/d", "1/86400", ""),
    ),
    *_units("sound-level", ("dB[SPL]", "dB", "1", "")),
    *_units("weighted-sound-level", ("dB{A}", "dB(A)", "1", "dBA")),
    *_units("signal-level", ("dB{mW}", "dBm", "1", "")),
    *_units("illuminance", ("lx", "lx", "1", "lux"), ("klx", "klx", "1e3", "")),
    *_units("irradiance", ("W/m2", "W/m²", "1", "")),
    *_units("acidity", ("[pH]", "pH", "1", "")),
    *_units("turbidity", ("{NTU}", "NTU", "1", "{FNU} FNU")),
    *_units(
        "conductivity",
        ("S/m", "S/m", "1", ""),
        ("mS/cm", "mS/cm", "1/10", ""),
        ("uS/cm", "µS/cm", "1e-4", "μS/cm"),
    ),
    *_units("strain", ("u{strain}", "µε", "1e-6", "με")),
    *_units("force", ("N", "N", "1", ""), ("kN", "kN", "1e3", "")),
    Unit("rad", "rad", "angle"),
    Unit("deg", "°", "angle", Fraction(math.pi) / 180),
    *_units("dose-rate", ("uSv/h", "µSv/h", "1", "μSv/h"), ("nSv/h", "nSv/h", "1e-3", "")),
)


def _by_name() -> dict[str, Unit]:
    names: dict[str, Unit] = {}
    for unit in TABLE:
        for name in {unit.code, unit.symbol, *unit.aliases} - {""}:
            if name in names:
                raise ValueError(f"{unit.code} and {names[name].code} are both called {name!r}")
            names[name] = unit
    return names


_NAMES = MappingProxyType(_by_name())


def unit(name: str) -> Unit:
    """The unit of a UCUM code, a symbol or another accepted spelling."""
    try:
        return _NAMES[name.strip()]
    except KeyError:
        known = ", ".join(unit.code for unit in TABLE)
        raise UnknownUnit(f"No unit {name!r}. Known: {known}.", where={"unit": name}) from None


def convert(value: float, source: str, target: str) -> float:
    """*value* of *source* in *target*; refuses units of different quantities."""
    scale, shift = scale_and_shift(source, target)
    return value * scale + shift


@lru_cache(maxsize=1024)
def scale_and_shift(source: str, target: str) -> tuple[float, float]:
    """What to multiply by and then to add, for whole columns of values at once."""
    old, new = unit(source), unit(target)
    if old.quantity != new.quantity:
        raise IncompatibleUnits(
            f"{old.code} measures {old.quantity}, {new.code} measures {new.quantity}.",
            where={"source": old.code, "target": new.code},
        )
    return float(old.factor / new.factor), float((old.offset - new.offset) / new.factor)
