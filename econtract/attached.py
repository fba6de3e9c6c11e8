"""Files that people attach after 確定: what may come in, and how it is named when it goes out.

Kept by SHA-256 like everything else. Nothing here is opened or shown inline: a file goes back to a
reader as a download only, so its content is never interpreted by the service or in its name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from econtract.life_errors import EntryRefused, refuse
from records import Store

MAX_FILES = 10
MAX_BYTES = 20 * 1024 * 1024
LONGEST_NAME = 120

#: First bytes -> (media type, what people call it).
KINDS: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF-", "application/pdf", "PDF"),
    (b"\xff\xd8\xff", "image/jpeg", "写真（JPEG）"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "画像（PNG）"),
    (b"PK\x03\x04", "application/zip", "Excel・Word・ZIP"),
)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file as a row keeps it."""

    name: str
    sha256: str
    size: int
    media_type: str

    def to_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "sha256": self.sha256,
            "size": self.size,
            "media_type": self.media_type,
        }


def keep(store: Store, files: Sequence[tuple[str, bytes]]) -> list[Attachment]:
    """Check and keep files (name, bytes). Empty ones are what an empty form field sends: left out.

    Raises EntryRefused naming the file. Nothing is kept unless all can be."""
    given = [(name, data) for name, data in files if name or data]
    if len(given) > MAX_FILES:
        raise _refused(f"{len(given)}個あります（上限{MAX_FILES}個）。", f"{len(given)} files.")
    checked = []
    for name, data in given:
        shown = safe_name(name)
        if not data:
            raise _refused(f"「{shown}」は空です。", f"'{shown}' is empty.")
        if len(data) > MAX_BYTES:
            raise _refused(f"「{shown}」は20MBを超えています。", f"'{shown}' is above 20 MB.")
        media = next((media for mark, media, _ in KINDS if data.startswith(mark)), None)
        if media is None:
            raise _refused(
                f"「{shown}」の形式は使えません。", f"'{shown}' is of a kind that is not taken."
            )
        checked.append((shown, data, media))
    kept = []
    for shown, data, media in checked:
        stored = store.put(data)
        kept.append(Attachment(shown, stored.sha256, stored.size, media))
    return kept


def safe_name(name: str) -> str:
    """The last part of a path, without controls, not too long (T-26: emoji, 255 bytes…)."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    plain = "".join(c for c in last if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co"})
    stem, dot, ending = plain.strip(" .").rpartition(".")
    if dot and len(ending) <= 8:
        return f"{stem[: LONGEST_NAME - 9]}.{ending}" if stem else f"file.{ending}"
    return plain[:LONGEST_NAME].strip(" .") or "file"


def _refused(why_ja: str, why_en: str) -> EntryRefused:
    return refuse(
        "files",
        ("添付ファイル", "the attached files"),
        (why_ja, why_en),
        (
            "PDF・JPEG・PNG・Excel・Word・ZIPを、1つ20MBまで、10個まで添付できます。",
            "PDF, JPEG, PNG, Office files and ZIP, 20 MB each, up to 10.",
        ),
    )
