"""What a backup folder holds.

::

    TARGET/backups/20261121T183000Z/   one backup: manifest.json, files.csv, database.dump, home/
    TARGET/files/lake/…, files/home/…  what never changes once written, once for all backups

A backup is complete when its folder has the name without ``.part``.
"""

import csv
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from chengshu.core.lake.storage import make_durable_folder, sync
from chengshu.kit.errors import Terminal

FORMAT = 1
DUMP = "database.dump"
MANIFEST = "manifest.json"
LISTING = "files.csv"
KEY_FILE = "secret-key"
STAMP = "%Y%m%dT%H%M%S%fZ"
PIECE = 1 << 20


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
class Manifest:
    """*taken_at* is RFC 3339 in UTC: the moment all of it is from. *seal* is the last line of
    the audit chain then."""

    taken_at: str
    version: str
    lake: str
    snapshot: int
    seal: str
    database: KeptFile
    files: int
    bytes: int
    format: int = FORMAT

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        """Raises BackupDamaged when there is none that this version understands."""
        path = folder / MANIFEST
        try:
            found: dict[str, Any] = json.loads(path.read_text())
        except (OSError, ValueError):
            raise BackupDamaged(
                f"{folder} holds no readable backup", where={"file": MANIFEST}
            ) from None
        if found.get("format") != FORMAT:
            raise BackupDamaged(
                f"{folder} was written in format {found.get('format')}, known is {FORMAT}",
                where={"file": MANIFEST},
            )
        return cls(**found | {"database": KeptFile(**found["database"])})

    def write(self, folder: Path) -> None:
        write_durably(folder / MANIFEST, json.dumps(asdict(self), indent=2).encode())


class Vault:
    """The folder *target* that holds the backups of one installation."""

    def __init__(self, target: Path) -> None:
        self.target = target.absolute()
        self.backups = self.target / "backups"
        self.files = self.target / "files"

    def made(self) -> list[Path]:
        """The complete backups, the newest last."""
        if not self.backups.is_dir():
            return []
        return sorted(p for p in self.backups.iterdir() if not p.name.endswith(".part"))

    def begin(self, moment: datetime) -> Path:
        """The folder of a new backup, readable for its owner only; traces of broken ones go."""
        self.backups.mkdir(parents=True, exist_ok=True)
        self.target.chmod(0o700)
        for broken in self.backups.glob("*.part"):
            shutil.rmtree(broken)
        folder = self.backups / f"{moment:{STAMP}}.part"
        folder.mkdir(mode=0o700)
        return folder

    def finish(self, folder: Path) -> Path:
        done = folder.with_suffix("")
        folder.rename(done)
        sync(self.backups)
        return done

    def keep(self, path: str, source: Path, known: Mapping[str, KeptFile]) -> KeptFile:
        """A copy of *source* as TARGET/files/*path*, made only if there is none of that size."""
        copy = self.files / path
        size = source.stat().st_size
        old = known.get(path)
        if old is not None and old.bytes == size and copy.is_file() and copy.stat().st_size == size:
            return old
        return KeptFile(path, size, copied(source, copy))

    def forget(self, keep: int) -> int:
        """Remove all but the newest *keep* backups and the files only those had; how many."""
        made = self.made()
        gone = made[:-keep]
        for folder in gone:
            shutil.rmtree(folder)
        if gone:
            needed = {file.path for folder in made[-keep:] for file in listed(folder)}
            for path in self.files.rglob("*"):
                if path.is_file() and str(path.relative_to(self.files)) not in needed:
                    path.unlink()
        return len(gone)


def listed(folder: Path) -> Iterator[KeptFile]:
    """The kept files of the backup in *folder*."""
    with (folder / LISTING).open(newline="") as lines:
        for path, size, sha256 in csv.reader(lines):
            yield KeptFile(path, int(size), sha256)


def list_files(folder: Path, files: Iterable[KeptFile]) -> None:
    with (folder / LISTING).open("w", newline="") as lines:
        csv.writer(lines).writerows((f.path, f.bytes, f.sha256) for f in files)
        lines.flush()
        os.fsync(lines.fileno())


def copied(source: Path, to: Path) -> str:
    """Copy durably, whole or not at all; the SHA-256 of what was copied."""
    make_durable_folder(to.parent)
    digest = hashlib.sha256()
    fresh = to.with_name(f"{to.name}.part")
    with source.open("rb") as reading, fresh.open("wb") as writing:
        while piece := reading.read(PIECE):
            digest.update(piece)
            writing.write(piece)
        writing.flush()
        os.fsync(writing.fileno())
    fresh.replace(to)
    sync(to.parent)
    return digest.hexdigest()


def digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_durably(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    sync(path.parent)
