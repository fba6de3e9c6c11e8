"""How fast the registry's bulk file is taken in, in how much memory, and how fast it answers.

    ./dev bench registry_import [ROWS]        default 400,000; the real file has about 4,000,000

The rows are invented in the published form (24 columns, ZIP). Measured on the embedded server as
the service starts it (durable), against a bare COPY of the same rows into a table of text columns
as the limit: what the server takes when nothing is checked, merged or indexed.
"""

from __future__ import annotations

import csv
import io
import random
import resource
import statistics
import sys
import tempfile
import time
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

from einvoice.registration import RegistrationNumber, check_digit
from einvoice.registry_bulk import import_file
from einvoice.registry_database import BulkRegistry
from einvoice.registry_models import PublishedRegistration, RegistryAnswerRow, RegistryImport
from records import Base, Database, embedded

NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
PUBLISHED = date(2026, 11, 1)


def number_of(index: int) -> str:
    base = f"{index * 7919 % 10**12:012d}"
    return f"T{check_digit(base)}{base}"


def records_of(count: int):
    for index in range(count):
        ended = "2026-03-31" if index % 50 == 0 else ""
        yield [
            "1", number_of(index), "03" if ended else "01", "0", "2", "1", "1", "2023-10-01",
            ended or "2023-10-01", "", ended, "静岡県遠州市元城町１０３番地", "22", "130", "",
            "", "", "カブシキガイシャ", f"株式会社遠州第{index}商店", "", "", "", "", "",
        ]  # fmt: skip


def write_bulk(path: Path, count: int) -> None:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("houjin.csv", "w", force_zip64=True) as member,
        io.TextIOWrapper(member, encoding="utf-8", newline="") as text,
    ):
        csv.writer(text, quoting=csv.QUOTE_ALL).writerows(records_of(count))


def bare_copy(database: Database, count: int) -> float:
    columns = ", ".join(f"c{n} text" for n in range(24))
    with database.transaction() as session:
        connection = session.connection().connection.driver_connection
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLE bare ({columns})")
            started = time.perf_counter()
            with cursor.copy("COPY bare FROM STDIN") as stream:
                for row in records_of(count):
                    stream.write_row(row)
            return time.perf_counter() - started


def measure(count: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "full.zip"
        write_bulk(path, count)
        with embedded.running(folder / "postgres") as url:
            database = Database(url)
            tables = (PublishedRegistration, RegistryImport, RegistryAnswerRow)
            Base.metadata.create_all(database.engine, tables=[t.__table__ for t in tables])
            before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            started = time.perf_counter()
            result = import_file(database, path, kind="full", published=PUBLISHED, at=NOW)
            seconds = time.perf_counter() - started
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            assert (result.rows, result.refused) == (count, 0)
            print(f"rows             {count:>12,}   ({path.stat().st_size / 1e6:.1f} MB ZIP)")
            print(f"import           {seconds:>12.1f} s   {count / seconds:,.0f} rows/s")
            print(f"peak memory      {peak / 1024:>12.0f} MB  (before: {before / 1024:.0f} MB)")
            registry = BulkRegistry(database, now=lambda: NOW)
            times = []
            for index in random.Random(7).sample(range(count), 500):
                number = RegistrationNumber(number_of(index))
                at = time.perf_counter()
                answer = registry.status(number, date(2026, 10, 15))
                times.append(time.perf_counter() - at)
                assert answer.is_registered == (index % 50 != 0)
            print(f"lookup, median   {statistics.median(times) * 1000:>12.2f} ms")
            bare = bare_copy(database, count)
            print(f"bare COPY        {bare:>12.1f} s   {count / bare:,.0f} rows/s (limit)")
            database.dispose()


if __name__ == "__main__":
    measure(int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else 400_000)
