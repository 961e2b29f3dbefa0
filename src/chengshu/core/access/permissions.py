"""Permissions are declared beside what they open and matched by code or pattern."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from chengshu.kit.registry import Registry

from .models import Duty


@dataclass(frozen=True)
class Permission:
    """*code* is ``app.verb_noun``; *duty* says which kind of role may hold it."""

    code: str
    title: str
    duty: Duty = Duty.WORK


permissions: Registry[Permission] = Registry("permission", Permission)


def declare(code: str, title: str, duty: Duty = Duty.WORK) -> str:
    """Register a permission and return its code; the same declaration twice is one."""
    wanted = Permission(code, title, duty)
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
        if permission.duty == duty
        and any(fnmatchcase(permission.code, pattern) for pattern in wanted)
    )
