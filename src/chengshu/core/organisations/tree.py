"""Adding, changing and moving organisations; the credit code is checked."""

from chengshu.core.places import tree
from chengshu.kit.codes import credit

from .models import Organisation


def add(organisation: Organisation) -> Organisation:
    """Save a new organisation. Raises BadCode, CodeTaken, BadCreditCode."""
    organisation.credit_code = _checked(organisation.credit_code)
    return tree.add(organisation)


def change(organisation: Organisation, fields: list[str]) -> Organisation:
    """Save *fields*. Raises BadCreditCode."""
    organisation.credit_code = _checked(organisation.credit_code)
    return tree.change(organisation, fields)


def _checked(credit_code: str) -> str:
    return credit.parse(credit_code).code if credit_code else ""
