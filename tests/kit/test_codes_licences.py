import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chengshu.kit.codes import food_licences, licences
from chengshu.kit.codes.food_licences import BadFoodLicence
from chengshu.kit.codes.licences import BadLicenceId

SAFETY_CERTIFICATE = "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U"
ISSUED = [
    SAFETY_CERTIFICATE,
    "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.002.S",
    "1.2.156.3005.2.11100000000013338W087.11370800MB28559184.37080001202411010001.001.3",
    "1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0",
    "1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9",
]
WITH_A_SWAP_THAT_ESCAPES = "1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F"
PUBLISHED_WITH_A_WRONG_CHECK = (
    "1.2.156.3005.2.11100000000013661B006.113700000045046442.209FA4E88F9E4C878F3E9BED2CE7EA49.001.M"
)
FIELDS_BEGIN = len(licences.ROOT) + 1


@pytest.mark.parametrize("text", [*ISSUED, WITH_A_SWAP_THAT_ESCAPES])
def test_issued_identifier_is_read_and_written_back(text):
    licence = licences.parse(text)

    assert str(licence) == text


def test_identifier_tells_type_issuer_serial_and_version():
    licence = licences.parse(SAFETY_CERTIFICATE)

    assert (licence.type_code, licence.definer) == ("11100000000013338W011", "11100000000013338W")
    assert (licence.issuer, licence.has_sound_issuer) == ("11430000006122244L", True)
    assert (licence.serial, licence.version) == ("20230000403", 1)


def test_division_in_place_of_the_issuer_is_read_but_told():
    assert not licences.parse(ISSUED[-1]).has_sound_issuer


def test_next_version_has_its_own_check_character():
    licence = licences.parse(ISSUED[0])

    assert str(licence.at_version(2)) == ISSUED[1]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (SAFETY_CERTIFICATE.replace("3005", "3006"), "root"),
        (SAFETY_CERTIFICATE.removesuffix(".U"), "length"),
        (SAFETY_CERTIFICATE.replace(".001.", ".1."), "version"),
        (SAFETY_CERTIFICATE.replace(".001.", ".000."), "version"),
        (SAFETY_CERTIFICATE.replace("W011.", "W01."), "type"),
        (SAFETY_CERTIFICATE.replace("20230000403", ""), "serial"),
        (SAFETY_CERTIFICATE.replace("20230000403", "2023_403"), "serial"),
        (SAFETY_CERTIFICATE.replace("11430000006122244L", ""), "issuer"),
        (SAFETY_CERTIFICATE[:-1] + "V", "check"),
        (PUBLISHED_WITH_A_WRONG_CHECK, "check"),
        ("", "root"),
    ],
)
def test_wrong_identifier_is_refused_by_the_part_that_is_wrong(text, part):
    with pytest.raises(BadLicenceId) as refusal:
        licences.parse(text)

    assert refusal.value.where == {"part": part}
    assert not licences.is_valid(text)


@given(st.sampled_from(ISSUED), st.data())
def test_any_one_wrong_character_is_noticed(text, data):
    place = data.draw(st.integers(FIELDS_BEGIN, len(text) - 1))
    wrong = data.draw(st.sampled_from(licences.ALPHABET))
    assume(wrong != text[place])

    assert not licences.is_valid(text[:place] + wrong + text[place + 1 :])


@pytest.mark.parametrize("text", ISSUED)
def test_swapped_neighbours_of_an_issued_identifier_are_noticed(text):
    for place in range(FIELDS_BEGIN, len(text) - 1):
        one, other = text[place : place + 2]
        swapped = text[:place] + other + one + text[place + 2 :]

        assert "." in (one, other) or licences.is_valid(swapped) == (one == other)


def test_rare_swap_escapes_the_check_of_the_standard():
    swapped = WITH_A_SWAP_THAT_ESCAPES.replace("13544541J", "13544451J")

    assert licences.is_valid(swapped)


@pytest.mark.parametrize(
    "number", ["SC10744030704994", "SC12744040400094", "SC12336098200173", "SC11351090100010"]
)
def test_food_licence_printed_on_a_label_is_read(number):
    licence = food_licences.parse(number.lower())

    assert (licence.number, licence.food_class) == (number, number[2:5])
    assert (licence.division, licence.sequence) == (number[5:11], int(number[11:15]))
    assert not licence.is_additive


@pytest.mark.parametrize(
    ("number", "part"),
    [
        ("SC12345678901234", "check"),
        ("QS10744030704994", "form"),
        ("SC1074403070499", "form"),
        ("SC30744030704994", "form"),
    ],
)
def test_wrong_food_licence_is_refused_by_the_part_that_is_wrong(number, part):
    with pytest.raises(BadFoodLicence) as refusal:
        food_licences.parse(number)

    assert refusal.value.where == {"part": part}
    assert not food_licences.is_valid(number)


@given(st.integers(2, 15), st.sampled_from(food_licences.DIGITS))
def test_any_one_wrong_digit_of_a_food_licence_is_noticed(place, digit):
    number = "SC10744030704994"
    assume(digit != number[place])

    assert not food_licences.is_valid(number[:place] + digit + number[place + 1 :])
