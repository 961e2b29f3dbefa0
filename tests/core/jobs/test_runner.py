import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from chengshu.core.events.models import OutboxEvent
from chengshu.core.jobs import jobs as upkeep
from chengshu.core.jobs.measures import Queues
from chengshu.core.jobs.models import JobRun
from chengshu.core.jobs.runner import Progress, jobs, start, start_scheduled
from chengshu.kit.errors import Invalid, Transient, UnknownName

pytestmark = pytest.mark.django_db(transaction=True)


def test_run_reports_progress_and_its_result(lend_job, work_off):
    def count(progress: Progress, rows: int) -> dict[str, int]:
        for row in range(rows):
            progress(row + 1, rows)
        return {"rows": rows}

    lend_job("test.count", count)

    run = start("test.count", actor="li-na", arguments={"rows": 3})
    work_off()

    run.refresh_from_db()
    assert (run.state, run.done, run.total, run.result) == ("done", 3, 3, {"rows": 3})
    assert run.started_at <= run.ended_at


def test_progress_is_written_while_the_job_runs_but_not_at_every_step(
    lend_job, work_off, django_assert_max_num_queries
):
    seen = []

    def slow(progress: Progress) -> None:
        with django_assert_max_num_queries(2):
            for step in range(500):
                progress(step, 1000)
        progress._written_at = time.monotonic() - 2
        progress(600, 1000)
        seen.append(JobRun.objects.get().done)

    lend_job("test.slow", slow)

    start("test.slow", actor="li-na")
    work_off()

    assert seen == [600]


def test_run_starts_only_when_its_transaction_is_committed(lend_job, work_off):
    ran = []
    lend_job("test.mark", lambda progress: ran.append(1))

    with pytest.raises(ArithmeticError):
        start_and_fail("test.mark")
    work_off()

    assert not ran
    assert not JobRun.objects.exists()


@transaction.atomic
def start_and_fail(name: str) -> None:
    start(name, actor="li-na")
    raise ArithmeticError


def test_expected_failure_is_written_with_its_code_and_not_tried_again(lend_job, work_off):
    def refuse(progress: Progress) -> None:
        raise Invalid("row 7 is wrong", where={"row": 7})

    lend_job("test.refuse", refuse)

    run = start("test.refuse", actor="li-na")
    work_off()

    run.refresh_from_db()
    assert run.state == "failed"
    assert run.result["error"]["where"] == {"row": 7}
    assert ProcrastinateJob.objects.get().status == "failed"


def test_bug_is_written_as_such_without_its_text(lend_job, work_off):
    def broken(progress: Progress) -> None:
        raise ArithmeticError("secret")

    lend_job("test.broken", broken)

    run = start("test.broken", actor="li-na")
    work_off()

    run.refresh_from_db()
    assert (run.state, run.result) == ("failed", {"error": {"code": "bug"}})


def test_transient_failure_is_tried_again_later_until_it_works(lend_job, work_off):
    tries = []

    def busy(progress: Progress) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise Transient("busy")

    lend_job("test.busy", busy)
    run = start("test.busy", actor="li-na")
    for _ in range(2):
        work_off()
        run.refresh_from_db()
        assert (run.state, run.ended_at) == ("waiting", None)
        make_due()

    work_off()

    run.refresh_from_db()
    assert (run.state, len(tries)) == ("done", 3)


def test_transient_failure_is_given_up_after_six_more_tries(lend_job, work_off):
    tries = []

    def busy(progress: Progress) -> None:
        tries.append(1)
        raise Transient("busy")

    lend_job("test.busy", busy)
    run = start("test.busy", actor="li-na")
    for _ in range(9):
        work_off()
        make_due()

    run.refresh_from_db()
    assert (run.state, len(tries)) == ("failed", 7)


def make_due() -> None:
    """As if the waiting time of every queued job were over."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE status = 'todo'")


def test_unknown_job_is_refused():
    with pytest.raises(UnknownName):
        start("test.unheard", actor="li-na")


def test_scheduled_run_is_left_out_while_the_last_one_waits(lend_job, work_off):
    ran = []
    lend_job("test.hourly", lambda progress: ran.append(1))

    first = start_scheduled("test.hourly")
    second = start_scheduled("test.hourly")
    work_off()
    third = start_scheduled("test.hourly")
    work_off()

    assert first
    assert not second
    assert third
    assert len(ran) == JobRun.objects.count() == 2


def test_run_of_a_killed_worker_starts_again(lend_job, work_off):
    ran = []
    lend_job("test.mark", lambda progress: ran.append(1))
    run = start("test.mark", actor="li-na")
    as_if_killed()

    revived = upkeep.revive()
    work_off()

    run.refresh_from_db()
    assert (revived, len(ran), run.state) == (1, 1, "done")


def test_scheduled_run_of_a_killed_worker_gives_way_to_the_next(lend_job, work_off):
    lend_job("test.hourly", lambda progress: None)
    killed = start_scheduled("test.hourly")
    as_if_killed()
    following = start_scheduled("test.hourly")

    upkeep.revive()
    work_off()

    killed.refresh_from_db()
    following.refresh_from_db()
    assert (killed.state, killed.result["error"]["code"]) == ("failed", "worker-died")
    assert following.state == "done"


def as_if_killed() -> None:
    """What a worker leaves that took the job and was killed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')"
            " RETURNING id"
        )
        worker = cursor.fetchone()[0]
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", [worker])


def test_tidying_forgets_what_is_old_and_delivered(work_off):
    now = timezone.now()
    old = now - timedelta(days=31)
    for delivered_at in (old, now, None):
        OutboxEvent.objects.create(type="x.y", at=old, body={}, delivered_at=delivered_at)
    Session.objects.create(session_key="a", session_data="", expire_date=now)
    start("jobs.tidy", actor="li-na")

    work_off()

    assert JobRun.objects.get().result == {"attempts": 0, "events": 1, "sessions": 1}
    assert set(OutboxEvent.objects.values_list("delivered_at", flat=True)) == {now, None}


def test_every_schedule_is_a_cron_line_of_a_registered_job():
    assert jobs["jobs.tidy"].schedule == "17 3 * * *"


def test_queues_are_measured(lend_job):
    lend_job("test.mark", lambda progress: None)
    start("test.mark", actor="li-na")
    JobRun.objects.update(created_at=timezone.now() - timedelta(hours=1))

    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in Queues().collect()
        for sample in family.samples
    }

    assert samples["chengshu_outbox_waiting",] == 0
    assert samples["chengshu_job_runs", "waiting"] == 1
    assert samples["chengshu_job_runs", "running"] == 0
