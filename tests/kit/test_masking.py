import pytest

from chengshu.kit import masking


def test_citizen_id_keeps_division_and_end_but_no_birth_date():
    assert masking.mask_citizen_id("411002190001010025") == "411002********0025"


def test_shown_part_of_a_citizen_id_is_a_house_rule():
    assert masking.mask_citizen_id("411002190001010025", first=1, last=1) == ("4****************5")


@pytest.mark.parametrize(
    ("number", "masked"),
    [
        ("13812345678", "138****5678"),
        ("138 1234 5678", "138 **** 5678"),
        ("0371-6881234", "037*-***1234"),
        ("68881234", "****1234"),
        ("1234", "****"),
        ("", ""),
    ],
)
def test_phone_keeps_its_ends_and_its_form(number, masked):
    assert masking.mask_phone(number) == masked


def test_text_too_short_to_hide_anything_is_hidden_whole():
    assert masking.mask("王", first=1, last=0) == "*"
    assert masking.mask("张三", first=1, last=0) == "张*"
