"""All hits of a search as files: an index (CSV) and a ZIP of the index with every contract.

The ZIP is written while it is sent: one contract is in memory at a time, however many there are.
A file that can no longer be read whole is named inside the ZIP instead of being left out; a file
that not every party has signed is named, never handed out as a concluded contract.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from econtract import spreadsheet
from econtract.binding import read_kept
from econtract.errors import Alarm
from econtract.keeping import ZIP_TIME
from econtract.searching import Hit
from econtract.template import KINDS
from econtract.turns import TOKYO
from records import Store

INDEX_NAME = "索引.csv"
UNSIGNED = (
    "この契約は登録簿では確定していますが、当事者全員の署名の記録がありません。"
    "契約書は入れていません。市の運用担当にお知らせください。\n"
    "The register says this contract is concluded, but not every party's signature is recorded."
    " Its file is left out. Please tell the city's operator.\n"
)
HEADINGS = (
    "取引年月日", "契約番号", "件名", "相手方", "契約金額（税込・円）", "種類", "担当課",
    "確定日時（日本時間）", "履行期間の始まり", "履行期間の終わり", "ファイル名", "SHA-256",
    "受注者が控えを取った日時",
)  # fmt: skip


def index(hits: Iterable[Hit], *, partner: str | None) -> bytes:
    """The hits as CSV (UTF-8 with BOM, CRLF). `partner`: the other side when the reader is a
    vendor (the city's name); None writes each contract's vendor."""
    return spreadsheet.table(
        HEADINGS,
        (
            (
                hit.day.isoformat(),
                hit.number,
                hit.title,
                partner if partner is not None else hit.vendor_name,
                str(hit.amount),
                KINDS[hit.kind][0] if hit.kind in KINDS else hit.kind,
                hit.department,
                _instant(hit.concluded_at) if hit.is_proven else "（署名がそろっていません）",
                hit.period_from.isoformat(),
                hit.period_to.isoformat(),
                _file(hit),
                hit.newest_sha256 if hit.newest_sha256 and hit.is_proven else "",
                _instant(hit.vendor_has_copy_at),
            )
            for hit in hits
        ),
    )


def _file(hit: Hit) -> str:
    if not hit.is_proven:
        return "（署名がそろっていません）"
    return contract_name(hit) if hit.newest_sha256 else "（廃棄済み）"


def contract_name(hit: Hit) -> str:
    return f"{hit.number}_契約書.pdf"


def bundle(
    store: Store, hits: Iterable[Hit], index_csv: bytes, *, alarmed: Callable[[Alarm], None]
) -> Iterator[bytes]:
    """The ZIP in pieces. `alarmed` is told of each file that is damaged or gone."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        _add(archive, INDEX_NAME, index_csv)
        for hit in hits:
            if not hit.is_proven:
                name = f"{hit.number}_署名がそろっていません.txt"
                _add(archive, name, UNSIGNED.encode())
                continue
            files = {contract_name(hit): hit.newest_sha256}
            files[f"{hit.number}_合意締結証明書.pdf"] = hit.certificate_sha256
            for name, sha256 in files.items():
                if sha256 is None:
                    continue
                try:
                    data = read_kept(store, hit.contract_id, sha256)
                except Alarm as alarm:
                    alarmed(alarm)
                    name = f"{name}_読めませんでした.txt"
                    data = f"{alarm.message_ja}\n{alarm.remedy_ja}\n\n{alarm}\n".encode()
                _add(archive, name, data)
            yield sink.taken()
    yield sink.taken()


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    member = zipfile.ZipInfo(name, ZIP_TIME)
    member.external_attr = 0o644 << 16
    archive.writestr(member, data)


def _instant(at: datetime | None) -> str:
    return f"{at.astimezone(TOKYO):%Y-%m-%d %H:%M:%S}" if at else ""


class _Sink(io.RawIOBase):
    """Where the ZIP is written until it is taken away; cannot be sought, so zipfile streams."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes | bytearray | memoryview) -> int:  # type: ignore[override]
        piece = bytes(data)
        self._pieces.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
