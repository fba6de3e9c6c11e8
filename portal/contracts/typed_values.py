"""Days and amounts as typed in a form's field: read, or refused naming the field and the mend."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import TypeVar

from econtract import cells
from econtract.life_errors import refuse

T = TypeVar("T")


def day(text: str, field: str, label: tuple[str, str]) -> date:
    """A day. Raises EntryRefused; `label` names the field in Japanese and English."""
    return _read(cells.day, text, field, label)


def yen(text: str, field: str, label: tuple[str, str]) -> Decimal:
    """An amount in yen. Raises EntryRefused."""
    return _read(cells.yen, text, field, label)


def day_or_none(text: str, field: str, label: tuple[str, str]) -> date | None:
    """A day, or None where nothing was typed. Raises EntryRefused."""
    return day(text, field, label) if text.strip() else None


def yen_or_zero(text: str, field: str, label: tuple[str, str]) -> Decimal:
    """An amount in yen; nothing typed is none. Raises EntryRefused."""
    return Decimal(0) if cells.plain(text) in {"", "0"} else yen(text, field, label)


def _read(reader: Callable[[str], T], text: str, field: str, label: tuple[str, str]) -> T:
    try:
        return reader(text)
    except cells.BadCell as bad:
        raise refuse(field, label, (bad.ja, bad.en), (bad.mend_ja, bad.mend_en)) from bad
