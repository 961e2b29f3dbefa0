from collections.abc import Iterator

import pytest

from chengshu.core.lake import installation
from chengshu.hub.sensing.lake import OBSERVATIONS

from .lines import Ports, listening


@pytest.fixture(scope="module")
def ports(django_db_setup: None, django_db_blocker) -> Iterator[Ports]:
    with django_db_blocker.unblock():
        installation.current().ensure([OBSERVATIONS])
        with listening() as found:
            yield found
        installation.current().close()
