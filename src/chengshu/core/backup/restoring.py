"""Bringing an installation back from a backup, into an empty database and empty folders."""

from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from chengshu.core.lake.upkeep import Progress
from chengshu.core.storage.folder import Folder
from chengshu.core.storage.place import Storage
from chengshu.kit.errors import Conflict, NotFound

from . import programs
from .contents import (
    DUMP,
    KEY_FILE,
    Backup,
    BackupDamaged,
    KeptFile,
    Manifest,
    Vault,
    copied,
    digest_of,
)

IS_EMPTY = """
    SELECT NOT EXISTS (
        SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
    )
"""
MOVED = "UPDATE {}.ducklake_metadata SET value = %s WHERE key = 'data_path'"
MOVED_FILES = """
    UPDATE {}.{} SET path = %s || substr(path, %s)
    WHERE NOT path_is_relative AND starts_with(path, %s)
"""


class NotEmpty(Conflict):
    """The database or folder to restore into holds something: it would be mixed up or lost."""

    code = "restore-needs-empty"


@dataclass(frozen=True, kw_only=True)
class Destination:
    """The empty places to restore into: a database, the home folder, the lake's files."""

    url: str
    home: Path
    lake: Storage


def chosen(storage: Storage, name: str = "") -> Backup:
    """The complete backup *name* in *storage*, the newest if it is empty. Raises NotFound."""
    made = Vault(storage).made()
    for backup in reversed(made):
        if name in ("", backup.name):
            return backup
    there = ", ".join(backup.name for backup in made) or "none"
    raise NotFound(f"{storage.root} holds no complete backup {name}; there is {there}")


def restore(backup: Backup, to: Destination, progress: Progress) -> Manifest:
    """Bring back the installation.

    Every file is compared with the sum it was written with. Files come before the database, so
    that a restore which was interrupted can be run again. Raises NotEmpty, BackupDamaged,
    DatabaseToolFailed.
    """
    manifest = backup.manifest()
    _check_empty(to.url)
    if digest_of(backup.read(DUMP)) != manifest.database.sha256:
        raise _damaged(DUMP)
    home, files = Folder(to.home), list(backup.listed())
    there = {room: dict(place.sizes(below)) for room, place, below in _rooms(to, home)}
    for done, file in enumerate(files):
        progress(done, len(files) + 1)
        room, _, name = file.path.partition("/")
        storage = to.lake if room == "lake" else home
        if there[room].get(name) != file.bytes or digest_of(storage.read(name)) != file.sha256:
            _bring_back(backup.vault, file, storage, name)
    _bring_back_secret(backup, to.home)
    programs.load(to.url, backup.read(DUMP))
    if manifest.lake != to.lake.root:
        _move_lake(to.url, manifest, to.lake.root)
    progress(len(files) + 1, len(files) + 1)
    return manifest


def _rooms(to: Destination, home: Storage) -> tuple[tuple[str, Storage, str], ...]:
    return (("lake", to.lake, "main"), ("home", home, "files"))


def _damaged(file: str) -> BackupDamaged:
    return BackupDamaged(f"{file} is not as it was written", where={"file": file})


def _check_empty(url: str) -> None:
    with psycopg.connect(url) as connection:
        row = connection.execute(IS_EMPTY).fetchone()
    if row is None or not row[0]:
        raise NotEmpty("The database is not empty: restore into a new one, or a new home folder")


def _bring_back(vault: Vault, file: KeptFile, storage: Storage, name: str) -> None:
    if copied(vault.read(file), storage, name, file.path) != file:
        storage.remove(name)
        raise _damaged(file.path)


def _bring_back_secret(backup: Backup, home: Path) -> None:
    try:
        secret = b"".join(backup.read(KEY_FILE))
    except BackupDamaged:  # it was in the settings
        return
    to = home / KEY_FILE
    to.unlink(missing_ok=True)
    to.touch(mode=0o600)
    to.write_bytes(secret)


def _move_lake(url: str, manifest: Manifest, new: str) -> None:
    """Tell the catalogue where the files lie now."""
    schema, old = sql.Identifier(manifest.schema), manifest.lake
    with psycopg.connect(url) as connection:
        connection.execute(sql.SQL(MOVED).format(schema), [f"{new}/"])
        for table in ("ducklake_data_file", "ducklake_delete_file"):
            statement = sql.SQL(MOVED_FILES).format(schema, sql.Identifier(table))
            connection.execute(statement, [new, len(old) + 1, f"{old}/"])
