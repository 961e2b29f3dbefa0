"""Rules hear every batch of observations in the transaction that works it in."""

import polars as pl
from django.utils import timezone

from chengshu.hub.sensing.listeners import BatchListener, batch_listeners

from .batches import RULE_ENGINE, apply_batch


def hear(batch: pl.DataFrame) -> None:
    """Judge *batch* by the rules of today."""
    apply_batch(batch, on=timezone.localdate(), by=RULE_ENGINE)


batch_listeners.add("warnings", BatchListener("warnings", hear))
