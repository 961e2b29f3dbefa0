import pytest

from chengshu.core.organisations import tree
from chengshu.core.organisations.models import Kind, Organisation
from chengshu.kit.codes.credit import BadCreditCode, check_character
from tests.core.access.factories import make_organisation, make_place

pytestmark = pytest.mark.django_db
BODY = "91410100MA3X00000"


def unsaved(credit_code: str) -> Organisation:
    return Organisation(
        code="works",
        name="Works",
        kind=Kind.ENTERPRISE,
        credit_code=credit_code,
        place=make_place(),
    )


def test_right_credit_code_is_kept_in_capitals():
    code = BODY + check_character(BODY)

    kept = tree.add(unsaved(code.lower()))

    assert kept.credit_code == code


def test_wrong_credit_code_is_refused():
    right = check_character(BODY)
    wrong = BODY + ("0" if right != "0" else "1")

    with pytest.raises(BadCreditCode):
        tree.add(unsaved(wrong))

    assert not Organisation.objects.exists()


def test_credit_code_is_checked_on_change_too():
    organisation = make_organisation()
    organisation.credit_code = "1"

    with pytest.raises(BadCreditCode):
        tree.change(organisation, ["credit_code"])
