import pytest

from chengshu.kit.codes import grid
from chengshu.kit.codes.divisions import Level
from chengshu.kit.codes.grid import BadGridCode


def test_cell_names_county_town_community_and_sequence():
    cell = grid.parse("411002001001001")

    assert [str(division) for division in cell.division.ancestors[2:]] == [
        "411002",
        "411002001",
        "411002001001",
    ]
    assert (str(cell.community), cell.sequence) == ("411002001001", 1)
    assert cell.division.level is Level.CELL


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("41100200100101", "length"),
        ("41100200100100X", "length"),
        ("411002001001000", "sequence"),
        ("411002001000001", "division"),
        ("411002000001001", "town"),
    ],
)
def test_wrong_cell_is_refused_by_the_part_that_is_wrong(code, part):
    with pytest.raises(BadGridCode) as refusal:
        grid.parse(code)

    assert refusal.value.where == {"part": part}
    assert not grid.is_valid(code)


def test_cell_of_the_older_standard_gets_a_three_digit_sequence():
    assert grid.upgrade("41100200100101") == "411002001001001"


@pytest.mark.parametrize("old", ["411002001001001", "41100200100100"])
def test_code_that_is_no_older_cell_is_not_upgraded(old):
    with pytest.raises(BadGridCode):
        grid.upgrade(old)


def test_community_grid_tells_class_community_and_sequence():
    service = grid.parse_community_grid("01020041100200160103")

    assert (service.object_class, str(service.community)) == ("010200", "411002001601")
    assert service.sequence == 3


def test_community_that_is_not_subdivided_has_sequence_zero():
    assert grid.parse_community_grid("01020041100200160100").sequence == 0


def test_component_tells_county_classes_and_sequence():
    component = grid.parse_component("4110020102000317")

    assert (str(component.county), component.major, component.minor) == ("411002", "01", "02")
    assert component.sequence == 317


@pytest.mark.parametrize("code", ["4110000102000317", "4110020102000000", "411002010200031"])
def test_wrong_component_is_refused(code):
    with pytest.raises(BadGridCode):
        grid.parse_component(code)
