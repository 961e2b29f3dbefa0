"""Keys for programs."""

from django.utils.translation import gettext_lazy as _

from chengshu.core.access import tokens
from chengshu.core.access.models import Duty, Token
from chengshu.core.access.policy import Actor
from chengshu.core.actions.action import action, note
from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place


@action("access.create_token", _("New token"), duty=Duty.SECURITY)
def create_token(
    *,
    name: str,
    scope: tokens.Scope = "api",
    place: Place | None = None,
    organisation: Organisation | None = None,
    by: Actor,
) -> str:
    """Make a token; the answer is the only time it is seen. Raises NameTaken, Invalid."""
    raw = tokens.create_token(name, scope, place=place, organisation=organisation)
    note(token=name, scope=scope)
    return raw


@action("access.withdraw_token", _("Withdraw"), duty=Duty.SECURITY)
def withdraw_token(token: Token, *, by: Actor) -> None:
    """The token opens nothing any more; its account stays, closed, for the trail."""
    note(token=token.name)
    token.user.is_active = False
    token.user.save(update_fields=["is_active"])
    token.delete()
