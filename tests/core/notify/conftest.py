from collections.abc import Iterator

import pytest

from chengshu.core.access import permissions
from chengshu.core.access.permissions import Permission
from chengshu.core.events.outbox import event_types

from .factories import LampFailed


@pytest.fixture(autouse=True)
def _lamp_failed() -> Iterator[None]:
    code = LampFailed.permission
    with (
        event_types.temporarily(LampFailed.type, LampFailed),
        permissions.permissions.temporarily(code, Permission(code, code)),
    ):
        yield
