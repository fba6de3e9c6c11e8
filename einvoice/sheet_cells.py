"""Cells of a sheet as people fill them: dates, amounts, choices in any width."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from einvoice.contract_terms import Rounding
from einvoice.invoice_terms import DocumentKind, TaxCode

_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_ERA = re.compile(r"(令和|平成|R|H)\.?(元|[1-9]\d?)[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_ERA_START = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988}
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_PERCENT = re.compile(r"(\d{1,2}(?:\.\d+)?)%")

Cell = object  # what a reader of files hands over: str, number, date, None
Value = TypeVar("Value")


class CellError(ValueError):
    """A cell that cannot be read: why, in both languages."""

    def __init__(self, ja: str, en: str) -> None:
        super().__init__(f"{ja} / {en}")
        self.ja = ja
        self.en = en


def plain(cell: Cell) -> str:
    """The cell as text; dates as ISO, whole numbers without a decimal point."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _folded(cell: Cell) -> str:
    return unicodedata.normalize("NFKC", plain(cell)).replace(" ", "")


def read_date(cell: Cell) -> date:
    """2026-10-31, 2026/10/31, 2026年10月31日, 令和8年10月31日, R8.10.31, 20261031, a date cell."""
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    written = _folded(cell)
    found = _DATE.fullmatch(written) or _COMPACT.fullmatch(written)
    era = _ERA.fullmatch(written)
    try:
        if found is not None:
            return date(int(found[1]), int(found[2]), int(found[3]))
        if era is not None:
            year = 1 if era[2] == "元" else int(era[2])
            return date(_ERA_START[era[1]] + year, int(era[3]), int(era[4]))
    except ValueError:
        pass
    raise CellError(
        f"「{plain(cell)[:40]}」は日付ではありません（例：2026-10-31、令和8年10月31日）",
        f"“{plain(cell)[:40]}” is not a date (for example 2026-10-31)",
    )


def read_number(cell: Cell) -> Decimal:
    """1234, 1,234, ¥1,234, 1,234円, △500, －500, a number cell."""
    written = _folded(cell).replace(",", "").removeprefix("¥").removesuffix("円")
    written = re.sub(r"^[△▲−‐-]", "-", written).replace("-¥", "-")
    try:
        value = Decimal(repr(cell)) if isinstance(cell, float) else Decimal(written)
        if value.is_finite() and len(written) <= 40:
            return value
    except InvalidOperation:
        pass
    raise CellError(
        f"「{plain(cell)[:40]}」は数値ではありません", f"“{plain(cell)[:40]}” is not a number"
    )


def read_percent(cell: Cell) -> Decimal:
    """10, 10%, 10％; 0.1 in a cell formatted as percentage counts as 10."""
    value = read_number(_folded(cell).removesuffix("%"))
    return value * 100 if isinstance(cell, float) and 0 < value < 1 else value


def choice(options: Mapping[str, Value], cell: Cell) -> Value:
    """One of the named options."""
    written = _folded(cell)
    for name, value in options.items():
        if _folded(name) == written:
            return value
    names = "、".join(options)
    raise CellError(
        f"「{plain(cell)[:40]}」は選べません（{names}）",
        f"“{plain(cell)[:40]}” is none of: {names}",
    )


KINDS = {
    "適格請求書": DocumentKind.QUALIFIED,
    "区分記載請求書": DocumentKind.NOT_REGISTERED,
    "仕入明細書": DocumentKind.SELF_BILLED,
    "380": DocumentKind.QUALIFIED,
    "480": DocumentKind.NOT_REGISTERED,
    "389": DocumentKind.SELF_BILLED,
}
ROUNDINGS = {
    "切捨て": Rounding.FLOOR,
    "切り捨て": Rounding.FLOOR,
    "四捨五入": Rounding.HALF_UP,
    "切上げ": Rounding.CEILING,
    "切り上げ": Rounding.CEILING,
}
ACCOUNT_KINDS = {"普通": "1", "当座": "2", "貯蓄": "4", "1": "1", "2": "2", "4": "4"}
_TAX_WORDS = {
    "標準": TaxCode.STANDARD,
    "標準税率": TaxCode.STANDARD,
    "軽減": TaxCode.REDUCED,
    "軽減税率": TaxCode.REDUCED,
    "※": TaxCode.REDUCED,
    "非課税": TaxCode.EXEMPT,
    "輸出免税": TaxCode.EXPORT,
    "免税": TaxCode.EXPORT,
    "対象外": TaxCode.OUTSIDE,
    "不課税": TaxCode.OUTSIDE,
    **{code.value: code for code in TaxCode},
}


def read_tax(
    cell: Cell, category_of: Callable[[Decimal], str | None]
) -> tuple[TaxCode, Decimal | None]:
    """税区分 with or without a rate: 標準, 軽減8%, 10%, 8%※, 非課税, S, AA …

    For a bare rate `category_of` knows the category it has on the day of supply.
    """
    written = _folded(cell)
    found = _PERCENT.search(written)
    rate = None if found is None else Decimal(found[1])
    word = _PERCENT.sub("", written).strip("()（）") if found else written
    if isinstance(cell, float) and 0 < cell < 1:
        rate, word = read_percent(cell), ""
    if word:
        return choice(_TAX_WORDS, word), rate
    category = None if rate is None else category_of(rate)
    if category is None:
        raise CellError(
            f"税率「{plain(cell)[:20]}」はその取引日の税率ではありません",
            f"“{plain(cell)[:20]}” is no rate of the day of supply",
        )
    return TaxCode(category), rate
