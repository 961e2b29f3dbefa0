from collections.abc import Iterator

import pytest

from chengshu.core.lake.connection import Lake
from chengshu.hub.sensing.lake import DAYS, HOURS, MINUTES
from chengshu.hub.sensing.store import ObservationStore


@pytest.fixture
def rolled_lake(lake: Lake) -> Lake:
    """The installation's lake with its rollups, none of them computed."""
    lake.ensure([MINUTES, HOURS, DAYS])
    return lake


@pytest.fixture
def store(rolled_lake: Lake) -> Iterator[ObservationStore]:
    opened = ObservationStore(rolled_lake)
    yield opened
    opened.close()
