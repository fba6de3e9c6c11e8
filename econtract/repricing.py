"""What a 変更契約 changes in the prices of claims: 単価 and 月額, from a day on.

A contract of the templates 単価契約 and 賃貸借 says its prices in its own fields. An amendment that
changes them says the new table or amount, and the day from which it holds, in its own fields; its
document prints each difference. What holds on a day is read from the concluded documents alone:
nothing is copied, and the original never changes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from sqlalchemy.orm import Session

from econtract import cells, living, terms
from econtract.life_errors import refuse
from econtract.models import Contract
from econtract.states import ContractState
from records import calendar

UNIT_PRICES: Final = "unit_prices"
MONTHLY: Final = "monthly_amount"
FROM: Final = "prices_from"
_CONCLUDED: Final = {ContractState.CONCLUDED, ContractState.DISPOSED}
_TABLE = ("変更後の単価表", "new unit prices")
_AMOUNT = ("変更後の月額", "new monthly amount")
_DAY = ("新しい価格を適用する日", "day from which the new prices hold")


@dataclass(frozen=True, slots=True)
class Held:
    """The prices of one concluded document, from a day on; one of the two is empty."""

    valid_from: date
    document: Contract
    table: str
    """Canonical rows (`terms.prices`)."""
    monthly: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrices:
    """As it was entered. Empty means unchanged."""

    table: str = ""
    monthly: Decimal | None = None
    valid_from: date | None = None


@dataclass(frozen=True, slots=True)
class Repriced:
    """What an amendment's fields keep, and its rows (item, before, after) as printed."""

    fields: Mapping[str, str]
    rows: tuple[tuple[str, str, str], ...]


UNCHANGED: Final = NewPrices()
NOTHING: Final = Repriced({}, ())


def held(session: Session, contract: Contract) -> list[Held]:
    """The prices of an original by their first days: its own, then each concluded amendment's.

    Empty where the contract names no prices of its own."""
    own = _of(contract, contract.period_from)
    if own is None:
        return []
    found = [own]
    for _, child in living.amendments(session, contract.id):
        if child.current_state in _CONCLUDED and child.fields.get(FROM):
            later = _of(child, date.fromisoformat(child.fields[FROM]))
            found += [later] if later else []
    return sorted(found, key=lambda prices: prices.valid_from)  # stable: of one day the later last


def repriced(session: Session, parent: Contract, new: NewPrices, *, last: date) -> Repriced:
    """What the entered prices change; `last` is the contract's last day as amended.

    Raises EntryRefused naming the field. What is as it was is no change."""
    if not new.table.strip() and new.monthly is None:
        return NOTHING
    known = held(session, parent)
    latest = known[-1] if known else None
    table = _read(new.table) if new.table.strip() else ""
    if latest is None or (table and not latest.table) or (new.monthly and latest.table):
        label, field = (_TABLE, UNIT_PRICES) if table else (_AMOUNT, MONTHLY)
        raise refuse(
            field,
            label,
            ("原契約は、この形では価格を定めていません。", "The contract names no such prices."),
            ("「その他の変更」に書いてください。", "Write it among the other changes."),
        )
    if table == latest.table and new.monthly in {None, latest.monthly}:
        return NOTHING
    day = new.valid_from
    if day is None or not parent.period_from <= day <= last:
        raise refuse(
            FROM,
            _DAY,
            (
                f"契約期間（{parent.period_from}から{last}まで）の日を入れてください。",
                f"It must lie between {parent.period_from} and {last}.",
            ),
        )
    if day < latest.valid_from:
        raise refuse(
            FROM,
            _DAY,
            (
                f"いまの価格は{latest.valid_from}から適用しています。それより前にはできません。",
                f"The present prices hold from {latest.valid_from}; it cannot be before.",
            ),
        )
    if table:
        rows = _differences(latest.table, table)
        fields = {UNIT_PRICES: table, FROM: day.isoformat()}
    else:
        rows = [("月額（税込）", f"{latest.monthly:,.0f}円", f"{new.monthly:,.0f}円")]
        fields = {MONTHLY: str(new.monthly), FROM: day.isoformat()}
    rows.append((_DAY[0], "", calendar.wareki(day)))
    return Repriced(fields, tuple(rows))


def _of(document: Contract, day: date) -> Held | None:
    table, monthly = document.fields.get(UNIT_PRICES, ""), document.fields.get(MONTHLY, "")
    if table:
        return Held(day, document, table, None)
    return Held(day, document, "", Decimal(monthly)) if monthly else None


def _read(raw: str) -> str:
    try:
        return terms.read_prices(raw)
    except cells.BadCell as bad:
        raise refuse(UNIT_PRICES, _TABLE, (bad.ja, bad.en), (bad.mend_ja, bad.mend_en)) from bad


def _differences(before: str, after: str) -> list[tuple[str, str, str]]:
    """One row for each item whose price, unit or expected quantity differs."""
    old = {(row.name, row.standard): _words(row) for row in terms.prices(before)}
    new = {(row.name, row.standard): _words(row) for row in terms.prices(after)}
    return [
        (f"単価　{' '.join(item).strip()}", old.get(item, ""), new.get(item, ""))
        for item in dict.fromkeys([*old, *new])
        if old.get(item) != new.get(item)
    ]


def _words(row: terms.Price) -> str:
    return f"{row.price:,f}円／{row.unit or '式'}（予定 {row.quantity:,f}）"
