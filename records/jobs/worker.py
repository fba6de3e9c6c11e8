"""The worker process: runs jobs in threads until it is told to stop.

Procrastinate fetches, listens, beats the heart and defers periodic tasks. This file adds what it
leaves to its user: coming back after a lost database, bringing back the jobs of dead workers, and
saying when a job is given up. Procrastinate's own log lines quote the arguments of jobs (mail
addresses among them), so they are silenced here and ours are written instead.
"""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from records.database import Database, libpq_url
from records.jobs.queueing import LONGEST_TASK_NAME, TICK, enqueue
from records.jobs.retrying import GiveUp, Retry, Task, call_give_up, describe, log
from records.jobs.stalled import STALLED_AFTER_SECONDS, jobs_of, put_back, rescue_stalled

if TYPE_CHECKING:
    import procrastinate
    from procrastinate.worker import Worker as Engine

_STOP_POLL_SECONDS = 0.2
_JOB_POLL_SECONDS = 2.0
"""New jobs are announced by NOTIFY; only those that become due by time are found by looking."""
_LONGEST_PAUSE_SECONDS = 30.0
_TOKYO_HOURS_AHEAD = 9

PERIODIC_KEY = "periodic"


@dataclass(frozen=True, slots=True)
class Periodic:
    """A task without arguments at the times of a cron line (five fields, in **UTC**).

    Over all workers each tick counts once. It enqueues the task like any other, under one key: a
    slow or failing run is not overtaken by the next, and a failed one is retried at the next tick
    at the latest. Ticks that passed while no worker ran are not made up for, except one of the last
    ten minutes: write tasks that look at what is due, not at the time.
    """

    task: str
    cron: str

    @classmethod
    def daily(cls, task: str, *, hour: int, minute: int = 0) -> "Periodic":
        """Run at a time of day in Japan (no summer time, so UTC is always nine hours behind)."""
        return cls(task, f"{minute} {(hour - _TOKYO_HOURS_AHEAD) % 24} * * *")


class Worker:
    """Runs the jobs of ``tasks``, and no others: a newer version's tasks wait for a newer worker.

    ``heartbeat`` and ``stalled_after`` are seconds; a worker silent for ``stalled_after`` is taken
    for dead and its jobs are run again, so effects must bear that.
    """

    def __init__(
        self,
        url: str,
        tasks: Mapping[str, Task],
        *,
        periodic: Sequence[Periodic] = (),
        give_up: GiveUp | None = None,
        retry: Retry | None = None,
        concurrency: int = 2,
        heartbeat: float = 10.0,
        stalled_after: float = STALLED_AFTER_SECONDS,
    ) -> None:
        for each in periodic:
            if each.task not in tasks:
                raise ValueError(f"periodic task without a function: {each.task}")
        if too_long := [name for name in tasks if len(name) > LONGEST_TASK_NAME]:
            raise ValueError(f"task names above {LONGEST_TASK_NAME} characters: {too_long}")
        self._url = url
        self._tasks = dict(tasks)
        self._periodic = tuple(periodic)
        self._give_up = give_up
        self._retry = retry or Retry()
        self._concurrency = concurrency
        self._heartbeat = heartbeat
        self._stalled_after = stalled_after
        self._stopping = threading.Event()
        self._engine: Engine | None = None
        self._running: set[int] = set()
        self._database = Database(url, pool_size=2, application_name="warifu-worker-sync")

    def run(self) -> None:
        """Block until ``stop()``, SIGTERM or SIGINT; running jobs are finished first.

        A database that goes away is waited for, not a reason to end.
        """
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL + 1)
        self._catch_signals()
        rescuer = threading.Thread(target=self._rescue_forever, name="rescue", daemon=True)
        rescuer.start()
        pause = 1.0
        log.info("worker.started", tasks=len(self._tasks), concurrency=self._concurrency)
        while not self._stopping.is_set():
            started = datetime.now(UTC)
            try:
                asyncio.run(self._serve())
            except Exception as error:
                log.warning("worker.interrupted", **describe(error))
            if (datetime.now(UTC) - started).total_seconds() > pause:
                pause = 1.0  # it lived: the next loss is another one
            if self._stopping.wait(0 if self._stopping.is_set() else pause):
                break
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        rescuer.join(timeout=5)
        self._database.dispose()
        log.info("worker.stopped")

    def stop(self) -> None:
        """Ask ``run`` to end; may be called from any thread, before ``run`` too."""
        self._stopping.set()

    def _catch_signals(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: self.stop())

    async def _serve(self) -> None:
        """Run procrastinate's worker until it ends by itself or we are told to stop."""
        import procrastinate
        from procrastinate.worker import Worker as Engine

        app = procrastinate.App(
            connector=procrastinate.PsycopgConnector(
                conninfo=libpq_url(self._url),
                min_size=1,
                max_size=self._concurrency + 4,
                timeout=10,
                kwargs={"application_name": "warifu-worker", "connect_timeout": 10},
            )
        )
        self._register(app)
        async with app.open_async():
            engine = Engine(
                app,
                queues=sorted(self._tasks),
                concurrency=self._concurrency,
                delete_jobs="successful",
                install_signal_handlers=False,
                fetch_job_polling_interval=_JOB_POLL_SECONDS,
                update_heartbeat_interval=self._heartbeat,
                stalled_worker_timeout=self._stalled_after,
            )
            self._engine = engine
            stopper = asyncio.create_task(self._stop_when_asked(engine))
            try:
                await engine.run()  # type: ignore[no-untyped-call]
            finally:
                self._engine = None
                stopper.cancel()

    async def _stop_when_asked(self, engine: "Engine") -> None:
        while True:
            if self._stopping.is_set():
                engine.stop()  # type: ignore[no-untyped-call]
            await asyncio.sleep(_STOP_POLL_SECONDS)

    def _register(self, app: "procrastinate.App") -> None:
        from procrastinate import BaseRetryStrategy, RetryDecision

        policy = self._retry

        class Backoff(BaseRetryStrategy):
            def get_retry_decision(self, *, exception: BaseException, job: Any) -> Any:
                if not isinstance(exception, Exception) or policy.is_spent(job.attempts, exception):
                    return None
                return RetryDecision(retry_at=datetime.now(UTC) + policy.delay(job.attempts))

        crons = {each.task: each.cron for each in self._periodic}
        for name, function in self._tasks.items():
            app.task(name=name, queue=name, pass_context=True, retry=Backoff())(
                self._wrapped(name, function)
            )
            if name in crons:
                tick = app.task(name=name + TICK, queue=name, retry=Backoff())(self._tick(name))
                app.periodic(cron=crons[name], periodic_id="warifu")(tick)

    def _wrapped(self, name: str, function: Task) -> Any:
        def run_job(context: Any, **args: Any) -> None:
            attempts = int(context.job.attempts)
            job_id = int(context.job.id)
            self._running.add(job_id)
            try:
                function(**args)
            except Exception as error:
                log.warning(
                    "job.failed", task=name, job_id=job_id, attempt=attempts + 1, **describe(error)
                )
                if self._retry.is_spent(attempts, error):
                    call_give_up(self._give_up, name, job_id, args, error)
                raise
            finally:
                self._running.discard(job_id)
            log.info("job.done", task=name, job_id=job_id, attempt=attempts + 1)

        return run_job

    def _tick(self, name: str) -> Callable[[int], None]:
        def tick(timestamp: int) -> None:
            with self._database.transaction() as session:
                enqueue(session, name, key=PERIODIC_KEY, args={})

        return tick

    def _rescue_forever(self) -> None:
        orphans: set[int] = set()
        while not self._stopping.is_set():
            try:
                orphans = self._rescue(orphans)
            except Exception as error:
                log.warning("worker.rescue_failed", **describe(error))
            self._stopping.wait(self._heartbeat)

    def _rescue(self, orphans: set[int]) -> set[int]:
        """Bring back jobs of the dead, and our own that ended without their end being written.

        A job of ours that no thread runs is between fetch and start, between end and writing it
        down, or the writing failed. Only what is still so a heartbeat later is put back.
        """
        rescue_stalled(
            self._database,
            sorted(self._tasks),
            stalled_after=self._stalled_after,
            retry=self._retry,
            give_up=self._give_up,
        )
        engine = self._engine
        if engine is None or engine.worker_id is None:
            return set()
        found = jobs_of(self._database, engine.worker_id) - self._running
        put_back(self._database, found & orphans)
        return found - orphans
