"""Enqueueing in the caller's transaction, once per key, and running what is due."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from records import Database, FixedClock, jobs
from records.errors import JobUnfit, JobUnknown

NOTE = "test.note"


class Notes:
    """A task that writes down what it was given."""

    def __init__(self) -> None:
        self.seen: list[Any] = []

    def __call__(self, **args: Any) -> None:
        self.seen.append(args)


class Failing:
    """A task that fails the first ``times`` times."""

    def __init__(self, times: int, error: type[Exception] = RuntimeError) -> None:
        self.times = times
        self.calls = 0
        self.error = error

    def __call__(self, **args: Any) -> None:
        self.calls += 1
        if self.calls <= self.times:
            raise self.error("hanako@example.jp")


def put(database: Database, key: str = "k", **options: Any) -> int:
    with database.transaction() as session:
        return jobs.enqueue(session, NOTE, key=key, args=options.pop("args", {}), **options)


def number_of_jobs(database: Database) -> int:
    with database.reader() as session:
        return int(session.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one())


def test_a_job_is_due_only_if_its_transaction_commits(database: Database) -> None:
    notes = Notes()

    def failing() -> None:
        with database.transaction() as session:
            jobs.enqueue(session, NOTE, key="k", args={})
            raise KeyError

    with pytest.raises(KeyError):
        failing()
    assert jobs.run_due(database, {NOTE: notes}) == 0
    put(database, args={"word": "契約", "yen": 1100, "list": [1, None, True]})
    assert jobs.run_due(database, {NOTE: notes}) == 1
    assert notes.seen == [{"word": "契約", "yen": 1100, "list": [1, None, True]}]
    assert number_of_jobs(database) == 0


def test_the_same_key_twice_while_to_do_is_one_job_and_the_transaction_lives(
    database: Database,
) -> None:
    with database.transaction() as session:
        first = jobs.enqueue(session, NOTE, key="k", args={"n": 1})
        assert jobs.enqueue(session, NOTE, key="k", args={"n": 2}) == first
        session.execute(text("SELECT 1"))
    assert put(database, args={"n": 3}) == first
    notes = Notes()
    assert jobs.run_due(database, {NOTE: notes}) == 1
    assert notes.seen == [{"n": 1}]


def test_a_key_belongs_to_its_task(database: Database) -> None:
    with database.transaction() as session:
        jobs.enqueue(session, NOTE, key="contract:1", args={})
        jobs.enqueue(session, "test.other", key="contract:1", args={})
    assert number_of_jobs(database) == 2


def test_a_key_is_free_again_once_its_job_is_done(database: Database) -> None:
    notes = Notes()
    for _ in range(2):
        put(database)
        jobs.run_due(database, {NOTE: notes})
    assert len(notes.seen) == 2


def test_the_same_key_from_many_transactions_at_once_is_one_job(database: Database) -> None:
    start = threading.Barrier(8)

    def one(_: int) -> int:
        start.wait(10)
        return put(database, key="race")

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(one, range(8)))) == 1
    assert number_of_jobs(database) == 1


def test_a_change_made_while_the_job_runs_is_seen_by_a_second_run(database: Database) -> None:
    """The running job may have read the state before the change: the key is enqueued anew."""
    notes: list[str] = []

    def task(**_: Any) -> None:
        notes.append("run")
        if len(notes) == 1:
            put(database)
            assert jobs.run_due(database, {NOTE: task}) == 0, "two of one key never run together"

    put(database)
    assert jobs.run_due(database, {NOTE: task}) == 2


def test_a_waiting_job_is_not_taken_until_the_second_enqueuer_commits(database: Database) -> None:
    """Else it would read the old state and finish, and the second enqueuer's wish be lost."""
    put(database)
    notes = Notes()
    with database.transaction() as session:
        jobs.enqueue(session, NOTE, key="k", args={})
        assert jobs.run_due(database, {NOTE: notes}) == 0
    assert jobs.run_due(database, {NOTE: notes}) == 1


def test_a_job_for_later_waits_and_the_earlier_of_two_times_counts(
    database: Database, clock: FixedClock
) -> None:
    notes = Notes()
    put(database, run_at=clock.now() + timedelta(days=3))
    assert jobs.run_due(database, {NOTE: notes}, at=clock.now() + timedelta(days=2)) == 0
    put(database, run_at=clock.now() + timedelta(days=1))
    put(database, run_at=clock.now() + timedelta(days=5))
    assert jobs.run_due(database, {NOTE: notes}, at=clock.now() + timedelta(hours=23)) == 0
    assert jobs.run_due(database, {NOTE: notes}, at=clock.now() + timedelta(days=1)) == 1


def test_enqueueing_again_without_a_time_makes_it_due_now(
    database: Database, clock: FixedClock
) -> None:
    put(database, run_at=clock.now() + timedelta(days=3))
    put(database)
    assert jobs.run_due(database, {NOTE: Notes()}, at=clock.now()) == 1


def test_jobs_run_in_order_and_urgent_ones_first(database: Database) -> None:
    notes = Notes()
    for number, priority in enumerate((0, 0, 5)):
        put(database, key=str(number), args={"n": number}, priority=priority)
    jobs.run_due(database, {NOTE: notes})
    assert [each["n"] for each in notes.seen] == [2, 0, 1]


def test_what_a_job_makes_due_runs_too(database: Database) -> None:
    notes = Notes()

    def first(**_: Any) -> None:
        put(database, key="next", args={"from": "first"})

    with database.transaction() as session:
        jobs.enqueue(session, "test.first", key="k", args={})
    assert jobs.run_due(database, {"test.first": first, NOTE: notes}) == 2
    assert notes.seen == [{"from": "first"}]


def test_a_failing_job_is_tried_again_later_and_later(
    database: Database, clock: FixedClock
) -> None:
    task = Failing(times=2)
    retry = jobs.Retry(attempts=5, first=timedelta(seconds=10), factor=3)
    put(database)
    with pytest.raises(RuntimeError):
        jobs.run_due(database, {NOTE: task}, at=clock.now(), retry=retry)
    clock.advance(timedelta(seconds=8))
    assert jobs.run_due(database, {NOTE: task}, at=clock.now(), retry=retry) == 0
    clock.advance(timedelta(seconds=4))
    with pytest.raises(RuntimeError):
        jobs.run_due(database, {NOTE: task}, at=clock.now(), retry=retry)
    clock.advance(timedelta(seconds=20))
    assert jobs.run_due(database, {NOTE: task}, at=clock.now(), retry=retry) == 0
    with database.reader() as session:
        waiting = jobs.status(session, NOTE, key="k")
    assert waiting is not None
    assert (waiting.state, waiting.attempts) == ("retrying", 2)
    clock.advance(timedelta(seconds=14))
    assert jobs.run_due(database, {NOTE: task}, at=clock.now(), retry=retry) == 1
    assert task.calls == 3


def test_one_failing_job_does_not_stop_the_others_when_asked(database: Database) -> None:
    notes = Notes()
    put(database, key="bad", args={"bad": True})
    put(database, key="good", args={"bad": False})

    def task(*, bad: bool) -> None:
        if bad:
            raise RuntimeError
        notes()

    assert jobs.run_due(database, {NOTE: task}, stop_at_error=False) == 1


def give_up_into(found: list[Any]) -> jobs.GiveUp:
    def give_up(task: str, args: dict[str, Any], error: Exception) -> None:
        found.append((task, args, type(error).__name__))

    return give_up


def test_spent_attempts_are_told_once_and_the_job_stays_for_the_operator(
    database: Database,
) -> None:
    found: list[Any] = []
    options: dict[str, Any] = {
        "retry": jobs.Retry(attempts=2, first=timedelta(0)),
        "give_up": give_up_into(found),
        "stop_at_error": False,
    }
    task = Failing(times=2)
    put(database, args={"n": 1})
    assert jobs.run_due(database, {NOTE: task}, **options) == 0
    assert found == [(NOTE, {"n": 1}, "RuntimeError")]
    with database.reader() as session:
        (spent,) = jobs.failed(session)
        assert spent.state == "failed"
        assert [(each.state, each.count) for each in jobs.counts(session)] == [("failed", 1)]
    with database.transaction() as session:
        assert jobs.retry(session, spent.id)
        assert not jobs.retry(session, spent.id), "it waits already"
    assert jobs.run_due(database, {NOTE: task}, **options) == 1


def test_a_permanent_error_is_given_up_at_once(database: Database) -> None:
    class WrongInput(Exception):
        is_permanent = True

    found: list[Any] = []
    put(database)
    with pytest.raises(WrongInput):
        jobs.run_due(
            database, {NOTE: Failing(times=9, error=WrongInput)}, give_up=give_up_into(found)
        )
    assert [each[2] for each in found] == ["WrongInput"]


def test_a_give_up_that_fails_is_logged_and_the_job_still_marked(database: Database) -> None:
    def broken(task: str, args: dict[str, Any], error: Exception) -> None:
        raise OSError("hanako@example.jp")

    put(database)
    with capture_logs() as logs, pytest.raises(RuntimeError):
        jobs.run_due(
            database, {NOTE: Failing(times=1)}, retry=jobs.Retry(attempts=1), give_up=broken
        )
    assert "job.give_up_failed" in {each["event"] for each in logs}
    with database.reader() as session:
        assert len(jobs.failed(session)) == 1


def test_logs_name_the_place_but_never_the_text_or_the_arguments(database: Database) -> None:
    put(database, args={"to": "taro@example.jp"})
    with capture_logs() as logs, pytest.raises(RuntimeError):
        jobs.run_due(database, {NOTE: Failing(times=1)})
    assert "example.jp" not in repr(logs)
    (failed,) = [each for each in logs if each["event"] == "job.failed"]
    assert failed["error"] == "RuntimeError"
    assert failed["place"].startswith("test_queueing.py:")


def test_an_unknown_task_waits_for_someone_who_knows_it(database: Database) -> None:
    put(database)
    with pytest.raises(JobUnknown, match=r"test\.note"):
        jobs.run_due(database, {})
    assert number_of_jobs(database) == 1


@pytest.mark.parametrize(
    ("task", "key", "args", "field"),
    [
        ("x" * 41, "k", {}, "task"),
        ("Bad Name", "k", {}, "task"),
        ("a..b", "k", {}, "task"),
        ("test.note", "", {}, "key"),
        ("test.note", "k" * 201, {}, "key"),
        ("test.note", "k\x00", {}, "key"),
        ("test.note", "k", {"at": datetime(2026, 1, 1, tzinfo=UTC)}, "args"),
        ("test.note", "k", {"x": float("nan")}, "args"),
        ("test.note", "k", {"x": "\x00"}, "args"),
        ("test.note", "k", {"x": "y" * 300_000}, "args"),
        ("test.note", "k", {"x": "\ud800"}, "args"),
        ("test.note", "\ud800", {}, "key"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_field(
    database: Database, task: str, key: str, args: dict[str, Any], field: str
) -> None:
    with pytest.raises(JobUnfit) as caught, database.transaction() as session:
        jobs.enqueue(session, task, key=key, args=args)
    assert caught.value.field == field
    assert number_of_jobs(database) == 0


def test_a_key_may_hold_any_text(database: Database) -> None:
    put(database, key="契約: 100% \\u0000 'x' :y")
    assert jobs.run_due(database, {NOTE: Notes()}) == 1


def test_status_tells_what_happens_next(database: Database, clock: FixedClock) -> None:
    put(database, run_at=clock.now())
    states: list[str] = []

    def look(**_: Any) -> None:
        with database.reader() as session:
            found = jobs.status(session, NOTE, key="k")
            assert found is not None
            states.append(found.state)

    with database.reader() as session:
        waiting = jobs.status(session, NOTE, key="k")
        assert jobs.status(session, NOTE, key="other") is None
    assert waiting is not None
    assert (waiting.state, waiting.due_at) == ("waiting", clock.now())
    jobs.run_due(database, {NOTE: look}, at=clock.now())
    assert states == ["running"]
    with database.reader() as session:
        assert jobs.status(session, NOTE, key="k") is None


def test_progress_is_the_last_that_was_reported(database: Database, clock: FixedClock) -> None:
    for done in (0, 300, 600):
        with database.transaction() as session:
            jobs.report_progress(
                session, "closing:2027", done=done, total=600, step="sign", at=clock.now()
            )
    with database.reader() as session:
        found = jobs.progress(session, "closing:2027")
        assert jobs.progress(session, "closing:2028") is None
    assert found == jobs.Progress("closing:2027", 600, 600, "sign", clock.now())
    assert found.is_complete


def test_backoff_grows_to_its_limit_and_reaches_over_a_night() -> None:
    retry = jobs.Retry()
    delays = [retry.delay(n).total_seconds() for n in range(retry.attempts)]
    assert 9 <= delays[0] <= 11
    assert max(delays) <= 6 * 3600 * 1.1
    assert sum(delays[:-1]) > 20 * 3600


def test_the_schema_is_installed_once(database: Database) -> None:
    with database.transaction() as session:
        assert jobs.is_installed(session.connection())
        jobs.install(session.connection())
    assert "procrastinate_defer_jobs_v1" in jobs.schema_sql()


def test_a_schema_older_than_the_library_is_noticed(database: Database) -> None:
    with database.transaction() as session:
        assert jobs.missing_functions(session.connection()) == []
        session.execute(text("DROP FUNCTION procrastinate_retry_job_v2"))
        assert jobs.missing_functions(session.connection()) == ["procrastinate_retry_job_v2"]


def test_a_run_that_was_interrupted_is_taken_up_by_the_next(database: Database) -> None:
    def interrupted(**_: Any) -> None:
        raise KeyboardInterrupt

    put(database)
    with pytest.raises(KeyboardInterrupt):
        jobs.run_due(database, {NOTE: interrupted})
    notes = Notes()
    assert jobs.run_due(database, {NOTE: notes}) == 1


def test_taking_a_job_stays_quick_beside_many_that_wait(database: Database) -> None:
    """The plan finds the holder of a lock by our index instead of reading all waiting jobs."""
    with database.transaction() as session:
        session.execute(
            text(
                "INSERT INTO procrastinate_jobs (queue_name, task_name, lock, scheduled_at)"
                " SELECT 'x.y', 'x.y', 'x.y ' || n, now() + interval '30 days'"
                " FROM generate_series(1, 20000) n"
            )
        )
        put_many(session, 20)
        session.execute(text("ANALYZE procrastinate_jobs"))
        plan = "\n".join(
            session.execute(
                text("EXPLAIN SELECT 1 FROM procrastinate_jobs WHERE lock = 'x.y 5'"
                     " AND status IN ('todo', 'doing')")
            ).scalars()
        )  # fmt: skip
    assert "warifu_jobs_lock" in plan
    assert jobs.run_due(database, {NOTE: Notes()}) == 20


def put_many(session: Any, count: int) -> None:
    for number in range(count):
        jobs.enqueue(session, NOTE, key=f"many {number}", args={})
