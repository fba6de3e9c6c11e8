"""Values of a draft that are more than text: unit prices, monthly rents, counts.

A field's raw text (typed, or pasted from a spreadsheet) becomes one canonical text: rows by line
breaks, cells by tabs, plain digits. `check` compares what the template's fields add up to with the
contract's amount, so that a contract never states two sums. Amounts in yen; unit prices may have
two decimals, quantities three; fractions of a yen in the sum are cut off.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from econtract import cells
from econtract.making_errors import TermsRefused
from econtract.models import Contract
from econtract.template_parts import COUNT, PRICES, TABLE, YEN, Field, Template

MAX_ROWS = 500
MAX_CHARACTERS = 60_000
MAX_CELL = 200
PRICE_COLUMNS = ("品名", "規格", "単位", "予定数量", "単価")

_NUMBER = re.compile(r"^\d{1,12}(\.\d{1,3})?$")
ONE = Decimal(1)


@dataclass(frozen=True, slots=True)
class Price:
    """A row of a table of unit prices. `price` is without tax."""

    name: str
    standard: str
    unit: str
    quantity: Decimal
    price: Decimal

    @property
    def net(self) -> Decimal:
        return self.quantity * self.price


def read(field: Field, raw: str) -> str:
    """The canonical text of a field's value. Raises cells.BadCell naming the line."""
    if field.type == PRICES:
        return read_prices(raw)
    if field.type == TABLE:
        return _table_text([row for _, row in _rows(raw, None)])
    if not raw.strip():
        return ""
    if field.type == YEN:
        return str(cells.yen(raw))
    if field.type == COUNT:
        value = cells.plain(raw).removesuffix("月")
        if not re.fullmatch(r"[1-9]\d{0,3}", value):
            raise cells.BadCell(
                f"「{raw.strip()[:40]}」を数として読めません。",
                f"'{raw.strip()[:40]}' is not a count.",
                "1から9999の整数を書いてください。",
                "Write a whole number from 1 to 9999.",
            )
        return value
    return cells.text(raw.replace("\r\n", " ").replace("\n", " "), longest=2000)


def read_prices(raw: str) -> str:
    """The canonical text of a price table. Raises cells.BadCell naming the line."""
    return _table_text([_price_cells(line, row) for line, row in _rows(raw, len(PRICE_COLUMNS))])


def prices(text: str) -> list[Price]:
    """The rows of a canonical price table."""
    out = []
    for line in text.splitlines():
        name, standard, unit, quantity, price = line.split("\t")
        out.append(Price(name, standard, unit, Decimal(quantity), Decimal(price)))
    return out


def printed(field: Field, value: str) -> str:
    """A value as the document shows it: amounts with commas."""
    if field.type == YEN and value:
        return f"{Decimal(value):,}"
    if field.type == PRICES:
        return "\n".join(
            "\t".join((p.name, p.standard, p.unit, f"{p.quantity:,f}", f"{p.price:,f}"))
            for p in prices(value)
        )
    return value


def total(rows: Sequence[Price], tax_rate: int) -> Decimal:
    """概算の総額: expected quantities times unit prices, with tax, in whole yen."""
    net = sum((row.net for row in rows), Decimal(0)).quantize(ONE, ROUND_DOWN)
    return net + (net * tax_rate / 100).quantize(ONE, ROUND_DOWN)


def months_between(contract: Contract) -> int:
    """Calendar months from the first to the last day of the term, a begun month counted whole."""
    first, last = contract.period_from, contract.period_to
    months = (last.year - first.year) * 12 + last.month - first.month
    return months + (1 if last.day >= first.day else 0)


def defaults(contract: Contract, template: Template) -> dict[str, str]:
    """The template's defaults, with what follows from the award filled in."""
    values = {field.name: field.default for field in template.fields}
    if {"monthly_amount", "months"} <= set(values):
        months = months_between(contract)
        values["months"] = str(months)
        if months and contract.amount % months == 0:
            values["monthly_amount"] = str(contract.amount / months)
    return values


def check(contract: Contract, template: Template) -> None:
    """Raise TermsRefused when the fields state another sum than the contract's amount."""
    fields = {field.name: field for field in template.fields}
    values = contract.fields
    for name, field in fields.items():
        if field.type == PRICES and values.get(name):
            stated = total(prices(values[name]), contract.tax_rate)
            if stated != contract.amount:
                raise TermsRefused(
                    field=name,
                    label=field.label_ja,
                    why_ja=f"予定数量×単価の合計（税込）は{stated:,}円、契約金額（概算）は{contract.amount:,}円です。",
                    why_en=f"The table adds up to {stated:,} yen with tax; the contract says "
                    f"{contract.amount:,}.",
                    how_ja="予定数量か単価を直してください。契約金額が違うときは、落札結果から直します。",
                    how_en="Correct quantities or prices; a wrong amount is mended in the award.",
                )
    monthly, months = values.get("monthly_amount"), values.get("months")
    if "monthly_amount" in fields and monthly and months:
        stated = Decimal(monthly) * Decimal(months)
        if stated != contract.amount:
            raise TermsRefused(
                field="monthly_amount",
                label=fields["monthly_amount"].label_ja,
                why_ja=f"月額{Decimal(monthly):,}円×{months}月は{stated:,}円、契約金額は{contract.amount:,}円です。",
                why_en=f"{Decimal(monthly):,} yen for {months} months is {stated:,}; the contract "
                f"says {contract.amount:,}.",
                how_ja="月額か月数を直してください。",
                how_en="Correct the monthly amount or the months.",
            )


def _rows(raw: str, columns: int | None) -> list[tuple[int, list[str]]]:
    """(line number, cells) of each row that is not empty; a heading row is left out."""
    if len(raw) > MAX_CHARACTERS:
        raise cells.BadCell(
            f"{len(raw):,}文字あります（上限{MAX_CHARACTERS:,}文字）。",
            f"{len(raw):,} characters (limit {MAX_CHARACTERS:,}).",
            "行を減らすか、単価表を添付ファイルにしてください。",
            "Use fewer rows, or attach the table as a file.",
        )
    delimiter = "\t" if "\t" in raw else ","
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(raw), delimiter=delimiter)
    for line, row in enumerate(reader, start=1):
        stripped = [cell.strip() for cell in row]
        if not any(stripped) or (line == 1 and "品名" in stripped[:1]):
            continue
        if len(rows) == MAX_ROWS:
            raise cells.BadCell(
                f"{MAX_ROWS}行を超えています。",
                f"More than {MAX_ROWS} rows.",
                "行を減らすか、添付ファイルにしてください。",
                "Use fewer rows, or attach a file.",
            )
        if columns is not None and len(stripped) != columns:
            raise cells.BadCell(
                f"{line}行目に{len(stripped)}個の欄があります（{columns}個が必要です）。",
                f"Line {line} has {len(stripped)} cells ({columns} are needed).",
                "「" + ",".join(PRICE_COLUMNS) + "」の順に書いてください。",
                "Write name, standard, unit, quantity, price.",
            )
        rows.append((line, [_cell(line, cell) for cell in stripped]))
    return rows


def _cell(line: int, value: str) -> str:
    try:
        return cells.text(value, longest=MAX_CELL)
    except cells.BadCell as bad:
        raise cells.BadCell(
            f"{line}行目: {bad.ja}", f"Line {line}: {bad.en}", bad.mend_ja, bad.mend_en
        ) from bad


def _price_cells(line: int, row: list[str]) -> list[str]:
    numbers = []
    for name, value in zip(PRICE_COLUMNS[3:], row[3:], strict=True):
        plain = cells.plain(value).replace(",", "").removesuffix("円")
        if not _NUMBER.fullmatch(plain) or Decimal(plain) <= 0:
            raise cells.BadCell(
                f"{line}行目の{name}「{value[:30]}」を数として読めません。",
                f"Line {line}: '{value[:30]}' is not a number.",
                "0より大きい数字で書いてください（例: 1200）。",
                "Write digits above zero, e.g. 1200.",
            )
        numbers.append(format(Decimal(plain).normalize(), "f"))
    if not row[0]:
        raise cells.BadCell(
            f"{line}行目の品名が空です。",
            f"Line {line} has no name.",
            "品名を書いてください。",
            "Write the name.",
        )
    return [*row[:3], *numbers]


def _table_text(rows: list[list[str]]) -> str:
    return "\n".join("\t".join(row) for row in rows)
