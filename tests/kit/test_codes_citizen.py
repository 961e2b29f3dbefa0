from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kit.codes import citizen
from chengshu.kit.codes.citizen import BadCitizenId, Holder

PRINTED_IN_THE_STANDARD = "11010519491231002X"


@st.composite
def numbers(draw):
    division = draw(st.integers(110000, 659999))
    born_on = draw(st.dates(date(1800, 1, 1), date(2026, 1, 1)))
    body = f"{division}{born_on:%Y%m%d}{draw(st.integers(0, 999)):03}"
    return body + citizen.check_character(body)


@pytest.mark.parametrize(
    ("number", "born_on", "is_male"),
    [
        (PRINTED_IN_THE_STANDARD, date(1949, 12, 31), False),
        ("440524188001010014", date(1880, 1, 1), True),
        ("53010219200508011X", date(1920, 5, 8), True),
        ("130503196704010016", date(1967, 4, 1), True),
        ("410102190001010011", date(1900, 1, 1), True),
        ("411002190001010025", date(1900, 1, 1), False),
        ("411003194910010035", date(1949, 10, 1), True),
    ],
)
def test_known_number_tells_birth_date_and_sex(number, born_on, is_male):
    person = citizen.parse(number)

    assert (person.number, person.division) == (number, number[:6])
    assert (person.born_on, person.is_male) == (born_on, is_male)
    assert person.holder is Holder.CITIZEN


@pytest.mark.parametrize(
    ("number", "part"),
    [
        ("11010519491231002", "length"),
        ("110105194912310021", "check"),
        ("110105194913310025", "birth date"),
        ("110105202902300010", "birth date"),
        ("1101051949123100X2", "characters"),
        ("１１0105194912310021", "characters"),
        ("", "length"),
    ],
)
def test_wrong_number_is_refused_by_the_part_that_is_wrong(number, part):
    with pytest.raises(BadCitizenId) as refusal:
        citizen.parse(number)

    assert refusal.value.where == {"part": part}
    assert not citizen.is_valid(number)


def test_lower_case_x_is_normalised():
    assert citizen.parse(" 11010519491231002x ").number == PRINTED_IN_THE_STANDARD


def test_birth_date_after_today_is_refused_only_when_today_is_given():
    body = "41100220300101001"
    number = body + citizen.check_character(body)

    assert citizen.is_valid(number)
    assert citizen.is_valid(number, today=date(2030, 1, 1))
    assert not citizen.is_valid(number, today=date(2029, 12, 31))


def test_division_must_have_been_in_use_once():
    ever_used = {"110105"}

    assert citizen.is_valid(PRINTED_IN_THE_STANDARD, divisions=ever_used)
    with pytest.raises(BadCitizenId) as refusal:
        citizen.parse("411002190001010025", divisions=ever_used)
    assert refusal.value.where == {"part": "division"}


def test_retired_county_of_the_list_of_codes_ever_used_is_accepted(shared):
    lines = (shared / "standards/data/divisions_4101_4110_ever_used.csv").read_text("utf-8")
    ever_used = {line.split(",")[0] for line in lines.splitlines()[1:]}
    body = "41102319000101001"

    number = body + citizen.check_character(body)

    assert citizen.is_valid(number, divisions=ever_used)


@pytest.mark.parametrize(
    ("division", "holder"), [("810000", Holder.COMPATRIOT), ("911840", Holder.FOREIGNER)]
)
def test_permit_is_told_from_a_citizen_and_needs_no_known_division(division, holder):
    body = f"{division}19800101001"
    number = body + citizen.check_character(body)

    assert citizen.parse(number, divisions=set()).holder is holder


def test_old_number_becomes_the_one_of_the_textbook():
    assert citizen.upgrade("130503670401001") == "130503196704010016"


@pytest.mark.parametrize("old", ["130503671301001", "13050367040100", "13050367040100X"])
def test_old_number_of_wrong_form_or_date_is_not_upgraded(old):
    with pytest.raises(BadCitizenId):
        citizen.upgrade(old)


@given(numbers())
def test_made_number_is_read_back(number):
    assert citizen.parse(number).number == number


@given(numbers(), st.data())
def test_any_one_wrong_character_is_noticed(number, data):
    place = data.draw(st.integers(0, 17))
    wrong = data.draw(st.sampled_from(sorted(set("0123456789X") - {number[place]})))

    assert not citizen.is_valid(number[:place] + wrong + number[place + 1 :])


@given(numbers(), st.integers(0, 16))
def test_swapped_neighbours_are_noticed(number, place):
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]

    assert citizen.is_valid(swapped) == (swapped == number)


@given(st.text(alphabet="0123456789xX", min_size=10, max_size=20))
def test_refusal_never_repeats_the_number(text):
    try:
        citizen.parse(text)
    except BadCitizenId as refusal:
        shown = f"{refusal} {refusal.where}"
        assert text not in shown
        assert text[6:14] not in shown


def test_number_is_not_shown_by_repr():
    assert "1949" not in repr(citizen.parse(PRINTED_IN_THE_STANDARD))
