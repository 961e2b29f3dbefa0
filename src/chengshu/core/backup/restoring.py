"""Bringing an installation back from a backup, into an empty database and empty folders."""

from pathlib import Path

import psycopg
from psycopg import sql

from chengshu.core.lake.upkeep import Progress
from chengshu.kit.errors import Conflict, NotFound

from . import programs
from .contents import (
    DUMP,
    KEY_FILE,
    BackupDamaged,
    KeptFile,
    Manifest,
    Vault,
    copied,
    digest_of,
    listed,
)

SCHEMA = "lake"
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


def newest(target: Path) -> Path:
    """The last complete backup in *target*. Raises NotFound."""
    made = Vault(target).made()
    if not made:
        raise NotFound(f"There is no complete backup in {target}")
    return made[-1]


def restore(backup: Path, *, url: str, home: Path, lake: Path, progress: Progress) -> Manifest:
    """Bring back the installation in the folder *backup* (``TARGET/backups/…``).

    Every file is compared with the sum it was written with. Files come before the database, so
    that a restore which was interrupted can be run again. Raises NotEmpty, BackupDamaged,
    DatabaseToolFailed.
    """
    manifest, vault = Manifest.read(backup), Vault(backup.parent.parent)
    _check_empty(url)
    _check(backup / DUMP, manifest.database)
    files = list(listed(backup))
    for done, file in enumerate(files):
        progress(done, len(files) + 1)
        _bring_back(file, vault.files / file.path, _place(file, home, lake))
    _bring_back_secret(backup, home)
    programs.load(url, backup / DUMP)
    if manifest.lake != str(lake):
        _move_lake(url, Path(manifest.lake), lake)
    progress(len(files) + 1, len(files) + 1)
    return manifest


def _check_empty(url: str) -> None:
    with psycopg.connect(url) as connection:
        row = connection.execute(IS_EMPTY).fetchone()
    if row is None or not row[0]:
        raise NotEmpty("The database is not empty: restore into a new one, or a new home folder")


def _check(path: Path, file: KeptFile) -> None:
    if not path.is_file():
        raise BackupDamaged(f"The backup lacks {file.path}", where={"file": file.path})
    if digest_of(path) != file.sha256:
        raise BackupDamaged(f"{file.path} is not as it was written", where={"file": file.path})


def _place(file: KeptFile, home: Path, lake: Path) -> Path:
    room, _, rest = file.path.partition("/")
    return (lake if room == "lake" else home) / rest


def _bring_back(file: KeptFile, source: Path, to: Path) -> None:
    if to.is_file() and to.stat().st_size == file.bytes and digest_of(to) == file.sha256:
        return
    if not source.is_file():
        raise BackupDamaged(f"The backup lacks {file.path}", where={"file": file.path})
    if copied(source, to) != file.sha256:
        to.unlink()
        raise BackupDamaged(f"{file.path} is not as it was written", where={"file": file.path})


def _bring_back_secret(backup: Path, home: Path) -> None:
    source, to = backup / "home" / KEY_FILE, home / KEY_FILE
    if source.is_file():
        to.unlink(missing_ok=True)
        to.touch(mode=0o600)
        to.write_bytes(source.read_bytes())


def _move_lake(url: str, old: Path, new: Path) -> None:
    """Tell the catalogue where the files lie now."""
    schema = sql.Identifier(SCHEMA)
    with psycopg.connect(url) as connection:
        connection.execute(sql.SQL(MOVED).format(schema), [f"{new}/"])
        for table in ("ducklake_data_file", "ducklake_delete_file"):
            statement = sql.SQL(MOVED_FILES).format(schema, sql.Identifier(table))
            connection.execute(statement, [str(new), len(str(old)) + 1, f"{old}/"])
