import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from chengshu.core.lake.connection import Lake
from chengshu.project.config import Config

from .factories import READINGS


@pytest.fixture
def catalogue_url() -> Iterator[str]:
    """A database of its own in the test server."""
    server = Config.read().database_url
    name = f"lake_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield server.rpartition("/")[0] + "/" + name
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def lake(catalogue_url: str, tmp_path: Path) -> Iterator[Lake]:
    """A new lake with one table."""
    opened = Lake.open(catalogue_url, tmp_path / "lake")
    opened.ensure([READINGS])
    yield opened
    opened.close()
