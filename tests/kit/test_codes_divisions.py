import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kit.codes import divisions
from chengshu.kit.codes.divisions import BadDivisionCode, Level


@pytest.mark.parametrize(
    ("code", "shortest", "level"),
    [
        ("410000", "410000", Level.PROVINCE),
        ("411000", "411000", Level.CITY),
        ("411002", "411002", Level.COUNTY),
        ("411002000000", "411002", Level.COUNTY),
        ("411002001", "411002001", Level.TOWN),
        ("411002001000", "411002001", Level.TOWN),
        ("411002001001", "411002001001", Level.VILLAGE),
        ("411002001001001", "411002001001001", Level.CELL),
        ("441900003", "441900003", Level.TOWN),
    ],
)
def test_code_is_shortened_to_the_level_it_names(code, shortest, level):
    division = divisions.parse(code)

    assert (division.code, division.level) == (shortest, level)


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("4110", "length"),
        ("41100", "length"),
        ("41100X", "characters"),
        ("４１１００２", "characters"),
        ("", "characters"),
        ("011002", "province"),
        ("410002", "city"),
        ("411002000001", "town"),
    ],
)
def test_wrong_code_is_refused_by_the_part_that_is_wrong(code, part):
    with pytest.raises(BadDivisionCode) as refusal:
        divisions.parse(code)

    assert refusal.value.where == {"part": part}
    assert not divisions.is_valid(code)


def test_ancestors_run_from_the_province_to_the_parent():
    cell = divisions.parse("411002001001001")

    names = [str(ancestor) for ancestor in cell.ancestors]

    assert names == ["410000", "411000", "411002", "411002001", "411002001001"]
    assert str(cell.parent) == "411002001001"
    assert str(cell.at(Level.COUNTY)) == "411002"


def test_province_has_no_parent():
    assert divisions.parse("410000").parent is None


def test_county_under_the_province_itself_has_no_city():
    county = divisions.parse("419001")

    assert str(county.parent) == "410000"
    assert county.at(Level.CITY) is None


def test_town_of_a_city_without_counties_belongs_to_the_city():
    assert str(divisions.parse("441900003").parent) == "441900"


def test_division_contains_itself_and_what_lies_below():
    city, county = divisions.parse("411000"), divisions.parse("411002")

    assert city.contains(county)
    assert city.contains(city)
    assert not county.contains(city)
    assert not divisions.parse("410100").contains(county)


def test_county_is_padded_for_the_statistical_list():
    assert divisions.parse("411002").padded() == "411002000000"
    assert divisions.parse("411002").padded(6) == "411002"


def test_code_is_not_padded_to_fewer_digits_or_an_odd_length():
    village = divisions.parse("411002001001")

    for digits in (9, 13):
        with pytest.raises(ValueError, match="does not fit"):
            village.padded(digits)


def test_list_is_read_with_further_columns_ignored():
    rows = list(divisions.read(["code,name,note", "990100,Upper Ford,x", "990102,Mill Row,"]))

    assert [(str(row.division), row.name) for row in rows] == [
        ("990100", "Upper Ford"),
        ("990102", "Mill Row"),
    ]


@pytest.mark.parametrize(
    ("lines", "row"),
    [
        (["name", "Upper Ford"], 1),
        ([], 1),
        (["code,name", "990100,Upper Ford", "990100000,Upper Ford"], 3),
        (["code,name", "9901,Upper Ford"], 2),
        (["code,name", "990100,"], 2),
        (["code,name", "990100"], 2),
    ],
)
def test_list_with_a_wrong_row_is_refused_with_its_number(lines, row):
    with pytest.raises(BadDivisionCode) as refusal:
        list(divisions.read(lines))

    assert refusal.value.where == {"row": row}


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("divisions_henan.csv", 175),
        ("divisions_4101_4110_ever_used.csv", 34),
        ("towns_4101_4110.csv", 313),
    ],
)
def test_real_list_is_read_whole(shared, name, rows):
    listed = divisions.load(shared / "standards/data" / name)

    assert len(listed) == rows


@given(st.integers(11, 82), st.integers(1, 89), st.integers(1, 99), *[st.integers(0, 999)] * 2)
def test_padded_code_means_the_same_division(province, city, county, town, village):
    code = f"{province}{city:02}{county:02}{town:03}{village if town else 0:03}"

    division = divisions.parse(code)

    assert divisions.parse(division.padded(15)) == division
    assert all(ancestor.contains(division) for ancestor in division.ancestors)
