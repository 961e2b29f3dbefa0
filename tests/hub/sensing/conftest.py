from collections.abc import Iterator

import pytest

from chengshu.core.lake import installation
from chengshu.hub.sensing.ingest.door import Door
from chengshu.hub.sensing.ingest.index import StreamIndex
from chengshu.hub.sensing.lake import OBSERVATIONS
from chengshu.hub.sensing.store import current


@pytest.fixture
def door() -> Iterator[Door]:
    """The entrance of this process, and the lake of the tests behind it."""
    installation.current().ensure([OBSERVATIONS])
    yield Door(current.current(), StreamIndex())
    current.current().close()
    current.use(None)
    installation.current().close()
