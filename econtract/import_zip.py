"""The PDFs of an import out of a ZIP, one after another, within limits that a hostile one meets."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from econtract.import_table import unreadable
from econtract.life_errors import ImportUnreadable

MAX_MEMBERS = 2_000
MAX_PDF = 50 * 1024 * 1024
MAX_TOTAL = 4 * 1024**3
MAX_RATIO = 200
"""PDFs hardly shrink; what grows more than this when unpacked was made to hurt."""


def pdfs(file: BinaryIO) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of each PDF. Folders and other files are passed over.

    Names without the UTF-8 mark are read as Windows in Japan writes them (CP932). Raises
    ImportUnreadable for what is no ZIP, is encrypted, or goes beyond the limits."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = [m for m in archive.infolist() if m.filename.lower().endswith(".pdf")]
            if len(members) > MAX_MEMBERS:
                raise _refused(
                    f"PDFが{len(members):,}個あります（上限{MAX_MEMBERS:,}個）。", "Too many."
                )
            if sum(m.file_size for m in members) > MAX_TOTAL:
                raise _refused("展開すると4GBを超えます。", "It unpacks to more than 4 GB.")
            for member in members:
                yield _name(member), _read(archive, member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise _refused("ZIPとして読めません。", f"It is no readable ZIP ({error}).") from error


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    shown = _name(member)
    if member.flag_bits & 0x1:
        raise _refused(f"「{shown}」に鍵がかかっています。", f"'{shown}' is encrypted.")
    if member.file_size > MAX_PDF or member.file_size > MAX_RATIO * max(member.compress_size, 1):
        raise _refused(f"「{shown}」が大きすぎます（上限50MB）。", f"'{shown}' is too large.")
    with archive.open(member) as opened:
        data = opened.read(MAX_PDF + 1)
    if len(data) > MAX_PDF:
        raise _refused(f"「{shown}」が大きすぎます（上限50MB）。", f"'{shown}' is too large.")
    return data


def _name(member: zipfile.ZipInfo) -> str:
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("cp932")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return member.filename


def _refused(ja: str, en: str) -> ImportUnreadable:
    return unreadable(
        ja,
        en,
        "PDFをZIPにまとめ直して（鍵なし、PDF1つ50MBまで）送ってください。",
        "Pack the PDFs again without a password, 50 MB each.",
    )
