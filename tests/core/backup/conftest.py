import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from chengshu.core.backup.contents import Manifest
from chengshu.core.backup.taking import back_up
from chengshu.core.lake import installation
from chengshu.core.lake.connection import Lake
from chengshu.core.lake.tables import LakeTable
from chengshu.core.lake.upkeep import silent
from chengshu.core.lake.writing import append

TREES = LakeTable(name="backup_trees", columns={"tree": "BIGINT", "at": "TIMESTAMPTZ"})
PLANTED = datetime(2026, 3, 12, tzinfo=UTC)


@pytest.fixture
def lake(transactional_db: None) -> Iterator[Lake]:
    """The installation's lake with an empty table of trees."""
    opened = installation.current()
    opened.ensure([TREES])
    with opened.guarded():
        opened.cursor().execute("DELETE FROM lake.main.backup_trees")
    yield opened
    opened.close()


@pytest.fixture
def plant(lake: Lake) -> Callable[..., None]:
    def planted(*trees: int) -> None:
        rows = pl.DataFrame({"tree": trees}).with_columns(
            at=pl.lit(PLANTED).cast(pl.Datetime("us", "UTC"))
        )
        append(lake, TREES, rows)

    return planted


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The URL of a new database in the test server."""
    server = settings.CHENGSHU.database_url
    name = f"restored_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield server.rpartition("/")[0] + "/" + name
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def taken(lake: Lake, target: Path) -> Callable[..., Manifest]:
    """Take a backup into *target*."""

    def take(keep: int = 0) -> Manifest:
        return back_up(target, keep=keep, progress=silent, by="test")

    return take
