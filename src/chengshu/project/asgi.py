"""The web process: pages, API, static files and probes."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengshu.project.settings")  # noqa: TID251
django = get_asgi_application()

from prometheus_client import REGISTRY  # noqa: E402
from starlette.routing import Mount, Router  # noqa: E402

from chengshu.core.jobs.measures import Queues  # noqa: E402
from chengshu.core.pages.probes import PROBES  # noqa: E402
from chengshu.core.pages.statics import static_files  # noqa: E402

REGISTRY.register(Queues())
application = Router(
    [
        *PROBES,
        Mount("/static", static_files()),
        Mount("/", django),  # type: ignore[arg-type] # Django narrows the ASGI scope to a dict
    ]
)
