"""Health and metrics: the same two addresses on every port."""

from django.db import DatabaseError, connection
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chengshu.core.runtime.threads import in_thread


async def health(_request: Request) -> Response:
    """200 while the process serves and its database answers, else 503."""
    is_well = await in_thread(_database_answers)
    return JSONResponse(
        {"status": "ok" if is_well else "database-away"}, status_code=200 if is_well else 503
    )


async def metrics(_request: Request) -> Response:
    """Prometheus text format."""
    measured = await in_thread(generate_latest)
    return Response(measured, media_type=CONTENT_TYPE_LATEST)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


PROBES = (Route("/health", health), Route("/metrics", metrics))
