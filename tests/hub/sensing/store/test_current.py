"""The store of this process."""

import pytest

from chengshu.core.lake import installation
from chengshu.hub.sensing.store import Counts
from chengshu.hub.sensing.store.current import current, use

from .factories import observations

pytestmark = pytest.mark.django_db(transaction=True)


STREAM = 10**9
"""Nobody else's in the lake that the tests share."""


def test_a_store_that_was_closed_is_opened_anew() -> None:
    use(None)
    current().close()

    assert current().append(observations((STREAM, 0, 1.0))) == Counts(1, 1, 0, 0)

    current().close()
    installation.current().close()
