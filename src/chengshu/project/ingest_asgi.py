"""The ingest process: observations in, acknowledged once durable."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengshu.project.serving")  # noqa: TID251
# Bodies are read side by side, each in a thread of its own: more threads for each only wait.
os.environ.setdefault("POLARS_MAX_THREADS", "1")  # noqa: TID251
django.setup()

from chengshu.hub.sensing.ingest.asgi import application as ingest  # noqa: E402
from chengshu.hub.sensing.ingest.door import open_door  # noqa: E402
from chengshu.hub.sensing.ingest.mqtt.reading import MAKERS  # noqa: E402
from chengshu.hub.sensing.ingest.mqtt.subscriptions import RIGHTS  # noqa: E402
from chengshu.hub.sensing.ingest.mqtt.telling import TELLERS, Telling  # noqa: E402
from chengshu.hub.sensorthings import mqtt  # noqa: E402
from chengshu.hub.sensorthings.ingest import ROUTES  # noqa: E402

RIGHTS[mqtt.ROOT] = mqtt.may_hear
MAKERS[mqtt.ROOT] = mqtt.make
TELLERS[mqtt.ROOT] = Telling(mqtt.told, watches=True)
application = ingest(open_door)
application.router.routes.extend(ROUTES)
