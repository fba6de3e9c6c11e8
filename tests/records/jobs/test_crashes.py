"""Workers killed with SIGKILL: what was promised is done, and done once."""

import os
import random
import re
import signal
import subprocess
import sys
import time
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from records import Actor, Database, LocalStore, SystemClock, audit, jobs

pytestmark = pytest.mark.slow

ROBOT = Actor("system", "worker", "warifu")
CLOCK = SystemClock()
PATIENT = jobs.Retry(attempts=100)

ITEMS = """
CREATE TABLE items (
    id integer PRIMARY KEY, state text NOT NULL, signed integer NOT NULL, mailed integer NOT NULL
)
"""


def wait_until_empty(database: Database, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while True:
        with database.reader() as session:
            count = session.execute(text("SELECT count(*) FROM procrastinate_jobs")).scalar_one()
        if count == 0:
            return
        assert time.monotonic() < deadline, f"{count} jobs left"
        time.sleep(0.1)


def make_items(database: Database, count: int) -> None:
    with database.transaction() as session:
        session.execute(text(ITEMS))
        for number in range(count):
            session.execute(
                text("INSERT INTO items VALUES (:id, 'approved', 0, 0)"), {"id": number}
            )
            jobs.enqueue(session, "storm.sign", key=str(number), args={"item": number})


class Walk:
    """Two steps as the domains do them: look, act outside, apply where the state still holds."""

    def __init__(self, url: str, folder: Path) -> None:
        self.database = Database(url, pool_size=3)
        self.store = LocalStore(folder)

    def state(self, session: Session, item: int, *, lock: bool = False) -> str:
        query = "SELECT state FROM items WHERE id = :id" + (" FOR UPDATE" if lock else "")
        return str(session.execute(text(query), {"id": item}).scalar_one())

    def sign(self, *, item: int) -> None:
        with self.database.transaction() as session:
            if self.state(session, item) != "approved":
                return
        # The effect: each run makes other bytes, as each signature does; the first ones stand.
        made = os.urandom(2000)
        stored = self.store.put(made, name=f"signing/{item}")
        time.sleep(0.01)
        with self.database.transaction() as session:
            if self.state(session, item, lock=True) != "approved":
                return
            session.execute(
                text("UPDATE items SET state = 'signed', signed = signed + 1 WHERE id = :id"),
                {"id": item},
            )
            jobs.enqueue(session, "storm.mail", key=str(item), args={"item": item})
            audit.append(
                session, ROBOT, "item.signed", f"item:{item}", {"sha": stored.sha256}, CLOCK.now()
            )

    def mail(self, *, item: int) -> None:
        with self.database.transaction() as session:
            if self.state(session, item, lock=True) != "signed":
                return
            session.execute(
                text("UPDATE items SET state = 'sent', mailed = mailed + 1 WHERE id = :id"),
                {"id": item},
            )
            audit.append(session, ROBOT, "item.sent", f"item:{item}", {}, CLOCK.now())


def work(url: str, folder: Path) -> None:
    walk = Walk(url, folder)
    jobs.Worker(
        url,
        {"storm.sign": walk.sign, "storm.mail": walk.mail},
        retry=PATIENT,
        concurrency=2,
        heartbeat=0.2,
        stalled_after=1.0,
    ).run()
    walk.database.dispose()


def test_a_storm_of_sigkill_loses_and_doubles_nothing(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    count, kills = 150, 0
    make_items(database, count)
    database.dispose()  # nothing of ours is shared with the children
    context = get_context("fork")

    def start() -> BaseProcess:
        process = context.Process(target=work, args=(database_url, tmp_path))
        process.start()
        return process

    workers = [start() for _ in range(3)]
    dice = random.Random(20261123)
    try:
        end = time.monotonic() + 9
        while time.monotonic() < end:
            time.sleep(dice.uniform(0.1, 0.5))
            victim = dice.randrange(3)
            assert workers[victim].pid is not None
            os.kill(workers[victim].pid, signal.SIGKILL)
            workers[victim].join()
            kills += 1
            workers[victim] = start()
        wait_until_empty(database, seconds=60)
        for each in workers:
            wait_until_it_stops_cleanly_when_asked(each.pid)
            each.terminate()
        for each in workers:
            each.join(timeout=15)
            assert each.exitcode == 0, "SIGTERM ends a worker cleanly"
    finally:
        for each in workers:
            each.kill()
    assert kills >= 10
    with database.reader() as session:
        rows = session.execute(
            text("SELECT state, signed, mailed, count(*) FROM items GROUP BY 1, 2, 3")
        )
        assert [tuple(row) for row in rows] == [("sent", 1, 1, count)]
        report = audit.verify(session)
        assert report.is_whole
        assert report.entries == 2 * count
        store = LocalStore(tmp_path)
        for number in range(count):
            signed = audit.history(session, f"item:{number}")[0]
            named = store.named(f"signing/{number}")
            assert named is not None
            assert signed.details == {"sha": named.sha256}, "the row names the bytes that stand"


def wait_until_it_stops_cleanly_when_asked(pid: int | None) -> None:
    """Until the process, which may just have begun, has its own answer to SIGTERM."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        status = Path(f"/proc/{pid}/status").read_text()
        caught = int(re.search(r"SigCgt:\t([0-9a-f]+)", status)[1], 16)
        if caught >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.05)
    raise AssertionError("the worker never caught SIGTERM")


WORKER = """
import os, sys, time
from pathlib import Path
from records import Database, jobs
from sqlalchemy import text

url, folder = sys.argv[1], Path(sys.argv[2])
database = Database(url)

def sign(*, item):
    runs = folder / "runs"
    with runs.open("a") as file:
        file.write(f"{os.getpid()}\\n")
    if len(runs.read_text().splitlines()) == 1:
        time.sleep(60)
    with database.transaction() as session:
        session.execute(text("UPDATE items SET signed = signed + 1 WHERE id = :id"), {"id": item})

jobs.Worker(url, {"storm.sign": sign}, heartbeat=0.3, stalled_after=1.5).run()
"""


def a_worker(url: str, folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WORKER, url, str(folder)])


def runs(folder: Path) -> int:
    path = folder / "runs"
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_a_job_whose_worker_is_killed_in_the_middle_is_finished_by_another(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    make_items(database, 1)
    first = a_worker(database_url, tmp_path)
    second = None
    try:
        deadline = time.monotonic() + 60
        while runs(tmp_path) == 0:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        first.send_signal(signal.SIGKILL)
        first.wait()
        with database.reader() as session:
            stranded = jobs.status(session, "storm.sign", key="0")
            assert stranded is not None
            assert stranded.state == "running"
        second = a_worker(database_url, tmp_path)
        wait_until_empty(database, seconds=60)
        second.terminate()
        assert second.wait(timeout=15) == 0
    finally:
        for each in (first, second):
            if each is not None and each.poll() is None:
                each.kill()
                each.wait()
    assert runs(tmp_path) == 2
    with database.reader() as session:
        assert session.execute(text("SELECT signed FROM items")).scalar_one() == 1


def test_a_worker_frozen_past_its_time_does_no_harm_when_it_thaws(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    """SIGSTOP, another worker takes the job, SIGCONT: both end, the state was compared once."""
    make_items(database, 30)
    database.dispose()
    context = get_context("fork")
    frozen = context.Process(target=work, args=(database_url, tmp_path))
    frozen.start()
    other = None
    try:
        deadline = time.monotonic() + 60
        while True:
            with database.reader() as session:
                done = session.execute(
                    text("SELECT count(*) FROM items WHERE state <> 'approved'")
                ).scalar_one()
            if done >= 2:
                break
            assert time.monotonic() < deadline
        assert frozen.pid is not None
        os.kill(frozen.pid, signal.SIGSTOP)
        database.dispose()
        other = context.Process(target=work, args=(database_url, tmp_path))
        other.start()
        time.sleep(2.5)
        os.kill(frozen.pid, signal.SIGCONT)
        wait_until_empty(database, seconds=60)
    finally:
        for each in (frozen, other):
            if each is not None:
                each.terminate()
                each.join(timeout=15)
                each.kill()
    with database.reader() as session:
        rows = session.execute(text("SELECT DISTINCT state, signed, mailed FROM items")).all()
        assert [tuple(row) for row in rows] == [("sent", 1, 1)]
        assert audit.verify(session).is_whole
