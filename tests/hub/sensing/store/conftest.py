import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from chengshu.core.lake.connection import Lake
from chengshu.hub.sensing.lake import OBSERVATIONS
from chengshu.hub.sensing.store import ObservationStore
from chengshu.project.config import Config


@pytest.fixture
def catalogue_url() -> Iterator[str]:
    """A database of its own in the test server."""
    server = Config.read().database_url
    name = f"store_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield server.rpartition("/")[0] + "/" + name
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def lake(catalogue_url: str, tmp_path: Path) -> Iterator[Lake]:
    opened = Lake.open(catalogue_url, tmp_path / "lake")
    opened.ensure([OBSERVATIONS])
    yield opened
    opened.close()


@pytest.fixture
def store(lake: Lake) -> Iterator[ObservationStore]:
    opened = ObservationStore(lake)
    yield opened
    opened.close()
