from collections.abc import Iterator

import pytest

from chengshu.core.lake.connection import Lake
from chengshu.hub.sensing.lake import DAYS, HOURS, MINUTES, OBSERVATIONS
from chengshu.hub.sensing.store import ObservationStore


@pytest.fixture
def rolled_lake(lake: Lake) -> Lake:
    """The installation's lake with its rollups, without what earlier tests have left: rolling
    that up would take most of the time."""
    lake.ensure([MINUTES, HOURS, DAYS])
    for table in (OBSERVATIONS, MINUTES, HOURS, DAYS):
        lake.cursor().execute(f"DELETE FROM {table.name}")  # noqa: S608
    return lake


@pytest.fixture
def store(rolled_lake: Lake) -> Iterator[ObservationStore]:
    opened = ObservationStore(rolled_lake)
    yield opened
    opened.close()
