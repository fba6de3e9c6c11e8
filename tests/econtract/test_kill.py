"""Killed between any two steps, the walk goes on and nothing is done twice.

First by stopping a job body at each of its outside calls; then by SIGKILL of a real worker process.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text
from walk import Walk

import signing
from econtract.jobs import bind
from econtract.states import ContractState
from records import Database, Store, audit, jobs
from records.store import Stored

pytestmark = pytest.mark.slow
S = ContractState


class Killed(BaseException):
    """Stands for the end of the process: nothing catches it."""


class MortalStore:
    """The store, dying at the nth call."""

    def __init__(self, store: Store, dies_at: int, *, after: bool) -> None:
        self.store, self.dies_at, self.after, self.calls = store, dies_at, after, 0

    def _call(self, verb: str, *args: Any, **more: Any) -> Any:
        self.calls += 1
        dying = self.calls == self.dies_at
        if dying and not self.after:
            raise Killed
        result = getattr(self.store, verb)(*args, **more)
        if dying:
            raise Killed
        return result

    def put(self, data: bytes, *, name: str | None = None) -> Stored:
        return self._call("put", data, name=name)

    def read(self, sha256: str) -> bytes:
        return self._call("read", sha256)

    def named(self, name: str) -> Stored | None:
        return self._call("named", name)

    def exists(self, sha256: str) -> bool:
        return self._call("exists", sha256)


class MortalDatabase:
    """The database, dying at the nth transaction: before it, or in it before the commit."""

    def __init__(self, database: Database, dies_at: int, *, after: bool) -> None:
        self.database, self.dies_at, self.after, self.calls = database, dies_at, after, 0

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        self.calls += 1
        dying = self.calls == self.dies_at
        if dying and not self.after:
            raise Killed
        with self.database.transaction() as session:
            yield session
            if dying:
                raise Killed


def due(walk: Walk) -> list[tuple[str, dict[str, Any]]]:
    """What the queue holds, to run a task body without the queue's own bookkeeping."""
    with walk.deps.database.reader() as session:
        rows = session.execute(
            text("SELECT task_name, args FROM procrastinate_jobs WHERE status = 'todo'")
        )
        return [(row.task_name, row.args) for row in rows]


def kill_at_every_call(walk: Walk) -> int:
    """Run what is due with death at each call to store and database in turn; count deaths."""
    deaths = 0
    for task, args in due(walk):
        if not task.startswith("econtract."):
            continue
        for kind in ("store", "database"):
            for after in (False, True):
                for nth in range(1, 40):
                    mortal: Any = (
                        MortalStore(walk.deps.store, nth, after=after)
                        if kind == "store"
                        else MortalDatabase(walk.deps.database, nth, after=after)
                    )
                    try:
                        walk.with_deps(**{kind: mortal}).tasks[task](**args)
                    except Killed:
                        deaths += 1
                    else:
                        break  # fewer calls than that: this run came to its end
    return deaths


@pytest.mark.parametrize("step", ["render", "vendor", "city"])
def test_t02_a_job_killed_at_any_of_its_calls_is_finished_by_the_next_run(
    walk: Walk, step: str
) -> None:
    if step == "render":
        walk.draft()
        from walk import DRAFTER

        from econtract import drafting

        with walk.deps.database.transaction() as session:
            drafting.make_document(
                session, walk.contract_id, rules=walk.deps.rules, actor=DRAFTER, at=walk.now
            )
        expected, action = S.READY, "contract.document_made"
    elif step == "vendor":
        walk.to(S.AWAITING_VENDOR).consent()
        walk.press_sign()
        expected, action = S.AWAITING_CITY, "contract.signed"
    else:
        walk.to(S.AWAITING_CITY)
        walk.press_close()
        expected, action = S.CONCLUDED, "contract.concluded"
    assert kill_at_every_call(walk) >= 6
    walk.run_jobs()
    assert walk.state() == expected
    assert walk.actions().count(action) == 1
    if step == "city":
        contract = walk.contract()
        pdf = walk.deps.store.read(contract.concluded_sha256 or "")
        verdict = signing.verify(pdf, walk.deps.trust, at=walk.now)
        assert verdict.is_passed
        assert len(verdict.signatures) == 2


def _work(url: str, store_folder: str, pki_folder: str, at: Any) -> None:
    """A worker process of its own, as the service runs one."""
    from datetime import timedelta
    from pathlib import Path

    from walk import HeardNotices

    from econtract import rules
    from econtract.deps import Deps
    from records import FixedClock, LocalStore
    from signing import development

    clock = FixedClock(at)
    pki = development.load(Path(pki_folder), clock=clock.now)
    deps = Deps(
        database=Database(url),
        store=LocalStore(store_folder),
        clock=clock,
        rules=rules.example(),
        notices=HeardNotices(),
        city_key=pki.city,
        service_key=pki.service,
        timestamper=pki.timestamper(),
        trust=pki.trust(),
        public_url="http://127.0.0.1:8000",
        keep_after=timedelta(0),
    )
    jobs.Worker(url, bind(deps), heartbeat=0.3, stalled_after=1.0, concurrency=1).run()


def test_a_worker_killed_again_and_again_loses_and_doubles_nothing(
    walk: Walk, database_url: str, pki_folder: Any
) -> None:
    walk.draft()
    context = multiprocessing.get_context("spawn")

    def live(until: str, kills: int) -> None:
        """Run workers, kill each after a while, until the contract is where it should be."""
        deadline = time.monotonic() + 120
        for n in range(100):
            process = context.Process(
                target=_work,
                args=(database_url, str(walk.deps.store.folder), str(pki_folder), walk.now),
            )
            process.start()
            ends = time.monotonic() + (2.2 + 0.35 * n if n < kills else 60)
            while time.monotonic() < ends and process.is_alive():
                if n >= kills and walk.state() == until:
                    break
                time.sleep(0.05)
            assert process.pid is not None
            os.kill(process.pid, signal.SIGKILL)
            process.join()
            if walk.state() == until:
                return
            assert time.monotonic() < deadline
        raise AssertionError(walk.state())

    from walk import DRAFTER

    from econtract import drafting

    with walk.deps.database.transaction() as session:
        drafting.make_document(
            session, walk.contract_id, rules=walk.deps.rules, actor=DRAFTER, at=walk.now
        )
    live(S.READY, kills=3)
    walk.submit().approve().send().consent()
    walk.press_sign()
    live(S.AWAITING_CITY, kills=3)
    walk.press_close()
    live(S.CONCLUDED, kills=3)
    done = walk.actions()
    for action in ("contract.document_made", "contract.concluded"):
        assert done.count(action) == 1
    assert done.count("contract.signed") == 2
    pdf = walk.deps.store.read(walk.contract().concluded_sha256 or "")
    verdict = signing.verify(pdf, walk.deps.trust, at=walk.now)
    assert verdict.is_passed
    with walk.deps.database.reader() as session:
        assert audit.verify(session).is_whole
