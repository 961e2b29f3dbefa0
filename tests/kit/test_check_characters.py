import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kit.codes import citizen
from chengshu.kit.codes.check_characters import hybrid, mod_11_2

DIGITS = "0123456789"
numbers = st.text(DIGITS, min_size=1, max_size=30)


def test_the_examples_of_the_standard():
    """ISO/IEC 7064: 0794 takes 0 in MOD 11-2 and 5 in MOD 11,10."""
    assert (mod_11_2("0794"), hybrid("0794", DIGITS)) == ("0", "5")


@given(st.text(DIGITS, min_size=17, max_size=17))
def test_mod_11_2_is_what_citizen_numbers_use(body):
    assert mod_11_2(body) == citizen.check_character(body)


@given(numbers, st.data())
def test_one_wrong_digit_is_always_found(body, data):
    place = data.draw(st.integers(0, len(body) - 1))
    other = data.draw(st.sampled_from(DIGITS.replace(body[place], "")))
    wrong = body[:place] + other + body[place + 1 :]

    assert mod_11_2(wrong) != mod_11_2(body)
    assert hybrid(wrong, DIGITS) != hybrid(body, DIGITS)


def test_what_is_no_digit_is_refused():
    with pytest.raises(ValueError, match="invalid literal"):
        mod_11_2("12a")
