"""The registry's bulk files in the local database: import, and answers from it.

全件データ (monthly, several ZIPs) and 差分データ (daily) are CSV in UTF-8 without headings, 24
columns. An import streams: rows are read from the ZIP one by one, copied (COPY) in batches into a
staging table and merged, and how many rows of the file are done is committed with each batch. So
memory is bounded by one batch, and an import that was killed goes on where it stopped. The same
file twice has the effect of once; a second process on the same file stops.

The OpenPGP signature of the daily files is not verified here. Individuals' names are not in the
bulk files.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from einvoice.errors import RegistryError
from einvoice.registration import check_digit
from einvoice.registry_models import RegistryImport
from einvoice.registry_rows import COLUMNS, MAX_VALUE_CHARACTERS, RegistryRow
from records import Database

BATCH_ROWS = 50_000
MAX_REFUSED_SHARE = 0.01  # beyond it this is not the published format
MAX_REMEMBERED_REFUSALS = 20
csv.field_size_limit(MAX_VALUE_CHARACTERS * 4)
_COLUMN = {name: index for index, name in enumerate(COLUMNS)}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TARGET = (
    "number, registered, updated, sequence, process, kind, cancelled, lapsed, name, trade_name, "
    "other_name"
)
_STAGE = f"""
CREATE TEMPORARY TABLE registry_staging (
    number bigint, registered date, updated date, sequence integer, process varchar(2),
    kind smallint, cancelled date, lapsed date, name text, trade_name text, other_name text
) ON COMMIT DROP;
COPY registry_staging ({_TARGET}) FROM STDIN
"""
_MERGE = f"""
INSERT INTO registry_registrations AS kept ({_TARGET})
SELECT DISTINCT ON (number, registered) {_TARGET} FROM registry_staging
ORDER BY number, registered, updated DESC, sequence DESC
ON CONFLICT (number, registered) DO UPDATE SET
    updated = EXCLUDED.updated, sequence = EXCLUDED.sequence, process = EXCLUDED.process,
    kind = EXCLUDED.kind, cancelled = EXCLUDED.cancelled, lapsed = EXCLUDED.lapsed,
    name = EXCLUDED.name, trade_name = EXCLUDED.trade_name, other_name = EXCLUDED.other_name
WHERE (EXCLUDED.updated, EXCLUDED.sequence) >= (kept.updated, kept.sequence)
"""  # noqa: S608  only the constant column list above is put in


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How far an import is: rows and, of the file, bytes."""

    file: str
    rows: int
    refused: int
    bytes_done: int
    bytes_total: int


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What one file brought. `was_done` says that it had been imported before."""

    file: str
    rows: int
    refused: int
    odd_check_digits: int
    first_refusals: tuple[str, ...]
    was_done: bool


_Row = tuple[Any, ...]


def _value(cells: list[str], column: str) -> str:
    return cells[_COLUMN[column]]


@lru_cache(maxsize=50_000)
def _real_day(text: str) -> date:
    if not _DAY.fullmatch(text):
        raise ValueError(f"day {text[:20]!r}")
    return date.fromisoformat(text)


def _day(cells: list[str], column: str) -> date | None:
    text = _value(cells, column)
    return _real_day(text) if text else None


def _row(cells: list[str]) -> _Row:
    """The values to keep of one record; ValueError says what is wrong with it."""
    if len(cells) != len(COLUMNS):
        raise ValueError(f"{len(cells)} columns")
    number = _value(cells, "registratedNumber")
    if len(number) != 14 or number[0] != "T" or not (number.isascii() and number[1:].isdigit()):
        raise ValueError(f"registratedNumber={number[:20]!r}")
    registered, updated = _day(cells, "registrationDate"), _day(cells, "updateDate")
    process, kind = _value(cells, "process"), _value(cells, "kind")
    if registered is None or updated is None:
        raise ValueError("registrationDate/updateDate=''")
    if process not in ("01", "02", "03", "04", "99") or kind not in ("1", "2"):
        raise ValueError(f"process={process[:5]!r} kind={kind[:5]!r}")
    return (
        int(number[1:]),
        registered,
        updated,
        int(_value(cells, "sequenceNumber") or 0),
        process,
        int(kind),
        _day(cells, "disposalDate"),
        _day(cells, "expireDate"),
        _value(cells, "name").replace("\x00", ""),
        _value(cells, "tradeName").replace("\x00", ""),
        _value(cells, "popularName_previousName").replace("\x00", ""),
    )


@contextmanager
def _records(path: Path) -> Iterator[tuple[Iterator[list[str]], Callable[[], int]]]:
    """Records of a CSV, or of every CSV in a ZIP, and how many bytes of the file are read."""
    with path.open("rb") as raw:
        if raw.read(4) != b"PK\x03\x04":
            raw.seek(0)
            text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
            yield csv.reader(text, strict=True), raw.tell
            return
        with zipfile.ZipFile(raw) as archive:
            names = sorted(n for n in archive.namelist() if n.lower().endswith(".csv"))
            if not names:
                raise RegistryError(reason=f"{path.name}: no CSV")

            def every() -> Iterator[list[str]]:
                for name in names:
                    with archive.open(name) as member:
                        text = io.TextIOWrapper(member, encoding="utf-8-sig", newline="")
                        yield from csv.reader(text, strict=True)

            yield every(), raw.tell


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def import_file(
    database: Database,
    path: Path,
    *,
    kind: Literal["full", "changes"],
    published: date,
    at: datetime,
    progress: Callable[[ImportProgress], None] = lambda _: None,
) -> ImportResult:
    """Take in one bulk file. `published`: the day of its data; `at`: now, aware UTC.

    Raises RegistryError if the file is not in the published format; what was merged before stays,
    and the import can be resumed with a sound file of its own.
    """
    size = path.stat().st_size
    started = _start(database, path, kind, published, at)
    if started.finished_at is not None:
        return _result(started, was_done=True)
    try:
        with _records(path) as (records, position):
            skipped = sum(1 for _ in islice(records, started.rows_done))
            if skipped != started.rows_done:
                raise RegistryError(reason=f"{path.name}: {skipped} rows")
            at_row = started.rows_done
            while True:
                with database.transaction() as session:
                    done = _take(session, started.id, islice(records, BATCH_ROWS), at_row)
                    if done.rows_done == at_row:
                        break
                    at_row = done.rows_done
                progress(
                    ImportProgress(
                        file=path.name,
                        rows=done.rows_done,
                        refused=done.rows_refused,
                        bytes_done=min(position(), size),
                        bytes_total=size,
                    )
                )
    except (csv.Error, UnicodeDecodeError, zipfile.BadZipFile, EOFError) as error:
        raise RegistryError(reason=f"{path.name}: {type(error).__name__}") from None
    with database.transaction() as session:
        finished = session.get_one(RegistryImport, started.id)
        finished.finished_at = at
        session.flush()
        return _result(finished, was_done=False)


def _start(
    database: Database, path: Path, kind: str, published: date, at: datetime
) -> RegistryImport:
    digest = _digest(path)
    with database.transaction() as session:
        found = session.scalars(
            select(RegistryImport).where(RegistryImport.sha256 == digest)
        ).one_or_none()
        if found is None:
            found = RegistryImport(
                sha256=digest,
                file=path.name,
                kind=kind,
                published=published,
                rows_done=0,
                rows_refused=0,
                odd_check_digits=0,
                first_refusals=[],
                started_at=at,
            )
            session.add(found)
            session.flush()
        return found


def _take(
    session: Session, import_id: int, batch: Iterable[list[str]], at_row: int
) -> RegistryImport:
    """One batch and its progress, in the caller's transaction; no row of it is kept in memory."""
    taken = session.get_one(RegistryImport, import_id, with_for_update=True)
    if taken.rows_done != at_row:
        raise RegistryError(reason=f"{taken.file}: 別の処理が取り込み中 / being imported")
    refusals: list[str] = []
    count = refused = odd = 0

    def sound_rows() -> Iterator[_Row]:
        nonlocal count, refused, odd
        for cells in batch:
            count += 1
            try:
                row = _row(cells)
            except ValueError as error:
                refused += 1
                if len(refusals) < MAX_REMEMBERED_REFUSALS:
                    refusals.append(f"{at_row + count}: {error}")
                continue
            digits = cells[1]
            odd += int(digits[1]) != check_digit(digits[2:])
            yield row

    merge(session, sound_rows())
    taken.rows_done += count
    taken.rows_refused += refused
    taken.odd_check_digits += odd
    if taken.rows_refused > max(10, MAX_REFUSED_SHARE * taken.rows_done):
        raise RegistryError(reason=f"{taken.file}: {(refusals or taken.first_refusals)[0]}")
    if refusals:
        taken.first_refusals = [*taken.first_refusals, *refusals][:MAX_REMEMBERED_REFUSALS]
    return taken


def merge(session: Session, rows: Iterable[_Row]) -> None:
    """Put these states of registrations into the table, the newer one winning."""
    connection = session.connection().connection.driver_connection
    assert connection is not None
    create, copy = _STAGE.split(";\n")
    with connection.cursor() as cursor:
        cursor.execute(create)
        with cursor.copy(copy) as stream:
            for row in rows:
                stream.write_row(row)
        cursor.execute(_MERGE)
        cursor.execute("DROP TABLE registry_staging")


def take_changes(database: Database, rows: Iterable[RegistryRow]) -> int:
    """Merge rows of the Web-API's diff function (`RegistryClient.changes`); how many there were.

    They make what is kept newer, row by row; the day until which it is complete moves with files
    alone, since an interrupted sequence of answers must not count as one.
    """
    # The network is asked before the transaction begins; a day's differences are some thousands.
    states: list[_Row] = [
        (
            int(row.number[1:]),
            row.registered,
            row.updated,
            row.sequence,
            row.process.value,
            int(row.kind.value),
            row.cancelled,
            row.lapsed,
            row.name,
            row.trade_name,
            row.other_name,
        )
        for row in rows
    ]
    with database.transaction() as session:
        merge(session, states)
    return len(states)


def _result(row: RegistryImport, *, was_done: bool) -> ImportResult:
    return ImportResult(
        file=row.file,
        rows=row.rows_done,
        refused=row.rows_refused,
        odd_check_digits=row.odd_check_digits,
        first_refusals=tuple(row.first_refusals),
        was_done=was_done,
    )
