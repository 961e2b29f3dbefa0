"""Indicators hear every batch."""

from chengshu.hub.sensing.listeners import BatchListener, batch_listeners

from .engine import hear

batch_listeners.add("indicators", BatchListener("indicators", hear))
