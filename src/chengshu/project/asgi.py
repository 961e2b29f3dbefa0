"""The web process: pages and API."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengshu.project.settings")  # noqa: TID251

application = get_asgi_application()
