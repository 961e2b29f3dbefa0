"""Published hourly records of air stations, played through the public interfaces and compared.

The records have no coordinates, so their stations stand on no map. They get places of their own:
a root ``replay`` with one city per city of the files, an organisation that owns them, and one feed
per city, whose clock is that of its records.
"""

from .play import main

__all__ = ["main"]
