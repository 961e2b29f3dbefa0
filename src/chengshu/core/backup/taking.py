"""Taking a backup beside a running installation, all of it from one moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from chengshu.core.audit import chain
from chengshu.core.audit.models import AuditHead
from chengshu.core.lake import installation
from chengshu.core.lake.connection import Lake
from chengshu.core.lake.holding import held
from chengshu.core.lake.upkeep import Progress
from chengshu.core.storage.folder import Folder
from chengshu.core.storage.place import Storage, storage_at
from chengshu.kit.errors import Conflict

from . import programs
from .contents import DUMP, KEY_FILE, Backup, KeptFile, Manifest, Source, Vault

CATALOGUED = """
    SELECT f.path_is_relative, concat(
        CASE WHEN f.path_is_relative AND t.path_is_relative AND s.path_is_relative
             THEN s.path END,
        CASE WHEN f.path_is_relative AND t.path_is_relative THEN t.path END,
        f.path), f.file_size_bytes
    FROM (
        SELECT table_id, path, path_is_relative, file_size_bytes FROM {0}.ducklake_data_file
        UNION ALL
        SELECT table_id, path, path_is_relative, file_size_bytes FROM {0}.ducklake_delete_file
    ) AS f
    JOIN {0}.ducklake_table AS t USING (table_id)
    JOIN {0}.ducklake_schema AS s USING (schema_id)
"""
LAKE = "lake/"
HOME = "home/"
UPLOADS = "files"
NEWEST = "SELECT max(snapshot_id) FROM {}.ducklake_snapshot"
ALONE = "SELECT pg_try_advisory_lock(hashtextextended('chengshu backup', 0))"
DONE = "SELECT pg_advisory_unlock(hashtextextended('chengshu backup', 0))"


class BackupRunning(Conflict):
    """Another backup of this installation is being taken."""

    code = "backup-running"


@dataclass(frozen=True)
class Moment:
    """What the dumped transaction saw: the dump, files by their path in the backup, the newest
    snapshot of the lake, the end of the audit chain."""

    database: KeptFile
    files: dict[str, Source]
    snapshot: int
    seal: str


def back_up(target: str | Path, *, keep: int, progress: Progress, by: str) -> Manifest:
    """Write a new backup into *target*, a folder or ``s3://bucket/prefix``, and, if *keep* is not
    0, remove all but so many.

    Files that the last backup there has are not copied again. Database and lake are those of one
    transaction; what was stored later is not in it. Raises BackupRunning, DatabaseToolFailed,
    CatalogueAway, StorageAway, StorageRefuses, OSError; then no backup was added.
    """
    config, began = settings.CHENGSHU, datetime.now(UTC)
    vault, lake = Vault(storage_at(target, config.s3)), installation.current()
    home = Folder(config.home)
    with _alone():
        backup = vault.begin(began)
        with held(lake.place):
            moment = _dumped(lake, backup)
            kept = _kept(vault, moment.files | _uploaded(home), progress)
        if (config.home / KEY_FILE).exists():  # it may be in the settings instead
            backup.write(KEY_FILE, home.read(KEY_FILE))
        backup.list_files(kept)
        manifest = Manifest(
            taken_at=began.isoformat(),
            version=version("chengshu"),
            lake=lake.files.root,
            schema=lake.place.schema,
            snapshot=moment.snapshot,
            seal=moment.seal,
            database=moment.database,
            files=len(kept),
            bytes=sum(file.bytes for file in kept),
        )
        backup.finish(manifest)
        forgotten = vault.forget(keep) if keep else 0
    details = {"files": manifest.files, "bytes": manifest.bytes, "forgotten": forgotten}
    chain.append(actor=by, action="backup.take", target=backup.name, details=details)
    return manifest


@contextmanager
def _alone() -> Iterator[None]:
    """One backup at a time: each takes an unfinished one for the trace of a broken one."""
    with connection.cursor() as cursor:
        cursor.execute(ALONE)
        if not cursor.fetchone()[0]:
            raise BackupRunning("Another backup is being taken; try again when it is done")
        try:
            yield
        finally:
            cursor.execute(DONE)


def _dumped(lake: Lake, backup: Backup) -> Moment:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        (exported,) = cursor.fetchone()
        database = backup.write(DUMP, programs.dump(lake.place.url, exported))
        schema = sql.Identifier(lake.place.schema)
        cursor.execute(sql.SQL(CATALOGUED).format(schema))
        files = dict(_source(lake, *row) for row in cursor.fetchall())
        cursor.execute(sql.SQL(NEWEST).format(schema))
        (snapshot,) = cursor.fetchone()
        head = AuditHead.objects.first()
    return Moment(database, files, snapshot, bytes(head.seal).hex() if head else "")


def _source(lake: Lake, is_relative: bool, path: str, size: int) -> tuple[str, Source]:
    name = path if is_relative else path.removeprefix(f"{lake.files.root}/")
    return f"{LAKE}{name}", Source(storage=lake.files.storage, name=name, bytes=size)


def _uploaded(home: Storage) -> dict[str, Source]:
    return {
        f"{HOME}{name}": Source(storage=home, name=name, bytes=size)
        for name, size in home.sizes(UPLOADS)
    }


def _kept(vault: Vault, wanted: dict[str, Source], progress: Progress) -> list[KeptFile]:
    known = {file.path: file for backup in vault.made()[-1:] for file in backup.listed()}
    there = vault.kept()
    kept = []
    for done, (path, source) in enumerate(sorted(wanted.items())):
        progress(done, len(wanted))
        old = known.get(path)
        if old is not None and source.bytes == old.bytes == there.get(path):
            kept.append(old)
            continue
        try:
            kept.append(vault.keep(path, source))
        except FileNotFoundError:  # an upload may be removed meanwhile; a file of the lake is held
            if path.startswith(LAKE):
                raise
    progress(len(wanted), len(wanted))
    return kept
