"""Queues as Prometheus gauges, read from the database when asked."""

from collections.abc import Iterator

from django.db.models import Count, Min
from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from chengshu.core.events.models import OutboxEvent

from .models import JobRun


class Queues(Collector):
    """Register once in the process that serves ``/metrics``."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        waiting = OutboxEvent.objects.filter(delivered_at=None).aggregate(
            count=Count("id"), oldest=Min("at")
        )
        age = (timezone.now() - waiting["oldest"]).total_seconds() if waiting["oldest"] else 0.0
        yield GaugeMetricFamily(
            "chengshu_outbox_waiting", "Events not yet delivered", value=waiting["count"]
        )
        yield GaugeMetricFamily(
            "chengshu_outbox_oldest_seconds", "Age of the oldest of them", value=age
        )
        runs = GaugeMetricFamily(
            "chengshu_job_runs", "Runs of jobs that wait or run", labels=["state"]
        )
        unended = JobRun.objects.filter(ended_at=None).values_list("state")
        counts = dict(unended.annotate(count=Count("id")).order_by())
        for state in (JobRun.State.WAITING, JobRun.State.RUNNING):
            runs.add_metric([state.value], counts.get(state.value, 0))
        yield runs
