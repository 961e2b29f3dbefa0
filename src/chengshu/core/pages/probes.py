"""Health and metrics: the same two addresses on every port."""

from django.db import DatabaseError, close_old_connections, connection
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


async def health(_request: Request) -> Response:
    """200 while the process serves and its database answers, else 503."""
    is_well = await run_in_threadpool(_database_answers)
    return JSONResponse(
        {"status": "ok" if is_well else "database-away"}, status_code=200 if is_well else 503
    )


async def metrics(_request: Request) -> Response:
    """Prometheus text format."""
    measured = await run_in_threadpool(generate_latest)
    return Response(measured, media_type=CONTENT_TYPE_LATEST)


def _database_answers() -> bool:
    close_old_connections()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


PROBES = (Route("/health", health), Route("/metrics", metrics))
