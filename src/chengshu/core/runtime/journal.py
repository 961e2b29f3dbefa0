"""The log of an installation: lines of every process, named, on the terminal and in a file."""

import logging
import os
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path

FILE_BYTES = 10 * 1024 * 1024
FILES_KEPT = 5
LINE_BYTES = 8192


class Journal:
    """Takes lines from the supervisor and its children; ``home/log`` keeps the last 60 MB."""

    def __init__(self, home: Path) -> None:
        folder = home / "log"
        folder.mkdir(parents=True, exist_ok=True)
        self._file = RotatingFileHandler(
            folder / "chengshu.log", maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8"
        )
        formatter = logging.Formatter("%(asctime)sZ %(name)-9s %(message)s", "%Y-%m-%dT%H:%M:%S")
        formatter.converter = time.gmtime
        self._file.setFormatter(formatter)
        self._terminal_open = True

    def line(self, name: str, text: str) -> None:
        self._file.handle(logging.LogRecord(name, logging.INFO, "", 0, text, None, None))
        if not self._terminal_open:
            return
        try:
            print(f"{name:>9} | {text}", flush=True)  # noqa: T201 - this is the terminal log
        except OSError:
            self._terminal_open = False

    def close(self) -> None:
        self._file.close()


class LineSource:
    """Cuts what arrives on a non-blocking pipe into lines of the journal."""

    def __init__(self, journal: Journal, name: str, pipe: int) -> None:
        self.pipe = pipe
        self._journal = journal
        self._name = name
        self._rest = b""

    def read(self) -> None:
        """Take what is there now; a line without end is cut where it gets too long."""
        *lines, self._rest = (self._rest + os.read(self.pipe, 65536)).split(b"\n")
        if len(self._rest) > LINE_BYTES:
            lines, self._rest = [*lines, self._rest], b""
        for line in filter(None, lines):
            self._journal.line(self._name, line.decode(errors="replace").rstrip())

    def drain(self) -> None:
        while True:
            try:
                self.read()
            except BlockingIOError:
                return
