"""How often one address may try to sign in."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils.translation import gettext as _

from chengshu.kit.errors import TooMany

from .models import AddressAttempts
from .queries import sign_in_rules

COUNT = """
INSERT INTO access_addressattempts AS kept (address, since, count) VALUES (%(address)s, %(now)s, 1)
ON CONFLICT (address) DO UPDATE SET
    since = CASE WHEN kept.since < %(start)s THEN excluded.since ELSE kept.since END,
    count = CASE WHEN kept.since < %(start)s THEN 1 ELSE kept.count + 1 END
RETURNING count
"""


def count_attempt(address: str, now: datetime) -> None:
    """Count one attempt; raises TooMany above the city's limit, whoever is asked for."""
    rules = sign_in_rules()
    start = now - timedelta(minutes=rules.address_minutes)
    with connection.cursor() as cursor:
        cursor.execute(COUNT, {"address": address[:45], "now": now, "start": start})
        count = cursor.fetchone()[0]
    if count > rules.address_attempts:
        raise TooMany(
            _("Too many attempts from this address. Try again in %(minutes)s minutes.")
            % {"minutes": rules.address_minutes},
            where={"minutes": rules.address_minutes},
        )


def forget_old_attempts(before: datetime) -> int:
    return AddressAttempts.objects.filter(since__lt=before).delete()[0]
