"""What a backup folder holds.

::

    TARGET/backups/20261121T183000Z/   database.dump, secret-key, files.csv, manifest.json
    TARGET/files/lake/…, files/home/…  what never changes once written, once for all backups

A backup is complete when it has a manifest, which is written last.
"""

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from io import StringIO
from typing import Any

from chengshu.core.storage.place import Storage
from chengshu.kit.errors import Terminal

FORMAT = 1
DUMP = "database.dump"
MANIFEST = "manifest.json"
LISTING = "files.csv"
KEY_FILE = "secret-key"
BACKUPS = "backups"
FILES = "files"
STAMP = "%Y%m%dT%H%M%S%fZ"


class BackupDamaged(Terminal):
    """A file of the backup is missing or not as it was written; ``where`` names it."""

    code = "backup-damaged"


@dataclass(frozen=True)
class KeptFile:
    """A file that never changes: *path* below TARGET/files, its size and SHA-256."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file to keep: its *name* in *storage*, and its size."""

    storage: Storage
    name: str
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """*taken_at* is RFC 3339 in UTC: the moment all of it is from. *seal* is the last line of
    the audit chain then, *schema* that of the lake's catalogue."""

    taken_at: str
    version: str
    lake: str
    schema: str
    snapshot: int
    seal: str
    database: KeptFile
    files: int
    bytes: int
    format: int = FORMAT


class Backup:
    """One backup in *vault*, complete or not."""

    def __init__(self, vault: "Vault", name: str) -> None:
        self.vault = vault
        self.name = name
        self._storage = vault.storage
        self._folder = f"{BACKUPS}/{name}"

    def read(self, file: str) -> Iterator[bytes]:
        """Raises BackupDamaged when there is no such file."""
        return _read(self._storage, f"{self._folder}/{file}", file)

    def write(self, file: str, pieces: Iterable[bytes]) -> KeptFile:
        return copied(pieces, self._storage, f"{self._folder}/{file}", file)

    def manifest(self) -> Manifest:
        """Raises BackupDamaged when there is none that this version understands."""
        try:
            found: dict[str, Any] = json.loads(b"".join(self.read(MANIFEST)))
        except ValueError:
            raise BackupDamaged(
                f"{self.name} holds no readable manifest", where={"file": MANIFEST}
            ) from None
        if found.get("format") != FORMAT:
            raise BackupDamaged(
                f"{self.name} was written in format {found.get('format')}, known is {FORMAT}",
                where={"file": MANIFEST},
            )
        return Manifest(**found | {"database": KeptFile(**found["database"])})

    def finish(self, manifest: Manifest) -> None:
        self.write(MANIFEST, [json.dumps(asdict(manifest), indent=2).encode()])

    def listed(self) -> Iterator[KeptFile]:
        """The kept files."""
        text = b"".join(self.read(LISTING)).decode()
        for path, size, sha256 in csv.reader(StringIO(text, newline="")):
            yield KeptFile(path, int(size), sha256)

    def list_files(self, files: Iterable[KeptFile]) -> None:
        text = StringIO(newline="")
        csv.writer(text).writerows((f.path, f.bytes, f.sha256) for f in files)
        self.write(LISTING, [text.getvalue().encode()])

    def remove(self) -> None:
        """The manifest first: what is left of a removal that was cut short is not complete."""
        self._storage.remove(f"{self._folder}/{MANIFEST}")
        self._storage.clear(self._folder)


class Vault:
    """The backups of one installation in *storage*."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def made(self) -> list[Backup]:
        """The complete backups, the newest last."""
        return [Backup(self, name) for name, complete in self._found().items() if complete]

    def begin(self, moment: datetime) -> Backup:
        """A new backup, readable for its owner only; traces of broken ones go."""
        self.storage.close_to_others()
        for name, complete in self._found().items():
            if not complete:
                Backup(self, name).remove()
        return Backup(self, f"{moment:{STAMP}}")

    def kept(self) -> dict[str, int]:
        """Path and bytes of the kept files that are there."""
        return {name.removeprefix(f"{FILES}/"): size for name, size in self.storage.sizes(FILES)}

    def keep(self, path: str, source: Source) -> KeptFile:
        """A copy of *source* as TARGET/files/*path*. Raises FileNotFoundError."""
        return copied(source.storage.read(source.name), self.storage, f"{FILES}/{path}", path)

    def read(self, file: KeptFile) -> Iterator[bytes]:
        """Raises BackupDamaged when it is not there."""
        return _read(self.storage, f"{FILES}/{file.path}", file.path)

    def forget(self, keep: int) -> int:
        """Remove all but the newest *keep* backups and the files only those had; how many."""
        made = self.made()
        gone, left = made[:-keep], made[-keep:]
        for backup in gone:
            backup.remove()
        if gone:
            needed = {file.path for backup in left for file in backup.listed()}
            for path in self.kept().keys() - needed:
                self.storage.remove(f"{FILES}/{path}")
        return len(gone)

    def _found(self) -> Mapping[str, bool]:
        """The backups there are, by name, and whether they are complete."""
        found: dict[str, bool] = {}
        for path, _size in sorted(self.storage.sizes(BACKUPS)):
            _room, name, file = path.split("/", 2)
            found[name] = found.get(name, False) or file == MANIFEST
        return found


def _read(storage: Storage, name: str, said: str) -> Iterator[bytes]:
    try:
        yield from storage.read(name)
    except FileNotFoundError:
        raise BackupDamaged(f"The backup lacks {said}", where={"file": said}) from None


def copied(pieces: Iterable[bytes], to: Storage, name: str, path: str) -> KeptFile:
    """Write *pieces* durably, whole or not at all; what was written, known as *path*."""
    digest, size = hashlib.sha256(), 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            yield piece

    to.put(name, counted())
    return KeptFile(path, size, digest.hexdigest())


def digest_of(pieces: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()
