"""PostgreSQL tells every ingest process when the ledger of streams has changed."""

import pgtrigger

CHANNEL = "chengshu_streams"


def announced() -> pgtrigger.Trigger:
    """Tell every ingest process, on commit, that its index of streams is out of date."""
    return pgtrigger.Trigger(
        name="announce",
        level=pgtrigger.Statement,
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=f"PERFORM pg_notify('{CHANNEL}', ''); RETURN NULL;",
    )
