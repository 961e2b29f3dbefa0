"""Where files lie, by one address."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Protocol

from chengshu.kit.errors import Invalid

from .access import SCHEME, Access
from .folder import Folder


class Storage(Protocol):
    """What keeps files by names like ``a/b/c``; *root* is its address."""

    root: str

    def put(self, name: str, content: bytes | memoryview | Iterable[bytes]) -> None:
        """Write a file durably, whole or not at all."""

    def read(self, name: str) -> Iterator[bytes]:
        """The file in pieces. Raises FileNotFoundError."""

    def sizes(self, below: str) -> Iterator[tuple[str, int]]:
        """Name and bytes of every file whose name begins with the folder *below*."""

    def remove(self, name: str) -> None:
        """Remove the file, if it is there."""

    def clear(self, below: str) -> None:
        """Remove every file whose name begins with the folder *below*."""

    def settle(self, below: str, since: float) -> None:
        """Make durable what others wrote directly in *below* from *since* (``time.time()``)."""

    def close_to_others(self) -> None:
        """Let nobody but the owner read it, where that is said here."""


def storage_at(address: str | Path, access: Access) -> Storage:
    """The folder or bucket (``s3://bucket/prefix``) at *address*. Raises Invalid."""
    if str(address).startswith(SCHEME):
        from .bucket import Bucket  # only those with a bucket load its client

        return Bucket(str(address), access)
    if "://" in str(address):
        raise Invalid(
            f"{address} is neither a folder nor {SCHEME}bucket/prefix",
            where={"address": str(address)},
        )
    return Folder(address)
