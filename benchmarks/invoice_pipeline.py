"""Invoices from bytes to matched and stored: how many a second, and how long one waits in a crowd.

    ./dev bench invoice_pipeline [COUNT]       default 10,000: the largest ZIP that is taken

Real JP PINT files against concluded contracts and passed inspections on the embedded server as the
service starts it, the document store on disk, the workers processes of their own as `warifu worker`
runs them. In this order:

1. COUNT / 5 invoices one by one: what a sender waits for, then examining and matching with one
   worker; the same again with two.
2. A ZIP of COUNT invoices with two workers; while it is worked off, single invoices are sent, and
   the time to their receipt number and to their being matched is taken (50 of them, or as many as
   are sent before the ZIP is done).
3. The hand-over of COUNT approved payments in one run: orders, bank file, states, trail.
"""

from __future__ import annotations

import functools
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

from sqlalchemy import func, select, update

import einvoice.jobs
from benchmarks._invoice_walk import City
from einvoice import handover
from einvoice.models import IntakeBatch, ReceivedInvoice
from einvoice.states import State
from portal import logging, migrations
from records import Actor, Database, FixedClock, LocalStore, embedded, jobs

NOW = datetime(2026, 10, 27, 3, 0, tzinfo=UTC)
ACCOUNTANT = Actor("staff", "u-accounting", "伊藤 由美")
SINGLES, WARM_UP = 50, 20


def work(url: str, folder: str) -> None:
    """One worker process; ends when it is killed."""
    logging.configure("error")
    city = City(Database(url), LocalStore(Path(folder)), FixedClock(NOW))
    bound = {
        name: functools.partial(function, city.deps)
        for name, function in einvoice.jobs.TASKS.items()
    }
    jobs.Worker(url, bound, periodic=()).run()


class Workers:
    """So many worker processes for as long as the block lasts."""

    def __init__(self, count: int, url: str, folder: Path) -> None:
        self._command = [sys.executable, "-m", "benchmarks.invoice_pipeline", "--worker", url]
        self._command.append(str(folder))
        self._count = count
        self._started: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> None:
        for _ in range(self._count):
            self._started.append(subprocess.Popen(self._command))

    def __exit__(self, *_: object) -> None:
        for process in self._started:
            process.terminate()
        for process in self._started:
            process.wait()


def waiting(database: Database) -> int:
    with database.reader() as session:
        received = select(func.count()).where(ReceivedInvoice.state == State.RECEIVED.value)
        unpacked = select(func.coalesce(func.sum(IntakeBatch.total - IntakeBatch.done), 0))
        return (session.scalar(received) or 0) + int(session.scalar(unpacked) or 0)


def until(database: Database, left: int) -> None:
    while waiting(database) > left:
        time.sleep(0.05)


def rate(city: City, folder: Path, workers: int, count: int) -> None:
    database = city.deps.database
    made = city.prepare(count)
    started = time.perf_counter()
    for data in made:
        city.take_in(data)
    received = time.perf_counter() - started
    warm = min(WARM_UP * workers, count // 2)
    with Workers(workers, database.url, folder):
        until(database, count - warm)  # the processes have started and filled their caches
        left, began = waiting(database), time.perf_counter()
        until(database, 0)
        seconds = time.perf_counter() - began
    print(f"receive          {count / received:>10,.1f} invoices/s")
    print(f"examine, match   {left / seconds:>10,.1f} invoices/s   {workers} worker(s)", flush=True)


def latency(city: City, folder: Path, count: int) -> None:
    database = city.deps.database
    made, singles = city.prepare(count), city.prepare(SINGLES)
    city.take_in_archive(made)
    accepted, matched = [], []
    with Workers(2, database.url, folder):
        until(database, count - min(WARM_UP, count // 2))
        left, began = waiting(database), time.perf_counter()
        for data in singles:
            if waiting(database) == 0:
                break
            started = time.perf_counter()
            invoice_id = city.take_in(data)
            accepted.append((time.perf_counter() - started) * 1000)
            while stands(database, invoice_id) == State.RECEIVED.value:
                time.sleep(0.005)
            matched.append((time.perf_counter() - started) * 1000)
            time.sleep(0.5)
        still = waiting(database)
        until(database, 0)
        seconds = time.perf_counter() - began
    print(f"a ZIP of {count:,}: {(left + len(matched)) / seconds:,.1f} invoices/s   2 worker(s)")
    for name, times in (("receipt number", accepted), ("matched", matched)):
        times.sort()
        p95 = times[int(len(times) * 0.95)]
        print(
            f"one upload beside it, {name:<15} p50 {statistics.median(times):8.1f} ms"
            f"   p95 {p95:8.1f} ms   ({len(times)} sent; then {still:,} of the ZIP still waited)",
            flush=True,
        )


def stands(database: Database, invoice_id: str) -> str:
    with database.reader() as session:
        return session.get_one(ReceivedInvoice, invoice_id).state


def export(city: City, count: int) -> None:
    """Hand over so many payments. The decisions are set by one statement: what is measured is the
    hand-over, of invoices as the pipeline left them."""
    clock = city.clock
    assert isinstance(clock, FixedClock)
    clock.set(datetime(2026, 11, 4, 3, 0, tzinfo=UTC))
    with city.deps.database.transaction() as session:
        ids = list(
            session.scalars(
                select(ReceivedInvoice.id)
                .where(ReceivedInvoice.result == "MATCHED")
                .order_by(ReceivedInvoice.serial.desc())
                .limit(count)
            )
        )
        session.execute(
            update(ReceivedInvoice)
            .where(ReceivedInvoice.id.in_(ids))
            .values(state=State.APPROVED.value)
        )
        expected = session.scalar(
            select(func.sum(ReceivedInvoice.payable)).where(ReceivedInvoice.id.in_(ids))
        )
    started = time.perf_counter()
    with city.deps.database.transaction() as session:
        done = handover.hand_over(
            session, city.deps, invoice_ids=ids, pay_on=date(2026, 11, 20), actor=ACCOUNTANT,
            at=clock.now(),
        )  # fmt: skip
        assert done.control is not None
        assert (done.control.count, done.control.total) == (len(ids), expected or Decimal(0))
    seconds = time.perf_counter() - started
    print(f"hand over        {len(ids):>10,} payments in {seconds:.1f} s", flush=True)


def measure(count: int) -> None:
    with tempfile.TemporaryDirectory() as name, embedded.running(Path(name) / "postgres") as url:
        folder = Path(name) / "store"
        database = Database(url)
        migrations.upgrade(database)
        city = City(database, LocalStore(folder), FixedClock(NOW))
        for workers in (1, 2):
            rate(city, folder, workers, max(count // 5, 100))
        latency(city, folder, count)
        export(city, count)
        database.dispose()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        work(*sys.argv[2:4])
    else:
        measure(int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else 10_000)
