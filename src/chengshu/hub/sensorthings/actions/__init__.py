"""Every way SensorThings changes the city."""

from . import changing, creating, features, removing

__all__ = ["changing", "creating", "features", "removing"]
