import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kit import units
from chengshu.kit.units import IncompatibleUnits, UnknownUnit


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        (35, "ug/m3", "mg/m3", 0.035),
        (35, "μg/m³", "µg/m³", 35),
        (1, "mg/L", "mg/m3", 1000),
        (20, "Cel", "[degF]", 68),
        (-40, "℃", "°F", -40),
        (0, "degC", "K", 273.15),
        (1013.25, "hPa", "Pa", 101325),
        (0.4, "MPa", "kPa", 400),
        (36, "km/h", "m/s", 10),
        (25, "mm", "cm", 2.5),
        (3.6, "m3/h", "L/s", 1),
        (1, "kW.h", "MJ", 3.6),
        (50, "%", "1", 0.5),
        (180, "deg", "rad", 3.141592653589793),
        (60, "mm/h", "mm/min", 1),
        (7.2, "pH", "[pH]", 7.2),
    ],
)
def test_value_is_converted(value, source, target, expected):
    assert units.convert(value, source, target) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("mg/m3", "[ppm]"),
        ("%", "%{LEL}"),
        ("kV.A", "kW"),
        ("dB{A}", "dB[SPL]"),
        ("mm/h", "m/s"),
        ("{NTU}", "mg/L"),
    ],
)
def test_units_of_different_quantities_are_refused(source, target):
    with pytest.raises(IncompatibleUnits) as refusal:
        units.convert(1, source, target)

    assert refusal.value.where == {"source": source, "target": target}


def test_unknown_unit_is_refused_with_the_known_ones():
    with pytest.raises(UnknownUnit, match=r"No unit 'furlong'.*ug/m3"):
        units.convert(1, "furlong", "m")


SENSOR_SYMBOLS = (
    "µg/m³ mg/m³ mg/L °C °F K % %LEL Pa hPa kPa MPa m/s km/h mm cm m L/s m³/h "
    "V A kW kWh dB lx pH NTU"
)


@pytest.mark.parametrize("symbol", SENSOR_SYMBOLS.split())
def test_unit_of_a_sensor_is_found_by_its_symbol(symbol):
    assert units.unit(symbol).symbol == symbol


def test_pure_number_has_a_code_but_no_empty_name():
    assert units.unit("1").symbol == ""
    with pytest.raises(UnknownUnit):
        units.unit(" ")


def test_every_code_is_one_ascii_word():
    assert all(unit.code.isascii() and " " not in unit.code for unit in units.TABLE)


def test_every_quantity_has_one_base_unit_or_is_measured_in_one_unit():
    for quantity in {unit.quantity for unit in units.TABLE}:
        of_it = [unit for unit in units.TABLE if unit.quantity == quantity]

        assert len(of_it) == 1 or sum(unit.factor == 1 and not unit.offset for unit in of_it) == 1


@given(st.sampled_from(units.TABLE), st.data(), st.floats(-1e9, 1e9))
def test_conversion_there_and_back_gives_the_value(unit, data, value):
    siblings = [other for other in units.TABLE if other.quantity == unit.quantity]
    other = data.draw(st.sampled_from(siblings))

    there = units.convert(value, unit.code, other.code)

    back = units.convert(there, other.code, unit.code)
    assert back == pytest.approx(value, rel=1e-9, abs=1e-9)
