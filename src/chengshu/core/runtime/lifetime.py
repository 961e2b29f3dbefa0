"""Child processes that cannot outlive their parent, whatever kills it (Linux prctl(2))."""

import ctypes
import os
import signal
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def die_with(parent: int, by: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send *by* to this process when *parent*, its present parent, ends.

    The kernel watches the thread that started us, so parents start children from their main
    thread. A change of user id clears the request: make it afterwards.
    """
    if _libc.prctl(PR_SET_PDEATHSIG, by.value, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def bound_child(
    by: signal.Signals = signal.SIGTERM, first: Callable[[], None] | None = None
) -> Callable[[], None]:
    """A ``preexec_fn`` for a child that gets *by* when this process ends; *first* runs before.

    The child leads its own process group, so that a terminal's Ctrl-C reaches the parent only.
    """
    parent = os.getpid()

    def prepare() -> None:
        os.setpgid(0, 0)
        if first is not None:
            first()
        die_with(parent, by)

    return prepare
