"""Backups on a real server: what was kept comes back, and a wrong copy is never taken for right."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.engine import make_url

from records import Actor, Database, FixedClock, LocalStore, audit, backup
from records.database import libpq_url
from records.errors import BackupFailed, BackupRefused

CLERK = Actor("staff", "s-1", "髙橋 𠮷郎")


@pytest.fixture
def kept(database: Database, store: LocalStore, clock: FixedClock) -> list[str]:
    """Three documents, one with a name, each in the audit trail."""
    hashes = [store.put(f"契約書{n}".encode()).sha256 for n in range(2)]
    hashes.append(store.put("署名".encode(), name="signing/act-1").sha256)
    with database.transaction() as session:
        for digest in hashes:
            audit.append(
                session, CLERK, "contract.kept", "contract:1", {"sha256": digest}, clock.now()
            )
    return hashes


@pytest.fixture
def empty_url(database_server: str) -> Iterator[str]:
    with psycopg.connect(libpq_url(database_server), autocommit=True) as connection:
        connection.execute("CREATE DATABASE brought_back")
        yield str(make_url(database_server).set(database="brought_back").render_as_string(False))
        connection.execute("DROP DATABASE brought_back WITH (FORCE)")


def made(database: Database, store: LocalStore, clock: FixedClock, target: Path) -> backup.Backup:
    clock.advance(timedelta(seconds=1))
    return backup.create(database.url, store.folder, target, at=clock.now())


def test_what_was_kept_comes_back_with_its_trail_and_names(
    database: Database, store: LocalStore, clock: FixedClock, kept, empty_url: str, tmp_path: Path
) -> None:
    copy = made(database, store, clock, tmp_path / "backups")
    assert list(backup.check(copy)) == []
    with database.transaction() as session:  # after the snapshot: not part of it
        audit.append(session, CLERK, "contract.kept", "contract:2", {}, clock.now())
    report = backup.restore(copy, empty_url, tmp_path / "restored")
    assert report.is_whole
    assert (report.entries, report.last_hash) == (copy.audit_seq, copy.audit_hash)
    again = LocalStore(tmp_path / "restored")
    assert again.read(kept[0]) == "契約書0".encode()
    assert again.named("signing/act-1") == store.named("signing/act-1")
    back = Database(empty_url)
    with back.transaction() as session:  # and the trail goes on from there
        assert [e.details["sha256"] for e in audit.history(session, "contract:1")] == kept
        audit.append(session, CLERK, "contract.kept", "contract:3", {}, clock.now())
        assert audit.verify(session).is_whole
    back.dispose()


def test_a_second_backup_copies_only_new_documents_and_both_stay_whole(
    database: Database, store: LocalStore, clock: FixedClock, kept, tmp_path: Path
) -> None:
    first = made(database, store, clock, tmp_path)
    times = {f: f.stat().st_mtime_ns for f in (tmp_path / "documents").rglob("*") if f.is_file()}
    store.put("変更契約書".encode())
    second = made(database, store, clock, tmp_path)
    assert (first.documents, second.documents) == (3, 4)
    assert all(f.stat().st_mtime_ns == at for f, at in times.items())
    assert [b.folder for b in backup.backups(tmp_path)] == [first.folder, second.folder]
    assert list(backup.check(first)) == list(backup.check(second)) == []


def test_a_changed_dump_a_changed_and_a_lost_document_are_named(
    database: Database, store: LocalStore, clock: FixedClock, kept, tmp_path: Path
) -> None:
    copy = made(database, store, clock, tmp_path)
    objects = sorted(f for f in (tmp_path / "documents" / "objects").rglob("*") if f.is_file())
    objects[0].chmod(0o600)
    objects[0].write_bytes(b"other bytes")
    objects[1].unlink()
    (copy.folder / backup.DUMP).write_bytes(b"")
    places = [place for place, _ in backup.check(copy)]
    assert places == [backup.DUMP, backup.DOCUMENTS, str(objects[0])]


def test_a_damaged_document_stops_the_backup_and_leaves_no_finished_one(
    database: Database, store: LocalStore, clock: FixedClock, kept, tmp_path: Path
) -> None:
    [file] = [f for f in store.folder.rglob(kept[0]) if f.is_file()]
    file.chmod(0o600)
    file.write_bytes(b"other bytes")
    with pytest.raises(BackupFailed) as failed:
        made(database, store, clock, tmp_path)
    assert kept[0] in failed.value.message_ja
    assert backup.backups(tmp_path) == []


def test_it_does_not_come_back_over_anything(
    database: Database, store: LocalStore, clock: FixedClock, kept, empty_url: str, tmp_path: Path
) -> None:
    copy = made(database, store, clock, tmp_path)
    with pytest.raises(BackupRefused, match="database is not empty"):
        backup.restore(copy, database.url, tmp_path / "restored")
    with pytest.raises(BackupRefused, match="store is not empty"):
        backup.restore(copy, empty_url, store.folder)


def test_a_backup_of_another_trail_is_refused(
    database: Database, store: LocalStore, clock: FixedClock, kept, empty_url: str, tmp_path: Path
) -> None:
    first = made(database, store, clock, tmp_path)
    with database.transaction() as session:
        audit.append(session, CLERK, "contract.kept", "contract:2", {}, clock.now())
    second = made(database, store, clock, tmp_path)
    shutil.copy(first.folder / backup.DUMP, second.folder / backup.DUMP)
    with pytest.raises(BackupRefused, match="does not end as the manifest says"):
        backup.restore(second, empty_url, tmp_path / "restored")


def test_an_unreadable_manifest_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "2026-11-23T000000Z"
    folder.mkdir()
    (folder / backup.MANIFEST).write_text("[")
    with pytest.raises(BackupRefused):
        backup.backups(tmp_path)
