"""Copies of all that the city keeps, and how they come back.

    <folder>/documents/…                   every document and name of a local store, write-once
    <folder>/<time>/database.dump          pg_dump, custom format, one consistent snapshot
    <folder>/<time>/manifest.json          hash of the dump, head of the audit trail; written last

A backup without a manifest was cut short and counts for nothing. Documents never change, so a
second backup copies only what is new. They are copied after the database's snapshot was taken:
whatever the snapshot names is there. A bucket (S3) is not copied; its own versions and replicas are
its backup.

After coming back, the proof is: every document has the bytes its name says, the audit trail is
whole, and its head is the one the manifest names.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import text

from records import audit
from records.audit import AuditReport
from records.database import Database, libpq_url
from records.embedded.programs import wheel_folder
from records.errors import BackupFailed, BackupRefused

DUMP, MANIFEST, DOCUMENTS = "database.dump", "manifest.json", "documents"
_LONGEST_SECONDS = 24 * 3600

Progress = Callable[[int, int], None]
"""Called with documents done and documents in all."""


@dataclass(frozen=True, slots=True)
class Backup:
    """One finished backup. `audit_seq` and `audit_hash` are the trail's head in its snapshot."""

    folder: Path
    at: datetime
    dump_sha256: str
    audit_seq: int
    audit_hash: str
    documents: int


def create(
    url: str,
    store_folder: Path | None,
    target: Path,
    *,
    at: datetime,
    progress: Progress = lambda done, total: None,
) -> Backup:
    """Back up the database at `url` and the local store (None: the documents are in a bucket).

    Raises BackupFailed; what was copied until then stays and is not copied again."""
    folder = target / f"{at.astimezone(UTC):%Y-%m-%dT%H%M%SZ}"
    try:
        folder.mkdir(parents=True)
        seq, head = _dump(url, folder / DUMP)
        count = 0
        if store_folder is not None:
            count = _copy_documents(store_folder, target / DOCUMENTS, progress)
        with (folder / DUMP).open("rb") as dump:
            digest = file_digest(dump, "sha256").hexdigest()
        manifest = {
            "warifu_backup": 1,
            "at": at.astimezone(UTC).isoformat(),
            "dump_sha256": digest,
            "audit": {"seq": seq, "hash": head},
            "documents": count,
        }
        _write(folder / MANIFEST, json.dumps(manifest, indent=1).encode())
    except OSError as error:
        raise BackupFailed(reason=f"{error.strerror}: {error.filename}") from error
    return _read(folder)


def backups(target: Path) -> list[Backup]:
    """The finished backups below `target`, oldest first."""
    return [_read(folder.parent) for folder in sorted(target.glob(f"*/{MANIFEST}"))]


def check(
    backup: Backup, *, progress: Progress = lambda done, total: None
) -> Iterator[tuple[str, str]]:
    """What is wrong with a backup, each as (place, reason); nothing when it is whole."""
    with (backup.folder / DUMP).open("rb") as dump:
        if file_digest(dump, "sha256").hexdigest() != backup.dump_sha256:
            yield DUMP, "hash differs from the manifest"
    objects = sorted(_files(backup.folder.parent / DOCUMENTS / "objects"))
    if len(objects) < backup.documents:
        yield DOCUMENTS, f"{backup.documents - len(objects)} documents are missing"
    for number, path in enumerate(objects, 1):
        if _sha256(path) != path.name:
            yield str(path), "bytes differ from the name"
        progress(number, len(objects))


def restore(
    backup: Backup,
    url: str,
    store_folder: Path | None,
    *,
    progress: Progress = lambda done, total: None,
) -> AuditReport:
    """Bring a backup back into an empty database and an empty store; the audit trail's report.

    Raises BackupRefused when either is not empty or the trail is not the backup's own, and
    BackupFailed when the dump or a document cannot be brought back whole."""
    with psycopg.connect(libpq_url(url)) as connection:
        found = connection.execute(
            "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
        ).fetchone()
    if found and found[0]:
        raise BackupRefused(
            reason_ja="データベースが空ではありません", reason_en="the database is not empty"
        )
    if store_folder is not None and next(_files(store_folder / "objects"), None) is not None:
        raise BackupRefused(
            reason_ja="文書の保管庫が空ではありません", reason_en="the store is not empty"
        )
    _run("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction",
         f"--dbname={libpq_url(url)}", str(backup.folder / DUMP))  # fmt: skip
    if store_folder is not None:
        try:
            _copy_documents(backup.folder.parent / DOCUMENTS, store_folder, progress)
        except OSError as error:
            raise BackupFailed(reason=f"{error.strerror}: {error.filename}") from error
    database = Database(url)
    try:
        with database.reader() as session:
            report = audit.verify(session)
            if audit.head(session) != (backup.audit_seq, backup.audit_hash):
                raise BackupRefused(
                    reason_ja="戻した監査記録の末尾が、バックアップの控えと違います",
                    reason_en="the audit trail does not end as the manifest says",
                )
    finally:
        database.dispose()
    return report


def _dump(url: str, path: Path) -> tuple[int, str]:
    """Dump one snapshot; the head of the audit trail is read in the same one."""
    database = Database(url)
    try:
        with database.engine.connect().execution_options(
            isolation_level="REPEATABLE READ"
        ) as connection:
            snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
            head = connection.execute(text("SELECT seq, hash FROM audit_head")).one()
            _run("pg_dump", "--format=custom", "--no-owner", f"--snapshot={snapshot}",
                 f"--file={path}", libpq_url(url))  # fmt: skip
    finally:
        database.dispose()
    return int(head.seq), str(head.hash)


def _run(program: str, *arguments: str) -> None:
    """Run PostgreSQL's own tool: the wheel's, which is never older than the servers we take."""
    path = wheel_folder() / "pginstall" / "bin" / program
    try:
        done = subprocess.run(  # noqa: S603 - our own fixed command
            [str(path), *arguments], capture_output=True, text=True, timeout=_LONGEST_SECONDS,
            check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BackupFailed(reason=f"{program}: {type(error).__name__}") from error
    if done.returncode != 0:
        raise BackupFailed(reason=f"{program}: {done.stderr.strip()[-400:]}")


def _copy_documents(source: Path, target: Path, progress: Progress) -> int:
    """Copy what is not there yet, each file whole or not at all. Returns how many documents."""
    files = [*_files(source / "objects"), *_files(source / "names")]
    count = 0
    for number, path in enumerate(files, 1):
        place = target / path.relative_to(source)
        is_object = place.is_relative_to(target / "objects")
        count += is_object
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            partial = place.with_name(f".{place.name}.partial")
            shutil.copyfile(path, partial)
            if is_object and _sha256(partial) != path.name:
                partial.unlink()
                raise BackupFailed(reason=f"damaged document {path.name}")
            with partial.open("rb") as file:
                os.fsync(file.fileno())
            partial.chmod(0o440)
            partial.rename(place)
        progress(number, len(files))
    return count


def _files(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (f for f in folder.rglob("*") if f.is_file() and not f.name.startswith("."))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _write(path: Path, data: bytes) -> None:
    partial = path.with_name(f".{path.name}.partial")
    with partial.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)


def _read(folder: Path) -> Backup:
    try:
        found: dict[str, Any] = json.loads((folder / MANIFEST).read_bytes())
        if found["warifu_backup"] != 1:
            raise ValueError(found["warifu_backup"])
        return Backup(
            folder,
            datetime.fromisoformat(found["at"]),
            str(found["dump_sha256"]),
            int(found["audit"]["seq"]),
            str(found["audit"]["hash"]),
            int(found["documents"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BackupRefused(
            reason_ja=f"バックアップの控えを読めません（{folder}）",
            reason_en=f"the manifest cannot be read ({folder})",
        ) from error
