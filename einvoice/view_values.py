"""How values of an invoice are written on the page."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from einvoice.figures import is_computable, shown
from einvoice.invoice import Address, Period

NONE = "―"
REDUCED_MARK = "※"
_CATEGORIES = {"S": "標準", "AA": "軽減", "E": "非課税", "G": "輸出免税", "O": "対象外"}


def day(value: date | None) -> str:
    """2026年10月31日."""
    return NONE if value is None else f"{value.year}年{value.month}月{value.day}日"


def days(period: Period | None) -> str | None:
    """One day, or first and last of a period; None if none is stated."""
    if period is None or (period.start is None and period.end is None):
        return None
    if period.start == period.end:
        return day(period.start)
    first = "" if period.start is None else day(period.start)
    return f"{first}～{'' if period.end is None else day(period.end)}"


def short_days(period: Period | None) -> str | None:
    """For a narrow column: 10/1～10/31."""
    if period is None or (period.start is None and period.end is None):
        return None
    stated = [d for d in (period.start, period.end) if d is not None]
    written = list(dict.fromkeys(f"{d.month}/{d.day}" for d in stated))
    return "～".join(written)


def number(value: Decimal | None) -> str:
    """Thousands separated, without trailing noughts."""
    if value is None:
        return NONE
    return shown(value) if is_computable(value) else f"{value:.6g}"


def money(value: Decimal | None, currency: str) -> str:
    """¥1,234 or EUR 1,234.50; a minus sign before the currency."""
    if value is None:
        return NONE
    if not is_computable(value):
        return f"{currency} {value:.6g}"
    sign = "−" if value < 0 else ""
    if currency == "JPY":
        return f"{sign}¥{shown(abs(value))}"
    return f"{sign}{currency} {abs(value):,.2f}"


def rate(code: str, percent: Decimal | None) -> str:
    """10％, 8％※, 非課税 …"""
    if code in ("E", "G", "O"):
        return _CATEGORIES[code]
    if percent is None:
        return NONE
    mark = REDUCED_MARK if code == "AA" else ""
    return f"{number(percent)}％{mark}"


def rate_heading(code: str, percent: Decimal | None) -> str:
    """10％対象, 8％対象（軽減）※, 非課税."""
    if code in ("E", "G", "O"):
        return _CATEGORIES[code]
    mark = f"（軽減）{REDUCED_MARK}" if code == "AA" else ""
    return f"{number(percent)}％対象{mark}"


def address(value: Address | None) -> str | None:
    """〒432-8001 静岡県遠州市元城町103-2 …, as Japanese addresses run."""
    if value is None:
        return None
    code = value.post_code or ""
    if len(code) == 7 and code.isdigit():
        code = f"{code[:3]}-{code[3:]}"
    place = "".join(part for part in (value.subdivision, value.city, value.line1) if part)
    rest = [part for part in (value.line2, value.line3) if part]
    country = value.country if value.country not in ("", "JP") else ""
    whole = " ".join(part for part in (f"〒{code}" if code else "", place, *rest, country) if part)
    return whole or None


def size(content: bytes) -> str:
    """Of an attachment."""
    kilobytes = -(-len(content) // 1024)
    return f"{kilobytes:,} KB"
