"""The store of observations: durable, each (datastream, at) once, many hands at a time."""

from .batches import Counts
from .store import ObservationStore

__all__ = ["Counts", "ObservationStore"]
