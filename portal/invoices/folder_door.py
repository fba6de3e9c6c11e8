"""Invoices by a folder: another system writes files, the worker takes them in once a minute.

    in/      files to take: written under another name (.part, .tmp or a leading dot) and renamed
    work/    being taken in; what a crash left here is taken up again
    done/    taken in, with <name>.receipt.json beside
    failed/  not taken, with <name>.reason.txt beside

A file is claimed by renaming it from `in` to `work`, received in one transaction, and moved on
after the commit. Killed anywhere it is found again in `work` and gets the receipt it already has.
Only plain files are looked at: no links, no folders.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from einvoice import receiving
from einvoice.batches import PORTION, receive_batch
from einvoice.receiving import MAX_ARCHIVE_BYTES, Channel
from einvoice.refusals import IntakeError
from portal.invoices import presenting
from portal.service import Service
from records import Actor

ACTOR = Actor("system", "folder", "フォルダー受付")
MOST_FILES = 500
"""Files of one run; the next run goes on."""
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload")


def take_in_folder(service: Service, folder: Path) -> int:
    """Take in what waits. Returns how many files were handled."""
    for name in ("in", "work", "done", "failed"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    handled = 0
    for file in _claimed(folder):
        try:
            told = _take(service, file)
        except IntakeError as refused:
            words = (
                f"{refused.message_ja}{refused.remedy_ja}\n"
                f"{refused.message_en} {refused.remedy_en}\n"
            )
            _put(folder / "failed" / f"{file.name}.reason.txt", words)
            _move(file, folder / "failed")
        else:
            text = json.dumps(told, ensure_ascii=False, indent=1)
            _put(folder / "done" / f"{file.name}.receipt.json", text)
            _move(file, folder / "done")
        handled += 1
    return handled


def _claimed(folder: Path) -> Iterator[Path]:
    """What an earlier run left, then what waits, each moved to `work` first."""
    yield from _plain_files(folder / "work")
    for file in _plain_files(folder / "in"):
        name = file.name.lower()
        if name.startswith(".") or name.endswith(UNFINISHED):
            continue
        target = _free(folder / "work" / file.name)
        try:
            file.rename(target)
        except FileNotFoundError:  # its writer took it back
            continue
        yield target


def _take(service: Service, file: Path) -> dict[str, object]:
    with file.open("rb") as opened:
        data = opened.read(MAX_ARCHIVE_BYTES + 1)
    at = service.clock.now()
    zipped = receiving.is_archive(data) and file.name.lower().endswith(".zip")
    if zipped and receiving.archive_size(data, file.name) > PORTION:
        with service.database.transaction() as session:
            batch = receive_batch(
                session,
                store=service.store,
                data=data,
                name=file.name,
                channel=Channel.FOLDER,
                vendor_id=None,
                actor=ACTOR,
                at=at,
            )
            return presenting.batch_receipt(batch)
    files = receiving.open_archive(data, file.name) if zipped else iter([(file.name, data)])
    receipts = []
    with service.database.transaction() as session:
        for name, content in files:
            found = receiving.receive(
                session,
                store=service.store,
                data=content,
                name=name,
                channel=Channel.FOLDER,
                vendor_id=None,
                actor=ACTOR,
                at=at,
            )
            receipts.append(presenting.receipt(found))
    return {"receipts": receipts}


def _plain_files(folder: Path) -> list[Path]:
    files = [file for file in folder.iterdir() if file.is_file() and not file.is_symlink()]
    return sorted(files, key=lambda file: (file.lstat().st_mtime_ns, file.name))[:MOST_FILES]


def _move(file: Path, folder: Path) -> None:
    file.rename(_free(folder / file.name))


def _free(target: Path) -> Path:
    """The name itself, or with a number where a file of that name lies there already."""
    number = 1
    found = target
    while found.exists():
        number += 1
        found = target.with_name(f"{target.stem}~{number}{target.suffix}")
    return found


def _put(file: Path, text: str) -> None:
    """Whole or not at all: written under another name and renamed."""
    part = file.with_name(f".{file.name}.part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, file)
