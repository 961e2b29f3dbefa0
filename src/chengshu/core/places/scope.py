"""Where a model keeps what the row filter needs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """Lookups from a row to its place, its organisation and its grade; empty is absent.

    *place* and *organisation* lead to a foreign key (``place``, ``terminal__place``), or are
    ``self`` on the trees themselves. A model declares one as its class attribute ``scope``.
    """

    place: str = "place"
    organisation: str = "owner"
    grade: str = "grade"
