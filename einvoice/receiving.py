"""Receiving: bytes → original kept → receipt number, at once and once.

Whatever door an invoice comes by (browser, form, API, Peppol), it passes here: the original bytes
go into the document store for ever, a row with a receipt number is made, and the examination is
enqueued, all before the sender is answered. Nothing is judged here but whether the bytes could be
an XML document at all; a PDF or an empty file is told so without a receipt.

Sent twice is received once: the same bytes of one vendor, or the same network message, get the
receipt they already have (DUP-001, DUP-002), by unique indexes and not only by looking first.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from einvoice.models import ReceivedInvoice
from einvoice.refusals import (
    ArchiveError,
    EmptyFileError,
    FileTooLargeError,
    MessageReusedError,
    NotPictureError,
    NotXmlError,
)
from einvoice.states import LIVE, State
from records import Actor, Store, audit, calendar, jobs, new_id

MAX_BYTES = 20 * 1024 * 1024
"""One invoice with its attachments. JP PINT names no limit; providers cut at 10 to 20 MB."""

MAX_ARCHIVE_BYTES = 512 * 1024 * 1024
MAX_ARCHIVE_FILES = 10_000
MAX_RATIO = 200
"""Uncompressed ÷ compressed; XML reaches about 30, a bomb a thousand."""

_KINDS: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "PDF", "a PDF"),
    (b"PK\x03\x04", "ZIP または Excel・Word", "a ZIP or an office file"),
    (b"\x89PNG", "画像（PNG）", "an image (PNG)"),
    (b"\xff\xd8\xff", "画像（JPEG）", "an image (JPEG)"),
    (b"\xd0\xcf\x11\xe0", "古い形式の Excel・Word", "an old office file"),
    (b"{", "JSON", "JSON"),
)
_PICTURES: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"II*\0", "image/tiff"),
    (b"MM\0*", "image/tiff"),
)
_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


class Channel(StrEnum):
    """The door an invoice came by."""

    UPLOAD = "upload"
    FORM = "form"
    API = "api"
    PEPPOL = "peppol"
    MAIL = "mail"
    FOLDER = "folder"
    SCAN = "scan"
    """A sheet or picture with typed data (非構造データ)."""

    @property
    def order_code(self) -> str:
        """How payment orders name it."""
        return _ORDER_CODES[self]


_ORDER_CODES = {
    Channel.UPLOAD: "WEB",
    Channel.FORM: "WEB",
    Channel.API: "API",
    Channel.PEPPOL: "PEPPOL",
    Channel.MAIL: "MAIL",
    Channel.FOLDER: "FOLDER",
    Channel.SCAN: "PAPER",
}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the sender is told. `already` says that nothing new was made, and why."""

    invoice_id: str
    receipt_no: str
    received_at: datetime
    name: str
    sha256: str
    state: State
    already: Literal["same_bytes", "same_message"] | None = None


def receive(
    session: Session,
    *,
    store: Store,
    data: bytes,
    name: str,
    channel: Channel,
    vendor_id: str | None,
    actor: Actor,
    at: datetime,
    message_id: str | None = None,
    submission: str | None = None,
    sheet: Sheet | None = None,
    priority: int = 0,
) -> Receipt:
    """Take one document in. Raises `IntakeError` when the bytes are no XML document.

    `vendor_id` is the sender as the door has proved it; None for the network, where the document
    itself says who claims. With `sheet`, `data` is a PDF or picture and the sheet's data is what
    is examined; the picture stays the original. A lower `priority` lets others be examined first.
    """
    if sheet is None:
        check_bytes(data, name)
        typed = None
    else:
        check_picture(data, name)
        typed = store.put(sheet.data)
    stored = store.put(data)
    row_id = new_id()
    made = session.scalar(
        insert(ReceivedInvoice)
        .values(
            id=row_id,
            vendor_id=vendor_id,
            channel=channel.value,
            message_id=message_id,
            submission=submission,
            original_sha256=stored.sha256,
            original_name=_clean_name(name),
            original_size=stored.size,
            received_at=at,
            received_on=calendar.jst_date(at),
            state_since=at,
            data_sha256=typed.sha256 if typed else None,
            transcript=sheet.transcript if sheet else None,
        )
        .on_conflict_do_nothing()
        .returning(ReceivedInvoice.id)
    )
    if made is None:
        return _earlier(session, vendor_id, stored.sha256, message_id, name)
    row = session.get_one(ReceivedInvoice, row_id)
    jobs.enqueue(
        session, "einvoice.examine", key=row_id, args={"invoice_id": row_id}, priority=priority
    )
    audit.append(
        session,
        actor,
        "invoice.received",
        f"invoice:{row_id}",
        {"receipt": row.receipt_no, "channel": channel.value, "sha256": stored.sha256},
        at,
    )
    return _receipt(row, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What was typed from a sheet or picture: the XML made of it, and how it was read."""

    data: bytes
    confidence: Mapping[str, str]
    """Key field → how sure its reading is ("0" for typed and not compared, see `Transcript`)."""
    shows_reduced_mark: bool
    typed_by: str

    @property
    def transcript(self) -> dict[str, object]:
        """As it is kept on the row."""
        return {
            "confidence": dict(self.confidence),
            "shows_reduced_mark": self.shows_reduced_mark,
            "typed_by": self.typed_by,
        }


def check_bytes(data: bytes, name: str) -> None:
    """Raise the `IntakeError` that says what the bytes are, if they cannot be XML."""
    shown = _clean_name(name)
    if not data.strip(b"\0 \t\r\n"):
        raise EmptyFileError(field="file", name=shown)
    if len(data) > MAX_BYTES:
        raise FileTooLargeError(
            field="file", name=shown, size=len(data) // 1_000_000, limit=MAX_BYTES // 1_000_000
        )
    start = data[:64]
    for mark in _BYTE_ORDER_MARKS:
        start = start.removeprefix(mark)
    start = start.replace(b"\0", b"").lstrip()
    if start.startswith(b"<"):
        return
    for magic, ja, en in _KINDS:
        if start.startswith(magic):
            raise NotXmlError(field="file", name=shown, kind=ja, kind_en=en)
    raise NotXmlError(field="file", name=shown, kind="XML 以外のデータ", kind_en="not XML")


def check_picture(data: bytes, name: str) -> None:
    """Raise the `IntakeError` that says why these bytes are no sheet: only PDF, PNG, JPEG, TIFF."""
    shown = _clean_name(name)
    if not data.strip(b"\0 \t\r\n"):
        raise EmptyFileError(field="file", name=shown)
    if len(data) > MAX_BYTES:
        raise FileTooLargeError(
            field="file", name=shown, size=len(data) // 1_000_000, limit=MAX_BYTES // 1_000_000
        )
    if picture_type(data) is None:
        raise NotPictureError(field="file", name=shown)


def picture_type(data: bytes) -> str | None:
    """The media type of a PDF or picture by its first bytes; None for anything else."""
    return next((kind for magic, kind in _PICTURES if data.startswith(magic)), None)


def is_archive(data: bytes) -> bool:
    """Whether the bytes are a ZIP, so that the door opens it instead of refusing it."""
    return data.startswith(b"PK\x03\x04")


def open_archive(data: bytes, name: str) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each file in a ZIP, folders left out. Nothing is written to disk.

    Raises `ArchiveError` for a password, a damaged file, too many or too large entries; what was
    yielded before stays good, since each file is received on its own.
    """
    shown = _clean_name(name)
    archive, entries = _opened(data, shown)
    with archive:
        for entry in entries:
            yield entry.filename, _entry_bytes(archive, entry, shown)


def archive_size(data: bytes, name: str) -> int:
    """How many files a ZIP holds. Raises `ArchiveError` where it cannot be taken at all."""
    archive, entries = _opened(data, _clean_name(name))
    archive.close()
    return len(entries)


def archive_portion(
    data: bytes, name: str, *, first: int, count: int
) -> Iterator[tuple[str, bytes | ArchiveError]]:
    """Files `first` to `first + count` of a ZIP, counted from 0; an entry that cannot be unpacked
    comes as its error, so that the others go on."""
    shown = _clean_name(name)
    archive, entries = _opened(data, shown)
    with archive:
        for entry in entries[first : first + count]:
            try:
                content: bytes | ArchiveError = _entry_bytes(archive, entry, shown)
            except ArchiveError as error:
                content = error
            yield entry.filename, content


def _opened(data: bytes, shown: str) -> tuple[zipfile.ZipFile, list[zipfile.ZipInfo]]:
    if len(data) > MAX_ARCHIVE_BYTES:
        raise FileTooLargeError(
            field="file",
            name=shown,
            size=len(data) // 1_000_000,
            limit=MAX_ARCHIVE_BYTES // 1_000_000,
        )
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError) as error:
        raise _archive_error(shown, "壊れています", "it is damaged") from error
    entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    if not entries:
        raise _archive_error(shown, "ファイルが入っていません", "it is empty")
    if len(entries) > MAX_ARCHIVE_FILES:
        raise _archive_error(
            shown,
            f"ファイルが{MAX_ARCHIVE_FILES:,}件を超えています",
            f"more than {MAX_ARCHIVE_FILES:,} files",
        )
    return archive, entries


def _entry_bytes(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, shown: str) -> bytes:
    if entry.flag_bits & 0x1:
        raise _archive_error(shown, "パスワードが付いています", "it has a password")
    # The sizes in the directory may lie, so at most the limit is ever unpacked.
    limit = min(MAX_BYTES, max(entry.compress_size, 1) * MAX_RATIO)
    try:
        with archive.open(entry) as file:
            content = file.read(limit + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError) as error:
        raise _archive_error(
            shown, f"「{entry.filename}」を取り出せません", f"{entry.filename} cannot be unpacked"
        ) from error
    if len(content) > limit:
        raise _archive_error(
            shown, f"「{entry.filename}」が大きすぎます", f"{entry.filename} is too large"
        )
    return content


def _archive_error(name: str, ja: str, en: str) -> ArchiveError:
    return ArchiveError(field="file", name=name, reason_ja=ja, reason_en=en)


def _earlier(
    session: Session, vendor_id: str | None, sha256: str, message_id: str | None, name: str
) -> Receipt:
    """The receipt that these bytes, or this message, already have."""
    if message_id is not None:
        same = session.scalar(
            select(ReceivedInvoice).where(ReceivedInvoice.message_id == message_id)
        )
        if same is not None and same.original_sha256 != sha256:
            raise MessageReusedError(
                field="message_id", message=message_id, receipt=same.receipt_no
            )
        if same is not None:
            return _receipt(same, name, "same_message")
    row = session.scalars(
        select(ReceivedInvoice).where(
            ReceivedInvoice.original_sha256 == sha256,
            ReceivedInvoice.vendor_id.is_not_distinct_from(vendor_id),
            ReceivedInvoice.is_live,
        )
    ).one()
    return _receipt(row, name, "same_bytes")


def _receipt(
    row: ReceivedInvoice,
    name: str,
    already: Literal["same_bytes", "same_message"] | None = None,
) -> Receipt:
    return Receipt(
        row.id, row.receipt_no, row.received_at, name, row.original_sha256, row.status, already
    )


def _clean_name(name: str) -> str:
    """The file's own name without folders and control characters, as people may read it."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(c for c in last if c.isprintable())[:255] or "invoice.xml"


assert State.RECEIVED in LIVE  # the unique index of live bytes depends on it
