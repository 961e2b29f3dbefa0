"""What the makers of entities share."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Model

from chengshu.core.access.policy import Actor, require

from ..reading.reader import Reader
from .work import Work

Values = dict[str, Any]
Links = dict[str, list[int]]


@dataclass
class Making:
    """One request that writes: by whom, with which permission, and what the lake will get."""

    by: Actor
    permission: str
    work: Work = field(default_factory=Work)

    @cached_property
    def reader(self) -> Reader:
        """Links lead only to what the actor may see."""
        return Reader(self.by)

    def require(self, row: Model) -> None:
        """Raises NotAllowed unless the actor may do this to *row*."""
        require(self.by, self.permission, row)
