"""The worker process: jobs, schedules, the outbox and the loops."""

import os

import django


def main() -> None:
    """Work until SIGTERM or SIGINT."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chengshu.project.settings")  # noqa: TID251
    django.setup()
    from chengshu.core.jobs.worker import stop_on_signals, work

    work(stop_on_signals())
