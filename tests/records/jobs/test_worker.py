"""The worker: threads, stop, retries, periodic tasks, and a database that goes away."""

import logging
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from records import Base, Database, embedded, jobs
from records.errors import JobAbandoned

QUICK = jobs.Retry(attempts=3, first=timedelta(seconds=0.1), factor=1)

pytestmark = pytest.mark.slow


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


@contextmanager
def working(worker: jobs.Worker) -> Iterator[threading.Thread]:
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield thread
    finally:
        worker.stop()
        thread.join(timeout=20)
        assert not thread.is_alive(), "the worker did not stop"


def enqueue(database: Database, task: str, keys: Sequence[str] = ("k",), **args: Any) -> None:
    with database.transaction() as session:
        for key in keys:
            jobs.enqueue(session, task, key=key, args=args)


def left(database: Database) -> int:
    with database.reader() as session:
        return int(session.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one())


def test_jobs_run_in_threads_and_wake_the_worker_at_once(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("records.jobs.worker._JOB_POLL_SECONDS", 600.0)  # only waking finds it
    seen: list[tuple[Any, str]] = []

    def note(**args: Any) -> None:
        seen.append((args, threading.current_thread().name))

    with working(jobs.Worker(database_url, {"test.note": note})) as thread:
        enqueue(database, "test.note", word="割符")
        wait_until(lambda: len(seen) == 1)
        time.sleep(0.5)  # the worker has looked in vain and listens now
        enqueue(database, "test.note", word="二")
        wait_until(lambda: len(seen) == 2)
        wait_until(lambda: left(database) == 0)
    assert seen[0][0] == {"word": "割符"}
    assert thread.name not in {name for _, name in seen}


def test_jobs_run_side_by_side_but_never_two_of_one_key(
    database: Database, database_url: str
) -> None:
    running: list[str] = []
    most, same = [0], [0]
    lock = threading.Lock()

    def busy(*, key: str) -> None:
        with lock:
            same[0] = max(same[0], running.count(key) + 1)
            running.append(key)
            most[0] = max(most[0], len(running))
        time.sleep(0.1)
        with lock:
            running.remove(key)
        if key.startswith("again"):
            return
        with database.transaction() as session:
            jobs.enqueue(session, "test.busy", key=key, args={"key": f"again {key}"})

    with database.transaction() as session:
        for key in "abcd":
            jobs.enqueue(session, "test.busy", key=key, args={"key": key})
    with working(jobs.Worker(database_url, {"test.busy": busy}, concurrency=3)):
        wait_until(lambda: left(database) == 0)
    assert most[0] == 3
    assert same[0] == 1


def test_a_failing_job_is_retried_and_then_given_up(database: Database, database_url: str) -> None:
    calls: list[str] = []
    spent: list[Any] = []

    def failing(**_: Any) -> None:
        calls.append("x")
        raise OSError("hanako@example.jp")

    def twice(**_: Any) -> None:
        calls.append("y")
        if calls.count("y") == 1:
            raise OSError

    worker = jobs.Worker(
        database_url,
        {"test.failing": failing, "test.twice": twice},
        retry=QUICK,
        give_up=lambda task, args, error: spent.append((task, args, type(error))),
    )
    enqueue(database, "test.failing", n=1)
    enqueue(database, "test.twice")
    with working(worker):
        wait_until(lambda: bool(spent) and calls.count("y") == 2)
        wait_until(lambda: left(database) == 1)
    assert spent == [("test.failing", {"n": 1}, OSError)]
    assert calls.count("x") == 3
    with database.reader() as session:
        (failed,) = jobs.failed(session)
    assert failed.attempts == 3


def test_logs_of_the_worker_and_its_library_hold_no_arguments(
    database: Database, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    done = threading.Event()

    def mail(**_: Any) -> None:
        if done.is_set():
            return
        done.set()
        raise ValueError("hanako@example.jp")

    logging.getLogger("procrastinate").setLevel(logging.DEBUG)
    with caplog.at_level(logging.DEBUG), capture_logs() as logs:
        enqueue(database, "test.mail", to="hanako@example.jp")
        with working(jobs.Worker(database_url, {"test.mail": mail}, retry=QUICK)):
            wait_until(lambda: left(database) == 0)
    assert {"job.failed", "job.done"} <= {each["event"] for each in logs}
    assert "example.jp" not in repr(logs) + caplog.text


def test_a_worker_leaves_tasks_it_does_not_know_to_others(
    database: Database, database_url: str
) -> None:
    seen: list[str] = []
    enqueue(database, "test.newer")
    enqueue(database, "test.known")
    with working(jobs.Worker(database_url, {"test.known": lambda: seen.append("known")})):
        wait_until(lambda: seen == ["known"])
        time.sleep(0.3)
    assert left(database) == 1
    assert jobs.run_due(database, {"test.newer": lambda: seen.append("newer")}) == 1


def test_stop_lets_the_running_job_finish(database: Database, database_url: str) -> None:
    started, ended = threading.Event(), threading.Event()

    def slow() -> None:
        started.set()
        time.sleep(0.8)
        ended.set()

    enqueue(database, "test.slow")
    worker = jobs.Worker(database_url, {"test.slow": slow})
    with working(worker):
        assert started.wait(60)
        worker.stop()
    assert ended.is_set()
    assert left(database) == 0


def test_a_worker_stopped_before_it_runs_ends_at_once(database_url: str) -> None:
    worker = jobs.Worker(database_url, {})
    worker.stop()
    worker.run()  # comes back


def test_a_periodic_task_runs_without_arguments_and_by_name_too(
    database: Database, database_url: str
) -> None:
    seen: list[str] = []
    worker = jobs.Worker(
        database_url,
        {"test.tick": lambda: seen.append("tick")},
        periodic=[jobs.Periodic("test.tick", "* * * * * *")],  # croniter: sixth field is seconds
    )
    with working(worker):
        wait_until(lambda: len(seen) >= 2)
        enqueue(database, "test.tick", keys=["by hand"])
        wait_until(lambda: len(seen) >= 3)


def test_two_workers_share_the_ticks(database: Database, database_url: str) -> None:
    seen: list[float] = []
    workers = [
        jobs.Worker(
            database_url,
            {"test.tick": lambda: seen.append(time.time())},
            periodic=[jobs.Periodic("test.tick", "* * * * * */2")],
        )
        for _ in range(2)
    ]
    with working(workers[0]), working(workers[1]):
        time.sleep(5)
    seconds = [int(each) // 2 for each in seen]
    assert 1 <= len(seen) <= 4
    assert len(set(seconds)) == len(seconds)


def test_a_failing_periodic_task_is_one_job_that_each_tick_tries_again(
    database: Database, database_url: str
) -> None:
    calls: list[int] = []

    def failing() -> None:
        calls.append(left(database))
        raise OSError

    worker = jobs.Worker(
        database_url,
        {"test.tick": failing},
        periodic=[jobs.Periodic("test.tick", "* * * * * *")],
        retry=jobs.Retry(attempts=50, first=timedelta(hours=1)),
    )
    with working(worker):
        wait_until(lambda: len(calls) >= 3)
    assert max(calls) <= 3, "the job, its successor at most, and the tick itself"


def test_a_job_whose_end_could_not_be_written_is_run_again(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection breaks between the end of the job and the note of it; the worker lives on."""
    from procrastinate.manager import JobManager

    real = JobManager.finish_job_by_id_async
    calls: list[str] = []
    broken: list[int] = []

    async def finish(self: Any, job_id: int, **options: Any) -> None:
        if not broken:
            broken.append(job_id)
            raise ConnectionError
        await real(self, job_id=job_id, **options)

    monkeypatch.setattr(JobManager, "finish_job_by_id_async", finish)
    enqueue(database, "test.note")
    worker = jobs.Worker(database_url, {"test.note": lambda: calls.append("run")}, heartbeat=0.3)
    with working(worker):
        wait_until(lambda: len(calls) == 2)
        wait_until(lambda: left(database) == 0)
    assert len(broken) == 1


def test_a_long_job_of_a_living_worker_is_not_put_back(
    database: Database, database_url: str
) -> None:
    calls: list[str] = []

    def long() -> None:
        calls.append("run")
        time.sleep(2.5)

    enqueue(database, "test.long")
    worker = jobs.Worker(database_url, {"test.long": long}, heartbeat=0.2, stalled_after=1.0)
    with working(worker):
        wait_until(lambda: bool(calls) and left(database) == 0)
    assert calls == ["run"]


def test_a_time_of_day_in_japan_becomes_a_cron_line_in_utc() -> None:
    assert jobs.Periodic.daily("a.b", hour=2, minute=30).cron == "30 17 * * *"
    assert jobs.Periodic.daily("a.b", hour=9).cron == "0 0 * * *"
    assert jobs.Periodic.daily("a.b", hour=23, minute=59).cron == "59 14 * * *"


def test_wrong_registrations_are_refused_at_once(database_url: str) -> None:
    with pytest.raises(ValueError, match=r"a\.b"):
        jobs.Worker(database_url, {}, periodic=[jobs.Periodic("a.b", "* * * * *")])
    with pytest.raises(ValueError, match="40"):
        jobs.Worker(database_url, {"x" * 41: lambda: None})


def strand(database: Database, *, attempts: int = 0) -> None:
    """Leave a job as a worker does that died an hour ago."""
    enqueue(database, "test.lost", n=1)
    with database.transaction() as session:
        session.execute(
            text(
                "WITH dead AS (INSERT INTO procrastinate_workers (last_heartbeat)"
                " VALUES (now() - interval '1 hour') RETURNING id)"
                " UPDATE procrastinate_jobs SET status = 'doing', attempts = :attempts,"
                " worker_id = (SELECT id FROM dead)"
            ),
            {"attempts": attempts},
        )


def test_the_job_of_a_dead_worker_is_brought_back(database: Database, database_url: str) -> None:
    seen: list[int] = []
    strand(database)
    worker = jobs.Worker(
        database_url, {"test.lost": lambda n: seen.append(n)}, heartbeat=0.2, stalled_after=1.0
    )
    with working(worker):
        wait_until(lambda: seen == [1])
        wait_until(lambda: left(database) == 0)


def test_the_jobs_of_the_living_are_left_alone(database: Database) -> None:
    enqueue(database, "test.lost", n=1)
    with database.transaction() as session:
        session.execute(
            text(
                "WITH living AS (INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id)"
                " UPDATE procrastinate_jobs SET status = 'doing',"
                " worker_id = (SELECT id FROM living)"
            )
        )
    assert jobs.rescue_stalled(database, ["test.lost"]) == 0
    assert jobs.rescue_stalled(database, ["test.other"]) == 0


def test_a_job_that_kills_its_worker_each_time_is_given_up(database: Database) -> None:
    spent: list[Any] = []
    strand(database, attempts=2)
    jobs.rescue_stalled(
        database,
        ["test.lost"],
        retry=QUICK,
        give_up=lambda task, args, error: spent.append((task, args, error)),
    )
    ((task, args, error),) = spent
    assert (task, args) == ("test.lost", {"n": 1})
    assert isinstance(error, JobAbandoned)
    assert "3 回" in error.message_ja
    with database.reader() as session:
        assert len(jobs.failed(session)) == 1


def test_the_worker_outlives_a_killed_database() -> None:
    """The embedded server is killed under a working worker; started again, all jobs are done."""
    folder = Path("/tmp") / f"warifu-outage-{os.urandom(4).hex()}"
    seen: set[int] = set()
    try:
        url = embedded.start(folder)
        database = Database(url)
        with database.engine.begin() as connection:
            Base.metadata.create_all(connection)
            jobs.install(connection)

        def note(*, n: int) -> None:
            time.sleep(0.05)
            seen.add(n)

        def fill(first: int) -> None:
            with database.transaction() as session:
                for n in range(first, first + 20):
                    jobs.enqueue(session, "test.note", key=str(n), args={"n": n})

        worker = jobs.Worker(
            url, {"test.note": note}, retry=jobs.Retry(), heartbeat=0.3, stalled_after=2.0
        )
        with working(worker):
            fill(0)
            wait_until(lambda: len(seen) > 3)
            pid = int((folder / "cluster" / "postmaster.pid").read_text().splitlines()[0])
            os.kill(pid, signal.SIGKILL)
            time.sleep(0.5)
            assert embedded.start(folder) == url
            fill(20)
            wait_until(lambda: len(seen) == 40, seconds=120)
            wait_until(lambda: left(database) == 0, seconds=120)
        database.dispose()
    finally:
        embedded.stop(folder)
        shutil.rmtree(folder, ignore_errors=True)
