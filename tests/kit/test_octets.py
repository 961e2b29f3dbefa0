import pytest
from hypothesis import given
from hypothesis import strategies as st

from chengshu.kit.octets import bcd_digits, bcd_octets, bit, bits_set, xor


@given(st.text("0123456789", max_size=20))
def test_digits_come_back_from_bcd_with_zeros_on_the_left(digits: str) -> None:
    octets = bcd_octets(digits, 10)

    assert bcd_digits(octets) == digits.zfill(20)


@pytest.mark.parametrize("digits", ["1a", "-1", "１２", "12345"])
def test_what_is_no_run_of_at_most_four_digits_is_refused_as_two_octets(digits: str) -> None:
    with pytest.raises(ValueError, match="digits"):
        bcd_octets(digits, 2)


def test_a_half_byte_over_nine_is_refused_as_bcd() -> None:
    with pytest.raises(ValueError, match="not binary coded decimal"):
        bcd_digits(b"\x1a")


@given(st.binary())
def test_xor_folds_every_byte_once(octets: bytes) -> None:
    expected = 0
    for octet in octets:
        expected ^= octet

    assert xor(octets) == expected


@given(st.integers(0, 2**32 - 1))
def test_the_bits_that_are_set_make_up_the_word(word: int) -> None:
    numbers = bits_set(word)

    assert sum(1 << number for number in numbers) == word
    assert all(bit(word, number) for number in numbers)
