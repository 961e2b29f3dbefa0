"""Where a process puts what does not fit into its memory while it works on the lake."""

import os
import shutil
import time
from pathlib import Path

PREFIX = "lake-"
ABANDONED_SECONDS = 24 * 60 * 60


def scratch(folder: Path) -> Path:
    """This process's own place in *folder*, which DuckDB makes when it needs it and clears away.

    What killed processes left there goes; a day's patience is for those of another container,
    whose numbers say nothing here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    own = folder / f"{PREFIX}{os.getpid()}"
    for left in folder.glob(f"{PREFIX}*"):
        if left != own and _is_abandoned(left):
            shutil.rmtree(left, ignore_errors=True)
    return own


def _is_abandoned(left: Path) -> bool:
    try:
        is_old = time.time() - left.stat().st_mtime > ABANDONED_SECONDS
    except OSError:
        return False
    return is_old and not Path("/proc", left.name.removeprefix(PREFIX)).exists()
