"""The MQTT entrance as the ingest process opens and closes it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from django.conf import settings
from prometheus_client import Counter

from chengshu.hub.sensing.ingest.door import Door

from .address import Address, BadBroker
from .bridge import Bridge, process_name
from .broker import Broker


@asynccontextmanager
async def mqtt_entrance(door: Door, rows: Counter) -> AsyncIterator[None]:
    """The city's broker if one is named, else the embedded one, else nothing (port 0).

    Raises BadBroker, and OSError when the port is taken.
    """
    config = settings.CHENGSHU
    if config.mqtt_url:
        if not config.mqtt_token:
            raise BadBroker("CHENGSHU_MQTT_URL needs CHENGSHU_MQTT_TOKEN")
        client_id = process_name(config.ingest_port)
        address = Address.read(config.mqtt_url)
        bridge = Bridge(door, rows, address, config.mqtt_token, client_id)
        bridge.start()
        yield
        await bridge.close()
    elif config.mqtt_port:
        broker = Broker(door, rows)
        await broker.listen(config.host, config.mqtt_port)
        yield
        await broker.close()
    else:
        yield
