"""From the bytes of an e-bidding export to award rows, or to a list of places to mend.

Pure: no database. Limits stand at the top because the file comes from outside. The encoding is
found, not asked: a UTF-8 mark, then strict UTF-8, then CP932 (what Windows calls Shift_JIS).
Columns are found by heading, in any order, under the names exports use; a preamble above the
heading row (title, print date) is skipped.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any

from econtract import award_headings, cells
from econtract.award_columns import COLUMNS, FROM_REGISTER, AwardRow, Member
from econtract.award_headings import HEADING_WITHIN
from econtract.errors import AwardFileUnreadable

MAX_BYTES = 5 * 1024 * 1024
MAX_ROWS = 2_000
MAX_PROBLEMS = 200
MAX_MEMBERS = 10


@dataclass(frozen=True, slots=True)
class Problem:
    """A place in the file to mend: the line as a spreadsheet counts it, and the heading."""

    line: int
    column: str
    message_ja: str
    message_en: str
    remedy_ja: str
    remedy_en: str
    name: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "line": self.line,
            "column": self.column,
            "name": self.name,
            "message": {"ja": self.message_ja, "en": self.message_en},
            "remedy": {"ja": self.remedy_ja, "en": self.remedy_en},
        }


@dataclass(frozen=True, slots=True)
class AwardTable:
    """What a file holds: rows that can stand, and places that cannot."""

    encoding: str
    columns: Mapping[str, str]
    rows: tuple[AwardRow, ...]
    problems: tuple[Problem, ...]


def decode(data: bytes) -> tuple[str, str]:
    """(text, encoding name). Raises AwardFileUnreadable naming what the file is instead."""
    if not data:
        raise _unreadable(
            "ファイルが空です。", "It is empty.", "書き出し直してください。", "Export it again."
        )
    if len(data) > MAX_BYTES:
        raise _unreadable(
            f"{len(data):,}バイトあります（上限{MAX_BYTES:,}バイト）。",
            f"It has {len(data):,} bytes (limit {MAX_BYTES:,}).",
            "期間を区切って書き出してください。",
            "Export shorter periods.",
        )
    for mark, ja, en in (
        (b"PK\x03\x04", "Excelブック(xlsx)かZIP", "an Excel workbook or ZIP"),
        (b"\xd0\xcf\x11\xe0", "古い形式のExcelブック(xls)", "an old Excel workbook"),
        (b"%PDF", "PDF", "a PDF"),
        (b"\xff\xfe", "UTF-16のテキスト", "UTF-16 text"),
        (b"\xfe\xff", "UTF-16のテキスト", "UTF-16 text"),
    ):
        if data.startswith(mark):
            raise _unreadable(
                f"CSVではなく{ja}です。",
                f"It is {en}, not CSV.",
                "表計算ソフトで「CSV UTF-8」として保存してください。",
                "Save it as 'CSV UTF-8' in a spreadsheet.",
            )
    for encoding in ("utf-8-sig", "cp932"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            place = error.start
            continue
        if "\x00" in text:
            raise _unreadable(
                "文字でないデータ(NUL)が入っています。",
                "It contains NUL bytes.",
                "CSVとして書き出し直してください。",
                "Export it as CSV again.",
            )
        marked = encoding == "utf-8-sig" and not data.startswith(b"\xef\xbb\xbf")
        return text, "utf-8" if marked else encoding
    raise _unreadable(
        f"UTF-8でもShift_JIS(CP932)でもない文字があります（{place}バイト目付近）。",
        f"It is neither UTF-8 nor Shift_JIS/CP932 (near byte {place}).",
        "「CSV UTF-8」として保存し直してください。",
        "Save it again as 'CSV UTF-8'.",
    )


#: A vendor's code -> what the register says of it (column name -> text), or None.
Register = Callable[[str], Mapping[str, str] | None]


def read(
    data: bytes,
    *,
    chosen: Mapping[str, str] | None = None,
    register: Register | None = None,
) -> AwardTable:
    """The table in `data`. Problems of single cells are collected, not raised.

    `chosen` is what is known of the source's headings; `register` fills in what is known of a
    vendor. Raises AwardFileUnreadable when there is no table at all (wrong kind of file, too many
    rows), ColumnsUnknown when its headings must be matched first."""
    text, encoding = decode(data)
    delimiter = "\t" if text.count("\t") > text.count(",") else ","
    lines: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    before = 0
    try:
        for record in reader:
            if any(cell.strip() for cell in record):
                lines.append((before + 1, record))
            before = reader.line_num
            if len(lines) > MAX_ROWS + HEADING_WITHIN:
                raise _unreadable(
                    f"{MAX_ROWS:,}行を超えています。",
                    f"More than {MAX_ROWS:,} rows.",
                    "ファイルを分けてください。",
                    "Split the file.",
                )
    except csv.Error as error:
        raise _unreadable(
            f"{reader.line_num}行目の引用符が閉じていないか、区切りが壊れています。",
            f"Line {reader.line_num}: {error}.",
            'その行の「"」と「,」を確かめてください。',
            "Check the quotes and commas of that line.",
        ) from error
    heading_at, places = award_headings.find(lines, chosen or {}, has_register=register is not None)
    columns = {name: lines[heading_at][1][place].strip() for name, place in places.items()}
    rows, problems = _rows(lines[heading_at + 1 :], places, columns, register)
    if not rows and not problems:
        raise _unreadable(
            "見出しの下にデータの行がありません。",
            "There is no row below the headings.",
            "落札結果のある期間を選んで書き出してください。",
            "Export a period that has awards.",
        )
    return AwardTable(encoding, columns, tuple(rows), tuple(problems[:MAX_PROBLEMS]))


def from_values(
    values: Sequence[Mapping[str, str]], *, register: Register | None = None
) -> AwardTable:
    """Awards given as column name -> text (a form, or JSON): the same checks, the same places.

    A row's line is its number in the list, from 1."""
    if not 1 <= len(values) <= MAX_ROWS:
        raise _unreadable(
            f"{len(values)}件あります（1〜{MAX_ROWS:,}件）。",
            f"{len(values)} rows (1 to {MAX_ROWS:,}).",
            "件数を分けてください。",
            "Send fewer rows.",
        )
    places = {column.name: n for n, column in enumerate(COLUMNS)}
    columns = {column.name: column.headings[0] for column in COLUMNS}
    lines = [
        (n, [str(row.get(column.name, "")) for column in COLUMNS])
        for n, row in enumerate(values, start=1)
    ]
    rows, problems = _rows(lines, places, columns, register)
    return AwardTable("utf-8", columns, tuple(rows), tuple(problems[:MAX_PROBLEMS]))


def _rows(
    lines: Sequence[tuple[int, list[str]]],
    places: Mapping[str, int],
    columns: Mapping[str, str],
    register: Register | None,
) -> tuple[list[AwardRow], list[Problem]]:
    rows: list[AwardRow] = []
    problems: list[Problem] = []
    seen: dict[str, int] = {}
    for line, record in lines:
        row = _row(line, record, places, columns, problems, register)
        if row is None:
            continue
        if first := seen.get(row.case_number):
            problems.append(
                Problem(
                    line,
                    columns["case_number"],
                    f"案件番号「{row.case_number}」は{first}行目と同じです。",
                    f"The case number '{row.case_number}' repeats line {first}.",
                    "どちらかの行を消してください。",
                    "Delete one of the two lines.",
                    "case_number",
                )
            )
            continue
        seen[row.case_number] = line
        rows.append(row)
    return rows, problems


def _unreadable(why_ja: str, why_en: str, how_ja: str, how_en: str) -> AwardFileUnreadable:
    return AwardFileUnreadable(
        field="file", why_ja=why_ja, why_en=why_en, how_ja=how_ja, how_en=how_en
    )


def _row(
    line: int,
    record: list[str],
    places: Mapping[str, int],
    columns: Mapping[str, str],
    problems: list[Problem],
    register: Register | None,
) -> AwardRow | None:
    """The row at `line`, or None after its problems were added to the list."""
    values: dict[str, Any] = {}
    before = len(problems)

    def trouble(name: str, ja: str, en: str, mend_ja: str, mend_en: str) -> None:
        heading = columns.get(name, next(c.headings[0] for c in COLUMNS if c.name == name))
        problems.append(Problem(line, heading, ja, en, mend_ja, mend_en, name))

    known = _registered(record, places, register)

    for column in COLUMNS:
        place = places.get(column.name)
        cell = record[place] if place is not None and place < len(record) else ""
        if not cell.strip() and column.name in FROM_REGISTER:
            cell = known.get(column.name, "")
        if not cell.strip():
            values[column.name] = column.default
            if column.required:
                trouble(
                    column.name,
                    "空欄です。",
                    "The cell is empty.",
                    "電子入札の落札結果を見て埋めてください。",
                    "Fill it in from the award.",
                )
            continue
        try:
            values[column.name] = column.read(cell)
        except cells.BadCell as bad:
            trouble(column.name, bad.ja, bad.en, bad.mend_ja, bad.mend_en)
    members: tuple[Member, ...] = ()
    if len(problems) == before:
        try:
            members = _members(values.pop("members"))
        except cells.BadCell as bad:
            trouble("members", bad.ja, bad.en, bad.mend_ja, bad.mend_en)
    if len(problems) == before:
        _amounts(values, trouble)
        if values["period_to"] < values["period_from"]:
            trouble(
                "period_to",
                "期限が着手日より前です。",
                "The term ends before it begins.",
                "二つの日付を確かめてください。",
                "Check both days.",
            )
        if values["award_date"] > values["period_to"]:
            trouble(
                "award_date",
                "落札決定日が期限より後です。",
                "The award is later than the end of the term.",
                "日付を確かめてください。",
                "Check the days.",
            )
    if len(problems) > before:
        return None
    values.pop("net")
    return AwardRow(line=line, members=members, **values)


def _registered(
    record: list[str], places: Mapping[str, int], register: Register | None
) -> Mapping[str, str]:
    """What the register of vendors knows of the row's vendor."""
    place = places.get("vendor_code")
    if register is None or place is None or place >= len(record):
        return {}
    try:
        return register(cells.vendor_code(record[place])) or {}
    except cells.BadCell:
        return {}


def _amounts(values: dict[str, Any], trouble: Callable[[str, str, str, str, str], None]) -> None:
    """Fill amount (tax included) and tax; if both amounts are given they must agree.

    The contract amount is the bid plus tax with fractions of a yen cut off; the tax shown in it
    is amount × rate / (100 + rate), cut off (端数切捨て)."""
    net: Decimal | None = values["net"]
    amount: Decimal | None = values["amount"]
    rate: Decimal = values["tax_rate"]
    if net is None and amount is None:
        trouble(
            "amount",
            "落札金額も契約金額も空欄です。",
            "Both amounts are empty.",
            "どちらかを書いてください。",
            "Fill in one of them.",
        )
        return
    if net is not None:
        computed = (net * (100 + rate) / 100).quantize(Decimal(1), ROUND_DOWN)
        if amount is not None and amount != computed:
            trouble(
                "amount",
                f"契約金額{amount:,}円が、落札金額×(100+{rate})/100＝{computed:,}円と合いません。",
                f"{amount:,} yen is not the bid with {rate}% tax ({computed:,} yen).",
                "税率と二つの金額を確かめてください。",
                "Check the rate and both amounts.",
            )
        amount = computed
    assert amount is not None
    values["amount"] = amount
    values["tax"] = (amount * rate / (100 + rate)).quantize(Decimal(1), ROUND_DOWN)


def _members(cell: str) -> tuple[Member, ...]:
    """'業者番号/商号/役職/氏名/メール' for each member, ';' between members (row = lead)."""
    if not cell:
        return ()
    members = []
    for part in re.split(r"[;；]", cell):
        if not part.strip():
            continue
        pieces = [cells.text(p) for p in re.split(r"[/／]", part)]
        if len(pieces) != 5 or not all(pieces):
            raise cells.BadCell(
                f"構成員「{part.strip()[:40]}」を読めません。",
                f"The member '{part.strip()[:40]}' cannot be read.",
                "「業者番号/商号/役職/氏名/メールアドレス」の形で、構成員を「;」で区切ってください。",
                "Write number/name/title/person/mail and part members with ';'.",
            )
        code, name, title, person, address = pieces
        members.append(Member(cells.vendor_code(code), name, title, person, cells.mail(address)))
    if len(members) > MAX_MEMBERS:
        raise cells.BadCell(
            f"構成員が{len(members)}者います（上限{MAX_MEMBERS}）。",
            f"{len(members)} members (limit {MAX_MEMBERS}).",
            "共同企業体の協定書を確かめてください。",
            "Check the joint-venture agreement.",
        )
    return tuple(members)
