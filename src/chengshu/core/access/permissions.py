"""Permissions are declared beside what they open and matched by code or pattern."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from chengshu.core.words import Words
from chengshu.kit.registry import Registry

from .models import Duty


def only_looks(code: str) -> bool:
    """Whether the permission *code* lets somebody see rows and nothing else."""
    return code.partition(".")[2].startswith("view_")


@dataclass(frozen=True)
class Permission:
    """*code* is ``app.verb_noun``; *duty* says which kind of role may hold it.

    *also* names further duties that may look, never act: the place tree is read by all.
    """

    code: str
    title: Words
    duty: Duty = Duty.WORK
    also: frozenset[Duty] = frozenset()

    def __post_init__(self) -> None:
        if self.also and not only_looks(self.code):
            raise ValueError(f"permission {self.code!r} acts: it belongs to one duty")

    @property
    def duties(self) -> frozenset[Duty]:
        return self.also | {self.duty}


permissions: Registry[Permission] = Registry("permission", Permission)


def declare(code: str, title: Words, duty: Duty = Duty.WORK, *, also: Iterable[Duty] = ()) -> str:
    """Register a permission and return its code; the same declaration twice is one."""
    wanted = Permission(code, title, duty, frozenset(also))
    if code not in permissions:
        permissions.add(code, wanted)
    elif permissions[code].duty != duty:
        raise ValueError(f"permission {code!r} declared for two duties")
    return code


def expand(patterns: Iterable[str], duty: Duty) -> frozenset[str]:
    """The codes of *duty* that any of *patterns* matches."""
    wanted = tuple(patterns)
    return frozenset(
        permission.code
        for permission in permissions
        if duty in permission.duties
        and any(fnmatchcase(permission.code, pattern) for pattern in wanted)
    )
