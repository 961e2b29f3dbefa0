"""A folder of the machine, or one that all machines have at the same path."""

import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

PIECE = 1 << 20


class Folder:
    """Files below the folder *root*, by names like ``a/b/c``; it is made when first written to."""

    def __init__(self, root: str | Path) -> None:
        self.path = Path(root).absolute()
        self.root = str(self.path)

    def put(self, name: str, content: bytes | memoryview | Iterable[bytes]) -> None:
        """Write a file that survives a power cut once this returns.

        Raises OSError, or what *content* raises; then the file is gone again.
        """
        path = self.path / name
        make_durable(path.parent)
        try:
            with path.open("wb") as file:
                pieces = [content] if isinstance(content, bytes | memoryview) else content
                for piece in pieces:
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
            sync(path.parent)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def read(self, name: str) -> Iterator[bytes]:
        """The file in pieces. Raises FileNotFoundError."""
        with (self.path / name).open("rb") as file:
            while piece := file.read(PIECE):
                yield piece

    def sizes(self, below: str) -> Iterator[tuple[str, int]]:
        """Name and bytes of every file whose name begins with the folder *below*."""
        for path in (self.path / below).rglob("*"):
            with suppress(FileNotFoundError):  # somebody may remove it meanwhile
                found = path.stat()
                if stat.S_ISREG(found.st_mode):
                    yield path.relative_to(self.path).as_posix(), found.st_size

    def remove(self, name: str) -> None:
        """Remove the file, if it is there."""
        (self.path / name).unlink(missing_ok=True)

    def clear(self, below: str) -> None:
        """Remove the folder *below* with all in it, if it is there."""
        with suppress(FileNotFoundError):
            shutil.rmtree(self.path / below)

    def settle(self, below: str, since: float) -> None:
        """Sync what others wrote directly in the folder *below* from *since* (``time.time()``)."""
        folder = self.path / below
        if not folder.is_dir():
            return
        with os.scandir(folder) as entries:
            fresh = [e.path for e in entries if e.is_file() and e.stat().st_mtime >= since - 1]
        for path in fresh:
            sync(Path(path))
        sync(folder)

    def close_to_others(self) -> None:
        """Let nobody but the owner read it."""
        make_durable(self.path)
        self.path.chmod(0o700)


def make_durable(folder: Path) -> None:
    """Make *folder* and what is above it, so that they survive a power cut."""
    if folder.is_dir():
        return
    make_durable(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)


def sync(path: Path) -> None:
    """Bring the file or folder *path* to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
