"""The lake of this installation, from Django's settings."""

from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import connection

from .connection import Lake


def current() -> Lake:
    """The lake whose catalogue is in the default database and whose files are in the settings."""
    config = settings.CHENGSHU
    return Lake.open(
        _catalogue_url(),
        config.lake,
        threads=config.lake_threads,
        memory=config.lake_memory,
        access=config.s3,
        spare=config.home / "run",
    )


def _catalogue_url() -> str:
    database = connection.settings_dict
    user, password, name = (quote(str(database[k]), safe="") for k in ("USER", "PASSWORD", "NAME"))
    login = f"{user}:{password}@" if password else f"{user}@"
    where = {"host": database["HOST"], "port": str(database["PORT"])}
    return f"postgresql://{login}/{name}?{urlencode({k: v for k, v in where.items() if v})}"
