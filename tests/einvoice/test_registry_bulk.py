"""Bulk files of the registry: taken in once, resumed where they stopped, believed while fresh."""

from __future__ import annotations

import csv
import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from einvoice import registry_bulk
from einvoice.errors import RegistryError
from einvoice.registration import RegistrationNumber
from einvoice.registry import CachedRegistry, RegistryChain, RegistryStatus
from einvoice.registry_access import open_registry
from einvoice.registry_bulk import ImportProgress, import_file, take_changes
from einvoice.registry_client import RegistryClient
from einvoice.registry_database import BulkRegistry, DatabaseCache, published_until
from einvoice.registry_models import PublishedRegistration, RegistryAnswerRow, RegistryImport
from records import Base, Database
from tests.einvoice.invoice_builders import corporate
from tests.einvoice.registry_server import APPLICATION_ID, published_row, running_registry

NUMBERS = [
    RegistrationNumber.of_corporation(corporate(f"0904010{index:05d}")) for index in range(500)
]
NOW = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
PUBLISHED = date(2026, 11, 1)
DAY = date(2026, 10, 15)


@pytest.fixture
def registry_tables(database: Database) -> Database:
    tables = (PublishedRegistration, RegistryImport, RegistryAnswerRow)
    Base.metadata.create_all(database.engine, tables=[t.__table__ for t in tables])
    return database


def bulk_file(folder: Path, rows: list[dict[str, str]], *, name: str = "kojin.zip") -> Path:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerows(row.values() for row in rows)
    path = folder / name
    if name.endswith(".zip"):
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("readme.txt", "x")
            archive.writestr("2_houjin_20261101.csv", buffer.getvalue().encode())
    else:
        path.write_bytes(buffer.getvalue().encode())
    return path


def take(database: Database, path: Path, **options):
    options = {"kind": "full", "published": PUBLISHED, "at": NOW} | options
    return import_file(database, path, **options)


def count(database: Database) -> int:
    with database.reader() as session:
        return session.scalar(select(func.count()).select_from(PublishedRegistration)) or 0


@pytest.mark.parametrize("name", ["full.zip", "full.csv"])
def test_a_bulk_file_answers_for_the_day(registry_tables, tmp_path, name) -> None:
    rows = [published_row(number.value) for number in NUMBERS[:3]]
    rows[1] |= {"process": "03", "expireDate": "2026-10-15", "updateDate": "2026-10-15"}
    result = take(registry_tables, bulk_file(tmp_path, rows, name=name))
    assert (result.rows, result.refused, result.odd_check_digits) == (3, 0, 0)
    registry = BulkRegistry(registry_tables, now=lambda: NOW)
    answer = registry.status(NUMBERS[0], DAY)
    assert answer.status is RegistryStatus.REGISTERED
    assert answer.names == ("株式会社三方原文具",)
    assert answer.origin == "bulk"
    assert answer.published == PUBLISHED
    assert registry.status(NUMBERS[1], DAY).status is RegistryStatus.LAPSED
    assert registry.status(NUMBERS[1], date(2026, 10, 14)).status is RegistryStatus.REGISTERED
    assert registry.status(NUMBERS[9], DAY).status is RegistryStatus.NOT_FOUND


def test_the_same_file_twice_has_the_effect_of_once(registry_tables, tmp_path) -> None:
    path = bulk_file(tmp_path, [published_row(NUMBERS[0].value)])
    assert not take(registry_tables, path).was_done
    again = take(registry_tables, path)
    assert again.was_done
    assert count(registry_tables) == 1


def test_a_killed_import_goes_on_where_it_stopped(
    registry_tables, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry_bulk, "BATCH_ROWS", 100)
    path = bulk_file(tmp_path, [published_row(number.value) for number in NUMBERS])
    seen: list[ImportProgress] = []

    def power_cut(progress: ImportProgress) -> None:
        seen.append(progress)
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(registry_tables, path, progress=power_cut)
    assert count(registry_tables) == 200
    assert published_until(registry_tables) is None  # half a file answers nothing
    batches: list[int] = []
    result = take(registry_tables, path, progress=lambda p: batches.append(p.rows))
    assert batches == [300, 400, 500]
    assert (result.rows, count(registry_tables)) == (500, 500)
    assert published_until(registry_tables) == PUBLISHED


def test_the_newer_state_wins_in_any_order(registry_tables, tmp_path) -> None:
    old = published_row(NUMBERS[0].value, updateDate="2023-10-01", name="旧名")
    new = published_row(NUMBERS[0].value, updateDate="2026-10-20", name="新名", process="02")
    take(registry_tables, bulk_file(tmp_path, [new], name="sabun.csv"), kind="changes")
    take(registry_tables, bulk_file(tmp_path, [old, old], name="full.csv"))
    answer = BulkRegistry(registry_tables, now=lambda: NOW).status(NUMBERS[0], DAY)
    assert answer.names == ("新名",)


def test_old_data_answer_nothing_and_absence_is_believed_for_days_only(
    registry_tables, tmp_path
) -> None:
    take(registry_tables, bulk_file(tmp_path, [published_row(NUMBERS[0].value)]))
    later = NOW + timedelta(days=10)
    registry = BulkRegistry(registry_tables, now=lambda: later)
    assert registry.status(NUMBERS[0], DAY).is_registered
    absent = registry.status(NUMBERS[1], DAY)
    assert absent.status is RegistryStatus.CANNOT_TELL
    assert absent.last_known is not None
    assert absent.last_known.status is RegistryStatus.NOT_FOUND
    too_late = BulkRegistry(registry_tables, now=lambda: NOW + timedelta(days=60))
    assert too_late.status(NUMBERS[0], DAY).status is RegistryStatus.CANNOT_TELL


def test_without_an_import_nothing_is_known(registry_tables) -> None:
    answer = BulkRegistry(registry_tables, now=lambda: NOW).status(NUMBERS[0], DAY)
    assert answer.status is RegistryStatus.CANNOT_TELL
    assert "取り込まれていません" in (answer.reason or "")


def test_single_bad_rows_are_counted_and_named(registry_tables, tmp_path) -> None:
    rows = [published_row(number.value) for number in NUMBERS]
    rows[3]["registrationDate"] = "2026-13-01"
    rows[7]["registratedNumber"] = "T123"
    rows[8]["registratedNumber"] = "T1234567890123"  # kept: not every number may obey the digit
    result = take(registry_tables, bulk_file(tmp_path, rows))
    assert (result.refused, result.odd_check_digits) == (2, 1)
    assert result.first_refusals[1].startswith("8: registratedNumber=")
    assert count(registry_tables) == 498


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04 broken",
        b"a,b,c\n" * 50,
        b"\xff\xfe\x00" * 50,
        b'"' + b"x" * 100_000,
    ],
)
def test_another_format_is_refused(registry_tables, tmp_path, data: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    with pytest.raises(RegistryError):
        take(registry_tables, path)
    assert published_until(registry_tables) is None


def test_a_zip_without_csv_is_refused(registry_tables, tmp_path) -> None:
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.xml", "<a/>")
    with pytest.raises(RegistryError, match="no CSV"):
        take(registry_tables, path)


def test_answers_of_the_api_are_kept_for_every_process(registry_tables) -> None:
    with running_registry() as server:
        server.rows = [published_row(NUMBERS[0].value)]
        with RegistryClient(APPLICATION_ID, now=lambda: NOW, base_url=server.url) as client:
            for _ in range(2):  # two processes
                registry = CachedRegistry(client, DatabaseCache(registry_tables), now=lambda: NOW)
                answer = registry.status(NUMBERS[0], DAY)
                assert answer.is_registered
                assert answer.names == ("株式会社三方原文具",)
            assert server.requests == ["/1/valid"]
            old = NOW - timedelta(days=1)
            DatabaseCache(registry_tables).put(
                RegistryClient(APPLICATION_ID, now=lambda: old, base_url=server.url).ask(
                    NUMBERS[0], DAY
                )
            )
    kept = DatabaseCache(registry_tables).get(NUMBERS[0], DAY)
    assert kept is not None
    assert kept.asked_at == NOW  # an older answer never replaces a newer one


def test_the_api_is_asked_only_where_the_files_cannot_tell(registry_tables, tmp_path) -> None:
    take(registry_tables, bulk_file(tmp_path, [published_row(NUMBERS[0].value)]))
    later = NOW + timedelta(days=10)
    with running_registry() as server:
        server.rows = [published_row(number.value) for number in NUMBERS[:2]]
        with RegistryClient(APPLICATION_ID, now=lambda: later, base_url=server.url) as client:
            web = CachedRegistry(client, DatabaseCache(registry_tables), now=lambda: later)
            chain = RegistryChain(BulkRegistry(registry_tables, now=lambda: later), web)
            assert chain.status(NUMBERS[0], DAY).origin == "bulk"
            assert server.requests == []
            assert chain.status(NUMBERS[1], DAY).origin == "web-api"


def test_differences_of_the_api_make_the_copy_newer(registry_tables, tmp_path) -> None:
    take(registry_tables, bulk_file(tmp_path, [published_row(n.value) for n in NUMBERS[:3]]))
    with running_registry() as server:
        server.rows = [
            published_row(
                NUMBERS[0].value, process="04", disposalDate="2026-10-10", updateDate="2026-11-01"
            ),
            published_row(NUMBERS[9].value, updateDate="2026-11-01"),
        ]
        with RegistryClient(APPLICATION_ID, now=lambda: NOW, base_url=server.url) as client:
            changes = client.changes(date(2026, 11, 1), date(2026, 11, 2))
            assert take_changes(registry_tables, changes) == 2
    registry = BulkRegistry(registry_tables, now=lambda: NOW)
    assert registry.status(NUMBERS[0], DAY).status is RegistryStatus.CANCELLED
    assert registry.status(NUMBERS[9], DAY).is_registered
    assert registry.status(NUMBERS[1], DAY).is_registered


def test_a_service_opens_the_registry_with_what_it_has(registry_tables) -> None:
    alone = open_registry(registry_tables, now=lambda: NOW)
    assert alone.status(NUMBERS[0], DAY).status is RegistryStatus.CANNOT_TELL
    with running_registry() as server:
        server.rows = [published_row(NUMBERS[0].value)]
        online = open_registry(
            registry_tables, now=lambda: NOW, application_id=APPLICATION_ID, base_url=server.url
        )
        assert online.status(NUMBERS[0], DAY).is_registered
    assert online.status(NUMBERS[0], DAY).is_registered  # kept, while it is fresh
    assert online.status(NUMBERS[1], DAY).status is RegistryStatus.CANNOT_TELL
