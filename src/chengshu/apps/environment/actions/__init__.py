"""Every way the environment changes."""

from . import replays, stations

__all__ = ["replays", "stations"]
