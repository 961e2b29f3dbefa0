"""Taking a backup beside a running installation, all of it from one moment."""

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

from . import programs
from .contents import (
    DUMP,
    KEY_FILE,
    KeptFile,
    Manifest,
    Vault,
    copied,
    digest_of,
    list_files,
    listed,
)

CATALOGUED = """
    SELECT f.path_is_relative, concat(
        CASE WHEN f.path_is_relative AND t.path_is_relative AND s.path_is_relative
             THEN s.path END,
        CASE WHEN f.path_is_relative AND t.path_is_relative THEN t.path END,
        f.path)
    FROM (
        SELECT table_id, path, path_is_relative FROM {0}.ducklake_data_file
        UNION ALL
        SELECT table_id, path, path_is_relative FROM {0}.ducklake_delete_file
    ) AS f
    JOIN {0}.ducklake_table AS t USING (table_id)
    JOIN {0}.ducklake_schema AS s USING (schema_id)
"""
LAKE = "lake/"
NEWEST = "SELECT max(snapshot_id) FROM {}.ducklake_snapshot"


@dataclass(frozen=True)
class Moment:
    """What the dumped transaction saw: files by their path in the backup, the newest snapshot of
    the lake, the end of the audit chain."""

    files: dict[str, Path]
    snapshot: int
    seal: str


def back_up(target: Path, *, keep: int, progress: Progress, by: str) -> Manifest:
    """Write a new backup into *target* and, if *keep* is not 0, remove all but so many.

    Files that the last backup there has are not copied again. Database and lake are those of one
    transaction; what was stored later is not in it. Raises DatabaseToolFailed, CatalogueAway,
    OSError; then no backup was added.
    """
    vault, began = Vault(target), datetime.now(UTC)
    lake, home = installation.current(), settings.CHENGSHU.home
    folder = vault.begin(began)
    with held(lake.place):
        moment = _dumped(lake, folder / DUMP)
        kept = _kept(vault, moment.files | _uploaded(home), progress)
    if (secret := home / KEY_FILE).exists():  # it may be in the settings instead
        copied(secret, folder / "home" / KEY_FILE)
    list_files(folder, kept)
    manifest = Manifest(
        taken_at=began.isoformat(),
        version=version("chengshu"),
        lake=str(lake.folder.root),
        snapshot=moment.snapshot,
        seal=moment.seal,
        database=KeptFile(DUMP, (folder / DUMP).stat().st_size, digest_of(folder / DUMP)),
        files=len(kept),
        bytes=sum(file.bytes for file in kept),
    )
    manifest.write(folder)
    done = vault.finish(folder)
    forgotten = vault.forget(keep) if keep else 0
    details = {"files": manifest.files, "bytes": manifest.bytes, "forgotten": forgotten}
    chain.append(actor=by, action="backup.take", target=done.name, details=details)
    return manifest


def _dumped(lake: Lake, to: Path) -> Moment:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        (exported,) = cursor.fetchone()
        programs.dump(lake.place.url, exported, to)
        schema = sql.Identifier(lake.place.schema)
        cursor.execute(sql.SQL(CATALOGUED).format(schema))
        root = lake.folder.root
        files = [root / path if inside else Path(path) for inside, path in cursor.fetchall()]
        cursor.execute(sql.SQL(NEWEST).format(schema))
        (snapshot,) = cursor.fetchone()
        head = AuditHead.objects.first()
    named = {f"{LAKE}{file.relative_to(root)}": file for file in files}
    return Moment(named, snapshot, bytes(head.seal).hex() if head else "")


def _uploaded(home: Path) -> dict[str, Path]:
    files = (file for file in (home / "files").rglob("*") if file.is_file())
    return {f"home/{file.relative_to(home)}": file for file in files}


def _kept(vault: Vault, wanted: dict[str, Path], progress: Progress) -> list[KeptFile]:
    known = {file.path: file for folder in vault.made()[-1:] for file in listed(folder)}
    kept = []
    for done, (path, source) in enumerate(sorted(wanted.items())):
        progress(done, len(wanted))
        try:
            kept.append(vault.keep(path, source, known))
        except FileNotFoundError:  # an upload may be removed meanwhile; a file of the lake is held
            if path.startswith(LAKE):
                raise
    progress(len(wanted), len(wanted))
    return kept
