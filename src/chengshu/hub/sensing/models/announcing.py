"""The ledger of streams says when it has changed: to every ingest process, and to who reads it."""

import pgtrigger
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

CHANNEL = "chengshu_streams"
NOTE = (
    "INSERT INTO sensing_ledgerchange (xact) VALUES (pg_current_xact_id()::text::bigint) "
    "ON CONFLICT DO NOTHING;"
)


class LedgerChange(models.Model):
    """A transaction that changed which streams there are, whose they are or who may read them.

    *xact* is its number in PostgreSQL: whether somebody saw it is asked of their snapshot.
    """

    xact = models.BigIntegerField(_("transaction"), primary_key=True)
    at = models.DateTimeField(_("at"), db_default=Now())

    class Meta:
        verbose_name = _("ledger change")
        verbose_name_plural = _("ledger changes")

    def __str__(self) -> str:
        return f"{self.xact} {self.at}"


def announced() -> pgtrigger.Trigger:
    """Tell every ingest process, on commit, that its index of streams is out of date; and note
    the change."""
    return _after_a_change("announce", f"PERFORM pg_notify('{CHANNEL}', ''); {NOTE}")


def noted() -> pgtrigger.Trigger:
    """Note the change, which is nothing to ingest processes."""
    return _after_a_change("note", NOTE)


def _after_a_change(name: str, does: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=f"{does} RETURN NULL;",
    )
