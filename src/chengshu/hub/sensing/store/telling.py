"""Says outside that something was stored, beside the thread that stores."""

import logging
import threading
from collections.abc import Callable

from django.db import DatabaseError

logger = logging.getLogger(__name__)


class Teller:
    """Calls *told* in a thread of its own; what happens during a call is told by one more."""

    def __init__(self, told: Callable[[], None]) -> None:
        self._told = told
        self._due = threading.Event()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name="observation-news", daemon=True)
        self._thread.start()

    def tell(self) -> None:
        self._due.set()

    def close(self) -> None:
        """Tell what is due, then stop."""
        self._is_closed = True
        self._due.set()
        self._thread.join()

    def _run(self) -> None:
        is_last = False
        while not is_last:
            self._due.wait()
            self._due.clear()
            is_last = self._is_closed
            try:
                self._told()
            except DatabaseError as error:  # who is told late looks by himself
                logger.warning("Nobody could be told of what was stored: %s", error)
