"""Under whose account PostgreSQL runs: it refuses to run as root, and we are often root."""

import ctypes
import os
import pwd
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chengshu.kit.errors import Terminal

CLONE_NEWUSER = 0x10000000
UNPRIVILEGED = ("postgres", "nobody")
_libc = ctypes.CDLL(None, use_errno=True)


class CannotDropRoot(Terminal):
    """We are root, and neither an unprivileged account nor a user namespace can be had."""

    code = "cannot-drop-root"


@dataclass(frozen=True)
class Account:
    """How a child becomes unprivileged, and who owns its files as seen from here."""

    uid: int
    gid: int
    enter: Callable[[], None] | None = None
    """Runs in the child before exec; None: run as we are."""


def account_for(program: Path, folder: Path) -> Account:
    """The account that may run *program* on *folder*; raises CannotDropRoot.

    In this order: ourselves unless root; the present owner of *folder*; ``postgres`` or
    ``nobody`` where both paths are open to them; a user namespace in which root is not root.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for uid, gid in _candidates(folder):
        account = Account(uid, gid, _becoming(uid, gid))
        if _can_run(account, program, folder):
            return account
    account = Account(0, 0, _enter_user_namespace)
    if _can_run(account, program, folder):
        return account
    raise CannotDropRoot(
        f"PostgreSQL does not run as root, no other account can reach {folder} and {program}, "
        "and this machine forbids user namespaces. Run as another user, or put the program and "
        "CHENGSHU_HOME where every folder above may be entered by all, "
        "or set CHENGSHU_DATABASE_URL to a server of your own."
    )


def give(path: Path, account: Account) -> None:
    """Make *account* the owner of *path* and all below, where we are root and it is not."""
    if os.geteuid() != 0 or path.stat().st_uid == account.uid:
        return
    os.chown(path, account.uid, account.gid)
    for folder, folders, files in os.walk(path):
        for name in folders + files:
            os.chown(Path(folder, name), account.uid, account.gid, follow_symlinks=False)


def _candidates(folder: Path) -> list[tuple[int, int]]:
    owner = folder.stat()
    found = [(owner.st_uid, owner.st_gid)] if owner.st_uid != 0 else []
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        found.append((entry.pw_uid, entry.pw_gid))
    return found


def _becoming(uid: int, gid: int) -> Callable[[], None]:
    def become() -> None:
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)

    return become


def _enter_user_namespace() -> None:
    uid, gid = os.geteuid(), os.getegid()
    if _libc.unshare(CLONE_NEWUSER) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"1000 {uid} 1"),
        ("gid_map", f"1000 {gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def _can_run(account: Account, program: Path, folder: Path) -> bool:
    """Try it: permission bits alone do not tell (ACLs, containers, mounts without exec)."""
    if account.enter is None:
        return True
    enter = account.enter

    def prepare() -> None:
        enter()
        os.chdir(folder.parent)

    try:
        done = subprocess.run(  # noqa: S603 - a program of our own environment
            [program, "--version"], preexec_fn=prepare, capture_output=True, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
