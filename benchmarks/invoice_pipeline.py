"""Invoices from bytes to matched and stored: how many a second, and how long one waits in a crowd.

    ./dev bench invoice_pipeline [COUNT]       default 1,000; the issue's batch is 10,000

Real JP PINT files against real contracts and inspections on the embedded server as the service
starts it, the document store on disk, the workers processes of their own as `warifu worker` runs
them. Measured: receiving alone (what a sender waits for), examining and matching with one worker
and with two, the time from sending one invoice to its being matched while a batch is being worked
off, and the hand-over of COUNT approved payments (orders, bank file, states, trail).
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
from einvoice.models import ReceivedInvoice
from einvoice.states import State
from portal import logging, migrations
from records import Database, FixedClock, LocalStore, embedded, jobs
from tests.einvoice.desk import ACCOUNTANT

NOW = datetime(2026, 10, 27, 3, 0, tzinfo=UTC)


def work(url: str, folder: str) -> None:
    """One worker process; ends when it is killed."""
    logging.configure("error")
    city = City(Database(url), LocalStore(Path(folder)), FixedClock(NOW), new=False)
    bound = {
        name: functools.partial(function, city.deps())
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
        return (
            session.scalar(
                select(func.count()).where(ReceivedInvoice.state == State.RECEIVED.value)
            )
            or 0
        )


def until(database: Database, left: int) -> None:
    while waiting(database) > left:
        time.sleep(0.02)


def rate(city: City, database: Database, folder: Path, workers: int, count: int) -> None:
    made = city.prepare(count)
    started = time.perf_counter()
    for data in made:
        city.take_in(data)
    received = time.perf_counter() - started
    with Workers(workers, database.url, folder):
        until(database, count - 1)  # the processes have started
        began = time.perf_counter()
        until(database, 0)
        seconds = time.perf_counter() - began
    print(f"receive          {count / received:>10,.1f} invoices/s")
    print(f"examine, match   {(count - 1) / seconds:>10,.1f} invoices/s   {workers} worker(s)")


def latency(city: City, database: Database, folder: Path, count: int) -> None:
    made, single = city.prepare(count), city.prepare(30)
    for data in made:
        city.take_in(data)
    accepted, matched = [], []
    with Workers(2, database.url, folder):
        until(database, count - 1)
        for data in single:
            started = time.perf_counter()
            invoice_id = city.take_in(data)
            accepted.append((time.perf_counter() - started) * 1000)
            while True:
                with database.reader() as session:
                    if session.get_one(ReceivedInvoice, invoice_id).state != "received":
                        break
                time.sleep(0.005)
            matched.append((time.perf_counter() - started) * 1000)
        left = waiting(database)
    for name, times in (("receipt number", accepted), ("matched", matched)):
        times.sort()
        p95 = times[int(len(times) * 0.95)]
        print(
            f"one upload, {name:<15} p50 {statistics.median(times):8.1f} ms   p95 {p95:8.1f} ms"
            f"   ({left:,} of the batch of {count:,} still waiting at the end)"
        )


def export(city: City, database: Database, count: int) -> None:
    """Hand over so many approved payments of one yen more each."""
    city.desk.on(date(2026, 11, 4))
    with database.transaction() as session:
        ids = list(session.scalars(select(ReceivedInvoice.id).limit(count)))
        for n, invoice_id in enumerate(ids):
            amount = Decimal(1_000 + n)
            session.execute(
                update(ReceivedInvoice)
                .where(ReceivedInvoice.id == invoice_id)
                .values(
                    state="approved", gross=amount, payable=amount, prepaid=0, hold_reason=None,
                    tax_shares=[["10", str(amount), "0"]],
                )
            )  # fmt: skip
    started = time.perf_counter()
    with database.transaction() as session:
        done = handover.hand_over(
            session, city.deps(), invoice_ids=ids, pay_on=date(2026, 11, 20), actor=ACCOUNTANT,
            at=city.desk.at,
        )  # fmt: skip
    seconds = time.perf_counter() - started
    assert done.control is not None
    assert done.control.count == len(ids)
    print(f"hand over        {len(ids):>10,} payments in {seconds:.1f} s")


def measure(count: int) -> None:
    with tempfile.TemporaryDirectory() as name, embedded.running(Path(name) / "postgres") as url:
        folder = Path(name) / "store"
        database = Database(url)
        migrations.upgrade(database)
        city = City(database, LocalStore(folder), FixedClock(NOW))
        for workers in (1, 2):
            rate(city, database, folder, workers, count)
        latency(city, database, folder, count)
        export(city, database, count)
        database.dispose()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        work(*sys.argv[2:4])
    else:
        measure(int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else 1_000)
