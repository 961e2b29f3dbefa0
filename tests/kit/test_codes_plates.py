import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kit.codes import plates
from chengshu.kit.codes.plates import BadPlate, Colour


@pytest.mark.parametrize(
    ("text", "kind", "colour"),
    [
        ("豫K12345", "ordinary", None),
        ("豫KD1234", "ordinary", None),
        ("豫AD12345", "small-new-energy", Colour.GREEN),
        ("豫A12345D", "large-new-energy", Colour.YELLOW_GREEN),
        ("豫K1234挂", "trailer", Colour.YELLOW),
        ("豫K1234学", "learner", Colour.YELLOW),
        ("豫K1234警", "police", Colour.WHITE),
        ("粤Z1234港", "hong-kong-macao", Colour.BLACK),
        ("014578使", "embassy", Colour.BLACK),
        ("沪A1234领", "consulate", Colour.BLACK),
    ],
)
def test_plate_tells_its_kind_and_a_colour_that_is_certain(text, kind, colour):
    plate = plates.parse(text)

    assert (plate.number, plate.kind, plate.colour) == (text, kind, colour)


@pytest.mark.parametrize("text", ["豫A1234O", "豫I12345", "豫K1234", "K12345", "豫AL12345", ""])
def test_number_of_no_kind_is_refused(text):
    with pytest.raises(BadPlate) as refusal:
        plates.parse(text)

    assert refusal.value.where == {"part": "number"}
    assert not plates.is_valid(text)


@pytest.mark.parametrize("text", ["豫K·12345", "豫k 12345", "豫K-12345"])
def test_dot_and_lower_case_are_normalised(text):
    assert plates.parse(text).number == "豫K12345"


def test_same_number_in_two_colours_is_two_plates():
    blue = plates.parse("豫K12345", colour=Colour.BLUE)
    yellow = plates.parse("豫K12345", colour=Colour.YELLOW)

    assert blue != yellow


def test_colour_that_the_kind_is_not_made_in_is_refused():
    with pytest.raises(BadPlate) as refusal:
        plates.parse("豫K12345", colour=Colour.GREEN)

    assert refusal.value.where == {"part": "colour"}


def test_office_is_province_and_letter():
    assert plates.parse("豫K12345").office == "豫K"
    assert plates.parse("014578使").office == ""


def test_city_may_bring_its_own_table_of_kinds():
    ordinary_only = plates.GA36_2018[:1]

    with pytest.raises(BadPlate):
        plates.parse("豫AD12345", kinds=ordinary_only)


@given(st.text(alphabet="豫京AKDIO0123456789挂", min_size=7, max_size=8))
def test_no_number_is_of_two_kinds(text):
    assert sum(bool(kind.pattern.fullmatch(text)) for kind in plates.GA36_2018) <= 1
