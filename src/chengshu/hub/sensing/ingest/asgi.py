"""The ingest process: HTTP entrances, health and metrics on its port, devices on theirs."""

import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from django.db import InterfaceError, OperationalError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from chengshu.core.pages.probes import PROBES
from chengshu.core.runtime.threads import in_thread
from chengshu.hub.sensing.store.current import use
from chengshu.kit.errors import CityError, Transient

from .binding import Binder
from .devices.servers import device_servers
from .door import Door
from .http import ROUTES, ROWS
from .index import StreamIndex
from .mqtt.entrance import mqtt_entrance


def application(open_door: Callable[[StreamIndex], Door]) -> Starlette:
    """The ASGI application; *open_door* opens the store when the server starts."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        stop = threading.Event()
        index = StreamIndex()
        app.state.door = await in_thread(open_door, index)
        app.state.binder = Binder(app.state.door)
        listener = threading.Thread(target=index.listen, args=(stop,), daemon=True)
        listener.start()
        async with mqtt_entrance(app.state.door, ROWS), device_servers(app.state.door):
            yield
        stop.set()
        await in_thread(app.state.door.store.close)
        use(None)

    return Starlette(
        routes=[*ROUTES, *PROBES],
        exception_handlers={
            CityError: _refuse,
            ClientDisconnect: _hang_up,
            OperationalError: _put_off,
            InterfaceError: _put_off,
        },
        lifespan=lifespan,
    )


async def _refuse(_request: Request, error: Exception) -> Response:
    assert isinstance(error, CityError)
    return JSONResponse(error.as_json(), status_code=error.status)


async def _put_off(request: Request, _error: Exception) -> Response:
    return await _refuse(request, Transient("The database does not answer; send it again"))


async def _hang_up(_request: Request, _error: Exception) -> Response:
    """Heard by nobody, or by one who did not finish his body in time."""
    return Response(status_code=408)
