"""Where a model keeps what the row filter needs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sharing:
    """Rights to read a row that its owner has given to other organisations.

    *model* is the label of a model derived from ``core.access.sharing.Share``; its foreign key
    *of* names what the row's *link* leads to.
    """

    model: str
    of: str
    link: str = "pk"


@dataclass(frozen=True)
class Scope:
    """Lookups from a row to its place, its organisation and its grade; empty is absent.

    *place* and *organisation* lead to a foreign key (``place``, ``terminal__place``), or are
    ``self`` on the trees themselves. *parties* lead to further organisations that a row concerns
    as it concerns the first. *sharing* opens rows for reading alone. A model declares one as its
    class attribute ``scope``.
    """

    place: str = "place"
    organisation: str = "owner"
    grade: str = "grade"
    parties: tuple[str, ...] = ()
    sharing: Sharing | None = None
