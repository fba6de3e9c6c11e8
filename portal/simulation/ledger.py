"""The city's own ledger as a CSV: days, kinds and amounts of a year's contracts and invoices.

Columns by heading (日付, 種類, 金額; others are passed over), UTF-8 or Shift_JIS. Only counts and
sums are kept of it: no name, number or single amount goes into a report.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from portal.simulation.errors import LedgerUnreadable
from portal.simulation.stamp_duty import Kind, duty
from records import calendar

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 300_000
MAX_AMOUNT = Decimal(10) ** 13
ENOUGH_FOR_SHAPE = 500
"""Fewer invoices say nothing about months; then the default shape is kept."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """What a ledger says: yearly volumes, the shape of the year, the duty of its contracts."""

    years: int
    invoices: int
    contracts: int
    duty: int
    months: tuple[int, ...]
    """Invoices by month of the fiscal year, April first."""
    quarters: tuple[int, ...]
    """Invoices by quarter of the month."""

    @property
    def invoices_a_year(self) -> int:
        return round(self.invoices / self.years)

    @property
    def contracts_a_year(self) -> int:
        return round(self.contracts / self.years)

    @property
    def duty_per_contract(self) -> float | None:
        return self.duty / self.contracts if self.contracts else None

    @property
    def tells_shape(self) -> bool:
        return self.invoices >= ENOUGH_FOR_SHAPE and min(self.months) > 0


def read_ledger(data: bytes) -> Ledger:
    """Read a ledger. Raises `LedgerUnreadable` with the line that cannot be read."""
    if len(data) > MAX_BYTES:
        raise _unreadable(f"{MAX_BYTES // 1024 // 1024} MB を超えています。", "It is too large.")
    reader = csv.DictReader(io.StringIO(_text(data), newline=""))
    names = {unicodedata.normalize("NFKC", n or "").strip(): n for n in reader.fieldnames or ()}
    missing = [name for name in ("日付", "種類", "金額") if name not in names]
    if missing:
        raise _unreadable(
            f"見出し {'、'.join(missing)} がありません。", f"Headings missing: {missing}."
        )
    years: set[int] = set()
    invoices = contracts = duties = 0
    months, quarters = [0] * 12, [0] * 4
    try:
        for number, row in enumerate(reader, start=2):
            if number > MAX_ROWS + 1:
                raise _unreadable(f"{MAX_ROWS:,} 行を超えています。", "It has too many rows.")
            if not any((value or "").strip() for value in row.values() if isinstance(value, str)):
                continue
            day = _day(row[names["日付"]], number)
            kind = _kind(row[names["種類"]], number)
            amount = _amount(row[names["金額"]], number)
            years.add(calendar.fiscal_year(day))
            if kind is Kind.INVOICE:
                invoices += 1
                months[(day.month - 4) % 12] += 1
                quarters[min((day.day - 1) * 4 // 31, 3)] += 1
            else:
                contracts += 1
                duties += duty(kind, amount)
    except csv.Error as error:
        raise _unreadable("CSVの形になっていません。", "It is no CSV.") from error
    if not years:
        raise _unreadable("行がありません。", "It has no rows.")
    return Ledger(len(years), invoices, contracts, duties, tuple(months), tuple(quarters))


def _text(data: bytes) -> str:
    for encoding in ("utf-8-sig", "cp932"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _unreadable("文字コードを読めません。", "Its encoding is not known.")


def _cell(value: str | None) -> str:
    return unicodedata.normalize("NFKC", value or "").strip()


def _day(value: str | None, line: int) -> date:
    text = _cell(value).replace("/", "-").replace(".", "-")
    try:
        year, month, day = (int(part) for part in text.split("-"))
        if not 2000 <= year <= 2100:
            raise ValueError(year)
        return date(year, month, day)
    except ValueError as error:
        raise _unreadable(
            f"{line}行目の日付「{_cell(value)[:30]}」を読めません（例 2026-11-23）。",
            f"Line {line}: the date cannot be read (2026-11-23).",
        ) from error


def _kind(value: str | None, line: int) -> Kind:
    try:
        return Kind(_cell(value))
    except ValueError as error:
        raise _unreadable(
            f"{line}行目の種類「{_cell(value)[:30]}」が分かりません。",
            f"Line {line}: the kind is not known.",
        ) from error


def _amount(value: str | None, line: int) -> Decimal:
    text = _cell(value).replace(",", "").removesuffix("円").removeprefix("¥")
    try:
        amount = Decimal(text)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or not 0 <= amount <= MAX_AMOUNT:
        raise _unreadable(
            f"{line}行目の金額「{_cell(value)[:30]}」を読めません。",
            f"Line {line}: the amount cannot be read.",
        )
    return amount


def _unreadable(ja: str, en: str) -> LedgerUnreadable:
    return LedgerUnreadable(field="ledger", why_ja=ja, why_en=en)
