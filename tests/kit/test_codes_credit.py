import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kit.codes import credit
from chengshu.kit.codes.credit import BadCreditCode, BadOrganisationCode


@st.composite
def codes(draw):
    letters = st.sampled_from(credit.ALPHABET)
    start = "".join(draw(st.lists(letters, min_size=2, max_size=2)))
    tail = "".join(draw(st.lists(letters, min_size=9, max_size=9)))
    body = f"{start}{draw(st.integers(110000, 659999))}{tail}"
    return body + credit.check_character(body)


@pytest.mark.parametrize(
    "code",
    [
        "91350100M000100Y43",
        "11100000000013338W",
        "11430000006122244L",
        "11330105002500287C",
        "11370800MB28559184",
        "11370800004312466C",
        "11370682004276012B",
        "11410100000000019W",
        "11411000000000027Y",
        "91411000MA0000015J",
        "92411002MA00000L9C",
    ],
)
def test_known_code_is_read_with_its_organisation_code_right(code):
    body = credit.parse(code)

    assert (body.code, body.division) == (code, code[2:8])
    assert (body.authority, body.entity) == (code[0], code[1])
    assert not body.has_doubtful_organisation


@pytest.mark.parametrize(
    ("code", "part"),
    [
        ("91350100M000100Y4Z", "characters"),
        ("91310115MA1H8R7C6D", "check"),
        ("91350100M000100Y4", "length"),
        ("9135O100M000100Y43", "characters"),
    ],
)
def test_wrong_code_is_refused_by_the_part_that_is_wrong(code, part):
    with pytest.raises(BadCreditCode) as refusal:
        credit.parse(code)

    assert refusal.value.where == {"part": part}
    assert not credit.is_valid(code)


def test_lower_case_is_normalised():
    assert credit.parse("91350100m000100y43").code == "91350100M000100Y43"


def test_wrong_organisation_code_inside_is_only_a_warning():
    body = "91350100M000100Y5"

    read = credit.parse(body + credit.check_character(body))

    assert read.has_doubtful_organisation
    assert str(read.organisation) == "M000100Y-5"


@pytest.mark.parametrize("text", ["M000100Y-4", "m000100y4"])
def test_organisation_code_is_read_with_or_without_hyphen(text):
    organisation = credit.parse_organisation(text)

    assert (organisation.body, organisation.is_check_right) == ("M000100Y", True)


def test_organisation_code_may_hold_letters_that_credit_codes_lack():
    check = credit.organisation_check_character("OI00000Z")

    assert credit.parse_organisation(f"OI00000Z-{check}").is_check_right


@pytest.mark.parametrize("text", ["M000100Y", "M000100Y-44", "M000100Y-A"])
def test_organisation_code_of_wrong_form_is_refused(text):
    with pytest.raises(BadOrganisationCode):
        credit.parse_organisation(text)


@given(codes())
def test_made_code_is_read_back(code):
    assert credit.parse(code).code == code


@given(codes(), st.data())
def test_any_one_wrong_character_is_noticed(code, data):
    place = data.draw(st.integers(0, 17))
    wrong = data.draw(st.sampled_from(sorted(set(credit.ALPHABET) - {code[place]})))

    assert not credit.is_valid(code[:place] + wrong + code[place + 1 :])
