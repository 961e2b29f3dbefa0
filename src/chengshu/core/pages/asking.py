"""Who asks for which ledger."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from chengshu.core.access.actor import Person
from chengshu.core.access.policy import Actor
from chengshu.core.records.ledger import Ledger, ledgers
from chengshu.kit.errors import NotFound, NotSignedIn


def signed_in(request: HttpRequest) -> Actor:
    """The person asking. Raises NotSignedIn."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if not isinstance(actor, Person):
        raise NotSignedIn(_("Sign in first."))
    return actor


def ledger_called(app: str, rows: str) -> Ledger:
    """The ledger of an address. Raises NotFound."""
    name = f"{app}.{rows}"
    if name not in ledgers:
        raise NotFound(_("There is nothing here, or nothing you may see."))
    return ledgers[name]


def is_fragment(request: HttpRequest, target: str) -> bool:
    """Whether htmx asks for the part with the id *target* alone."""
    headers = request.headers
    return headers.get("HX-Target") == target and "HX-History-Restore-Request" not in headers
