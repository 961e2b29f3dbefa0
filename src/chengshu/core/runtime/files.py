"""How many files and connections this process may have open."""

import resource

SPARE = 512
"""For everything that is no connection."""


def allow_connections(wanted: int) -> int:
    """Raise the limit so that *wanted* fit, as far as the system lets us; how many do."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + SPARE
    if hard != resource.RLIM_INFINITY:
        needed = min(needed, hard)
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
    return max(1, min(wanted, needed - SPARE))
