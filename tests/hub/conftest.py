from collections.abc import Iterator

import pytest

from chengshu.core.lake import installation
from chengshu.core.lake.connection import Lake
from chengshu.core.lake.models import Follower
from chengshu.hub.sensing import follow
from chengshu.hub.sensing.lake import OBSERVATIONS


@pytest.fixture
def lake(db: None) -> Iterator[Lake]:
    """The installation's lake, with the follower at its newest snapshot."""
    opened = installation.current()
    opened.ensure([OBSERVATIONS])
    Follower.objects.create(name=follow.NAME, snapshot=opened.current_snapshot())
    yield opened
    opened.close()
