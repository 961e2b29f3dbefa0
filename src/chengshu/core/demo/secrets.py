"""The one password of the demonstration and the key of its devices, in the home folder."""

import json
import os
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from chengshu.core.access import tokens
from chengshu.core.places.models import Place
from chengshu.kit.errors import NotSignedIn

FILE = "demo.json"


@dataclass(frozen=True)
class DemoSecrets:
    """*password* opens every account of the invented city; *token* lets its devices send."""

    password: str
    token: str = ""


def kept_in(home: Path) -> DemoSecrets:
    """The secrets of *home*, made when there are none yet; only its owner can read them."""
    file = home / FILE
    if file.exists():
        return DemoSecrets(**json.loads(file.read_text()))
    return _keep(home, DemoSecrets(password=f"Cs-{secrets.token_hex(6)}"))


def with_token(home: Path, place: Place) -> DemoSecrets:
    """The same with a token that is valid for *place*."""
    known = kept_in(home)
    try:
        tokens.authenticate(known.token)
    except NotSignedIn:
        name = _("Demo devices %(at)s") % {"at": f"{timezone.now():%Y-%m-%d %H:%M:%S}"}
        return _keep(home, replace(known, token=tokens.create_token(name, "ingest", place=place)))
    return known


def _keep(home: Path, known: DemoSecrets) -> DemoSecrets:
    fresh = home / f"{FILE}.{os.getpid()}"
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(known), file)
    fresh.replace(home / FILE)
    return known
