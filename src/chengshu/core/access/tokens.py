"""Keys for programs: shown once, kept as a digest, acting as a service account of their own."""

import hashlib
import re
import secrets
from typing import Literal, get_args

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from chengshu.core.organisations.models import Organisation
from chengshu.core.places.models import Place
from chengshu.kit.errors import Conflict, Invalid, NotSignedIn

from .actor import Person
from .models import Grant, Role, Token, User

Scope = Literal["api", "ingest"]
MARK = "cs_"
NAME = re.compile(r"[^\x00-\x1f]{1,50}")


class NameTaken(Conflict):
    """A token of that name exists."""

    code = "name-taken"


def create_token(
    name: str,
    scope: Scope = "api",
    *,
    place: Place | None = None,
    organisation: Organisation | None = None,
) -> str:
    """Make a token with the role named like its *scope*; the answer is the only time it is seen.

    *place* and *organisation* limit it as they would limit a person. Raises NameTaken.
    """
    if scope not in get_args(Scope):
        raise Invalid(f"No scope {scope!r}: api or ingest", where={"scope": scope})
    if not NAME.fullmatch(name):
        raise Invalid(_("A token's name has 1 to 50 characters."), where={"name": name})
    raw = MARK + secrets.token_urlsafe(32)
    try:
        with transaction.atomic():
            user = User(username=f"token:{name}", name=name, is_service=True)
            user.set_unusable_password()
            user.save()
            Grant.objects.create(
                user=user, role=Role.objects.get(code=scope), place=place, organisation=organisation
            )
            Token.objects.create(
                name=name, user=user, digest=digest(raw), created_at=timezone.now()
            )
    except IntegrityError:
        raise NameTaken(_("A token of this name exists."), where={"name": name}) from None
    return raw


def authenticate(raw: str, address: str = "") -> Person:
    """Who *raw* acts as; raises NotSignedIn when unknown, expired or withdrawn."""
    now = timezone.now()
    found = (
        Token.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now), digest=digest(raw))
        .filter(user__is_active=True)
        .select_related("user")
        .first()
    )
    if found is None:
        raise NotSignedIn(_("The token is unknown or has expired."))
    return Person(found.user, address)


def digest(raw: str) -> bytes:
    """SHA-256 suffices: the raw token has 256 random bits of its own."""
    return hashlib.sha256(raw.encode(errors="surrogatepass")).digest()
