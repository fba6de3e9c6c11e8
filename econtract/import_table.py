"""The CSV of an import: one contract signed elsewhere a line, with the facts it is found by.

Read like an award file (encoding found, columns by heading in any order), with limits at the top.
A line without a file name is a contract on paper: indexed, so that an amendment can name it.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from econtract import award_table, cells
from econtract.attached import safe_name
from econtract.award_columns import COLUMNS as AWARD_COLUMNS
from econtract.award_table import Problem
from econtract.errors import AwardFileUnreadable
from econtract.life_errors import ImportRowsRefused, ImportUnreadable

MAX_ROWS = 2_000
MAX_PROBLEMS = 200
_KIND = next(column.read for column in AWARD_COLUMNS if column.name == "kind")

#: name -> (headings, reader, required).
COLUMNS: dict[str, tuple[tuple[str, ...], Callable[[str], Any], bool]] = {
    "file_name": (("ファイル名", "書類名", "PDF"), cells.text, False),
    "number": (("契約番号", "書類ID", "管理番号"), cells.text, True),
    "title": (("件名", "契約名", "書類名称"), cells.text, True),
    "kind": (("契約種別", "種別", "契約種類"), _KIND, True),
    "department": (("担当課", "所管課"), cells.text, True),
    "concluded_on": (("契約締結日", "締結日", "契約日", "合意締結日"), cells.day, True),
    "vendor_code": (("業者番号", "業者コード"), cells.vendor_code, True),
    "vendor_name": (("相手方", "受注者", "取引先"), cells.text, True),
    "amount": (("契約金額（税込）", "契約金額", "金額"), cells.yen, True),
    "tax_rate": (("消費税率", "税率"), cells.percent, False),
    "period_from": (("履行期間（自）", "着手日", "契約開始日"), cells.day, True),
    "period_to": (("履行期間（至）", "完成期限", "契約終了日"), cells.day, True),
}


@dataclass(frozen=True, slots=True)
class ImportLine:
    """What a line says. Amount in yen with tax."""

    line: int
    file_name: str
    number: str
    title: str
    kind: str
    department: str
    concluded_on: date
    vendor_code: str
    vendor_name: str
    amount: Decimal
    tax_rate: Decimal
    period_from: date
    period_to: date

    def facts(self) -> dict[str, str]:
        """JSON-safe text, without line and file."""
        return {name: str(getattr(self, name)) for name in COLUMNS if name != "file_name"}


def plain_name(name: str) -> str:
    """A file's name as it is compared: its last part, NFC, without case."""
    return unicodedata.normalize("NFC", safe_name(name)).casefold()


def read(data: bytes) -> list[ImportLine]:
    """The lines of `data`. Raises ImportUnreadable, or ImportRowsRefused with every place."""
    try:
        text, _ = award_table.decode(data)
    except AwardFileUnreadable as error:
        values = {
            name: str(error.values[name]) for name in ("why_ja", "why_en", "how_ja", "how_en")
        }
        raise ImportUnreadable(field="table", **values) from error
    try:
        records = [r for r in csv.reader(io.StringIO(text, newline=""), strict=True) if any(r)]
    except csv.Error as error:
        raise unreadable(
            "引用符か区切りが壊れています。",
            str(error),
            "「CSV UTF-8」として保存し直してください。",
            "Save it again as CSV.",
        ) from error
    if not 2 <= len(records) <= MAX_ROWS + 1:
        raise unreadable(
            f"データが{max(len(records) - 1, 0):,}行あります（1〜{MAX_ROWS:,}行）。",
            f"{max(len(records) - 1, 0)} rows (1 to {MAX_ROWS}).",
            "1行目を見出しにして、行数を分けてください。",
            "Put headings in the first line; split the file.",
        )
    places = _places(records[0])
    lines: list[ImportLine] = []
    problems: list[Problem] = []
    for number, record in enumerate(records[1:], start=2):
        _line(number, record, places, lines, problems)
    _doubles(lines, problems)
    if problems:
        first = problems[0]
        raise ImportRowsRefused(
            tuple(problems[:MAX_PROBLEMS]),
            count=len(problems),
            first_ja=f"{first.line}行目「{first.column}」: {first.message_ja}",
            first_en=f"line {first.line} '{first.column}': {first.message_en}",
        )
    return lines


def _places(headings: list[str]) -> dict[str, int]:
    known = {unicodedata.normalize("NFKC", h).strip(): n for n, h in enumerate(headings)}
    places: dict[str, int] = {}
    for name, (wanted, _, _) in COLUMNS.items():
        for heading in wanted:
            if (at := known.get(unicodedata.normalize("NFKC", heading))) is not None:
                places[name] = at
                break
    missing = [
        h[0] for name, (h, _, required) in COLUMNS.items() if required and name not in places
    ]
    if missing:
        listed = "、".join(missing)
        raise unreadable(
            f"見出しに次の列がありません: {listed}。",
            f"The heading row lacks: {listed}.",
            "1行目に見出しを入れてください。",
            "Put these headings into the first line.",
        )
    return places


def _line(
    number: int,
    record: list[str],
    places: dict[str, int],
    lines: list[ImportLine],
    problems: list[Problem],
) -> None:
    values: dict[str, Any] = {"file_name": "", "tax_rate": Decimal(10)}
    before = len(problems)
    for name, (headings, reader, required) in COLUMNS.items():
        at = places.get(name)
        cell = record[at].strip() if at is not None and at < len(record) else ""
        if not cell:
            if required:
                problems.append(_problem(number, headings[0], "空欄です。", "It is empty."))
            continue
        try:
            values[name] = reader(cell)
        except cells.BadCell as bad:
            problems.append(
                Problem(number, headings[0], bad.ja, bad.en, bad.mend_ja, bad.mend_en, name)
            )
    if len(problems) > before:
        return
    if len(values["number"]) > 40:
        problems.append(_problem(number, "契約番号", "40文字を超えています。", "Too long."))
    elif values["period_to"] < values["period_from"]:
        problems.append(
            _problem(number, "履行期間（至）", "始まりより前です。", "It ends before it begins.")
        )
    else:
        lines.append(ImportLine(line=number, **values))


def _doubles(lines: list[ImportLine], problems: list[Problem]) -> None:
    for name, heading in (("number", "契約番号"), ("file_name", "ファイル名")):
        seen: dict[str, int] = {}
        for line in lines:
            value = getattr(line, name)
            key = plain_name(value) if name == "file_name" and value else value
            if key and key in seen:
                problems.append(
                    _problem(
                        line.line,
                        heading,
                        f"{seen[key]}行目と同じです。",
                        f"It repeats line {seen[key]}.",
                    )
                )
            seen.setdefault(key, line.line)


def _problem(line: int, heading: str, ja: str, en: str) -> Problem:
    name = next((n for n, (headings, _, _) in COLUMNS.items() if headings[0] == heading), "")
    return Problem(line, heading, ja, en, "この欄を直してください。", "Correct this cell.", name)


def unreadable(why_ja: str, why_en: str, how_ja: str, how_en: str) -> ImportUnreadable:
    """An ImportUnreadable from its four texts."""
    return ImportUnreadable(
        field="table", why_ja=why_ja, why_en=why_en, how_ja=how_ja, how_en=how_en
    )
