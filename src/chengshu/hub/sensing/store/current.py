"""The store of this process: the ingest door's own, or one opened when first needed."""

import shutil
import threading
from pathlib import Path

from django.conf import settings

from chengshu.core.lake import installation
from chengshu.hub.sensing.lake import OBSERVATIONS

from .store import ObservationStore


class _Kept:
    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.store: ObservationStore | None = None


_kept = _Kept()


def use(store: ObservationStore | None) -> None:
    """Make *store* the one of this process; with None the next one is opened when needed."""
    with _kept.lock:
        _kept.store = store


def current() -> ObservationStore:
    """The store of this process, opened when first needed, and anew once it was closed."""
    with _kept.lock:
        if _kept.store is None or _kept.store.is_closed:
            lake = installation.current()
            lake.ensure([OBSERVATIONS])
            _kept.store = ObservationStore(lake, marks_file=_marks_file())
        return _kept.store


def _marks_file() -> Path:
    """A file of our own, begun from that of the ingest process: reading the lake takes longer."""
    folder = Path(settings.CHENGSHU.home) / "run"
    folder.mkdir(parents=True, exist_ok=True)
    own, others = folder / "marks-web.parquet", folder / "marks.parquet"
    if not own.exists() and others.exists():
        shutil.copyfile(others, own)
    return own
