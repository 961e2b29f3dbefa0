"""Whether the database has the tables this version expects, and bringing it there."""

from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone


def pending_migrations() -> list[str]:
    """Names of the migrations that are still to be applied, in order."""
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [str(migration) for migration, _ in plan]


def bring_up_to_date() -> list[str]:
    """Apply what is pending and return its names; quick when there is nothing."""
    pending = pending_migrations()
    if pending:
        call_command("migrate", interactive=False, verbosity=0)
    return pending


def database_clock() -> tuple[str, float]:
    """The server's version, and by how many seconds its clock is ahead of ours."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version'), now()")
        version, now = cursor.fetchone()
    return version, (now - timezone.now()).total_seconds()
