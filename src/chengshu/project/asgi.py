"""The web process: pages, API, static files and probes."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengshu.project.serving")  # noqa: TID251
django = get_asgi_application()

from prometheus_client import REGISTRY  # noqa: E402
from starlette.applications import Starlette  # noqa: E402
from starlette.routing import Mount  # noqa: E402

from chengshu.core.jobs.measures import Queues  # noqa: E402
from chengshu.core.lake import installation  # noqa: E402
from chengshu.core.pages.probes import PROBES  # noqa: E402
from chengshu.core.pages.statics import static_files  # noqa: E402
from chengshu.kit.errors import CityError  # noqa: E402


def _open_lake() -> None:
    """The first question to the lake would otherwise wait a second for it to open."""
    with suppress(CityError):
        installation.current().current_snapshot()


@asynccontextmanager
async def _lifespan(_app: object) -> AsyncIterator[None]:
    opening = asyncio.create_task(asyncio.to_thread(_open_lake))
    yield
    await opening


REGISTRY.register(Queues())
application = Starlette(
    routes=[
        *PROBES,
        Mount("/static", static_files()),
        Mount("/", django),  # type: ignore[arg-type] # Django narrows the ASGI scope to a dict
    ],
    lifespan=_lifespan,
)
