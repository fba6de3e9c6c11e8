"""単価表・月額・分割払: what the claims of a contract are priced by, from which day on.

The contract's own document is the authority: a sheet is copied from it, by hand or from a table
(CSV, or cells pasted from a spreadsheet), and says from where. A 変更契約 that changes prices is a
further sheet with its first day (an electronic one says its new prices itself: the tally reads
them from the concluded documents); invoices and inspections are measured by the sheet of the day of
supply. Sheets are never changed; a mistake is corrected by a further one of the same day.

    unit_price      品名, 単位, 予定数量, 単価（税抜）[, 税率]      quantity may be empty
    fixed_monthly   one amount a month, with tax
    milestone       名称, 請求できる日, 金額（税込）              their sum is the contract's amount
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from einvoice.contract_terms import (
    AgreedPrices,
    ContractKind,
    ContractLine,
    ContractTerms,
    Instalment,
)
from einvoice.models import PriceSheet
from einvoice.refusals import PriceSheetError
from records import Actor, audit, new_id

KINDS: Final = (ContractKind.UNIT_PRICE, ContractKind.FIXED_MONTHLY, ContractKind.MILESTONE)
MAX_ROWS: Final = 500
MAX_CHARACTERS: Final = 60_000
_MOST: Final = Decimal(10) ** 12
_HEADINGS: Final = {"品名", "名称", "name"}
_RATES: Final = {Decimal(0), Decimal(8), Decimal(10)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceForm:
    """What is entered. `table` holds the rows of unit prices or instalments as text."""

    kind: ContractKind
    valid_from: date
    source: str
    table: str = ""
    monthly_gross: Decimal | None = None
    is_planned: bool = False
    press: str | None = None
    """Id of the form that was shown: its button pressed twice records once."""


def revised(session: Session, terms: ContractTerms) -> ContractTerms:
    """The terms with every sheet that was recorded for the contract. Of one day the sheet counts,
    not the document it corrects."""
    sheets = recorded(session, terms.number)
    if not sheets:
        return terms
    agreed = {known.valid_from: known for known in terms.prices}
    agreed |= {sheet.valid_from: _agreed(sheet) for sheet in sheets}
    return replace(terms, prices=tuple(agreed[day] for day in sorted(agreed)))


def recorded(session: Session, contract_no: str) -> Sequence[PriceSheet]:
    """The contract's sheets in the order of their days; of one day the later last."""
    return session.scalars(
        select(PriceSheet)
        .where(PriceSheet.contract_no == contract_no)
        .order_by(PriceSheet.valid_from, PriceSheet.serial)
    ).all()


def record(
    session: Session, terms: ContractTerms, form: PriceForm, *, actor: Actor, at: datetime
) -> PriceSheet:
    """Record a sheet of a contract. Raises `PriceSheetError` with the line that cannot be."""
    if form.press is not None and (done := session.get(PriceSheet, form.press)) is not None:
        return done
    if form.kind not in KINDS:
        raise _error("kind", "請求のしかたを選んでください", "choose how it is claimed")
    if not form.source.strip():
        raise _error("source", "写した元の文書を書いてください", "say what it was copied from")
    for day, ja, en in (
        (terms.starts_on, "契約期間の始まりより前です", "before the contract begins"),
        (terms.ends_on, "契約期間の終わりより後です", "after the contract ends"),
    ):
        if day is not None and (
            form.valid_from < day if day == terms.starts_on else form.valid_from > day
        ):
            raise _error("valid_from", f"適用する日が{ja}（{day}）", f"the day is {en} ({day})")
    rows: list[list[str]] = []
    if form.kind is ContractKind.FIXED_MONTHLY:
        amount = form.monthly_gross
        if amount is None or not 0 < amount < _MOST or amount != amount.to_integral_value():
            raise _error("monthly_gross", "月額（税込）を円で入力してください", "give whole yen")
        if terms.gross and amount > terms.gross:
            raise _error("monthly_gross", "月額が契約金額を超えています", "above the contract")
    else:
        rows = read_table(form.kind, form.table, next(iter(terms.tax_by_rate), Decimal(10)))
    if form.kind is ContractKind.MILESTONE:
        total = sum((Decimal(row[2]) for row in rows), Decimal(0))
        if total != terms.gross:
            raise _error(
                "table",
                f"分割の合計 {total:,}円 が契約金額 {terms.gross:,}円 と合いません",
                f"the instalments sum to {total:,}, the contract to {terms.gross:,} yen",
            )
    sheet = PriceSheet(
        id=form.press or new_id(),
        contract_no=terms.number,
        valid_from=form.valid_from,
        kind=form.kind.value,
        monthly_gross=form.monthly_gross if form.kind is ContractKind.FIXED_MONTHLY else None,
        is_planned=form.is_planned and form.kind is ContractKind.UNIT_PRICE,
        rows=rows,
        source=form.source.strip()[:500],
        recorded_by_id=actor.id,
        recorded_by=actor.name,
        recorded_at=at,
    )
    session.add(sheet)
    session.flush()
    details = {
        "contract": terms.number,
        "valid_from": sheet.valid_from.isoformat(),
        "kind": sheet.kind,
        "rows": rows,
        "monthly_gross": int(sheet.monthly_gross) if sheet.monthly_gross else 0,
        "source": sheet.source,
    }
    audit.append(session, actor, "prices.recorded", f"prices:{sheet.id}", details, at)
    return sheet


def read_table(kind: ContractKind, text: str, rate: Decimal) -> list[list[str]]:
    """The rows of a table in their one form. `rate` is taken where a row names none.

    Raises `PriceSheetError` naming the line."""
    if len(text) > MAX_CHARACTERS:
        raise _error("table", f"{MAX_CHARACTERS:,}文字を超えています", "the table is too long")
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text.strip()), delimiter="\t" if "\t" in text else ",")
    try:
        for number, row in enumerate(reader, start=1):
            cells = [unicodedata.normalize("NFKC", cell).strip() for cell in row]
            if not any(cells) or (number == 1 and cells[0] in _HEADINGS):
                continue
            if kind is ContractKind.UNIT_PRICE:
                rows.append(_price_row(number, cells, rate))
            else:
                rows.append(_instalment_row(number, cells))
    except csv.Error as error:
        raise _error("table", f"表を読めません（{error}）", f"the table: {error}") from error
    if not rows:
        raise _error("table", "表に行がありません", "the table has no rows")
    if len(rows) > MAX_ROWS:
        raise _error("table", f"{MAX_ROWS}行を超えています", f"more than {MAX_ROWS} rows")
    return rows


def _price_row(number: int, cells: list[str], rate: Decimal) -> list[str]:
    if len(cells) not in {4, 5}:
        raise _line(number, "品名・単位・予定数量・単価（・税率）の4〜5列で書いてください", "cells")
    name, unit, quantity, price = cells[:4]
    if not name or len(name) > 200 or len(unit) > 20:
        raise _line(number, "品名（200字まで）と単位（20字まで）を書いてください", "name or unit")
    stated = cells[4].removesuffix("%") if len(cells) == 5 and cells[4] else f"{rate:f}"
    planned = "" if quantity in {"", "-"} else str(_number(number, quantity, "予定数量"))
    percent = _number(number, stated, "税率", least=Decimal(0))
    if percent not in _RATES:
        raise _line(number, f"税率「{stated}」は 10・8・0 のどれかです", f"rate {stated}")
    return [name, unit, planned, str(_number(number, price, "単価")), str(percent)]


def _instalment_row(number: int, cells: list[str]) -> list[str]:
    if len(cells) != 3 or not cells[0]:
        raise _line(number, "名称・請求できる日・金額（税込）の3列で書いてください", "cells")
    try:
        day = date.fromisoformat(cells[1].replace("/", "-"))
    except ValueError as error:
        raise _line(number, f"日付「{cells[1]}」を読めません（例 2026-06-30）", "date") from error
    amount = _number(number, cells[2], "金額")
    if amount != amount.to_integral_value():
        raise _line(number, "金額に1円未満があります", "fractions of a yen")
    return [cells[0][:200], day.isoformat(), str(amount)]


def _number(number: int, text: str, what: str, *, least: Decimal | None = None) -> Decimal:
    plain = text.replace(",", "").removesuffix("円")
    try:
        value = Decimal(plain)
        fits = value.is_finite() and value < _MOST and value == round(value, 4)
        if not fits or (value <= 0 if least is None else value < least):
            raise InvalidOperation
    except InvalidOperation as error:
        raise _line(number, f"{what}「{text[:30]}」を数として読めません", f"{text[:30]}") from error
    return Decimal(f"{value.normalize():f}")


def _agreed(sheet: PriceSheet) -> AgreedPrices:
    kind = ContractKind(sheet.kind)
    if kind is ContractKind.MILESTONE:
        return AgreedPrices(
            valid_from=sheet.valid_from,
            kind=kind,
            instalments=tuple(
                Instalment(name=name, due_on=date.fromisoformat(day), gross=Decimal(gross))
                for name, day, gross in sheet.rows
            ),
        )
    return AgreedPrices(
        valid_from=sheet.valid_from,
        kind=kind,
        monthly_gross=sheet.monthly_gross,
        total_is_planned=sheet.is_planned,
        lines=tuple(
            ContractLine(
                number=str(position),
                name=name,
                unit=unit,
                quantity=Decimal(quantity) if quantity else None,
                unit_price=Decimal(price),
                tax_rate=Decimal(rate),
                reduced=Decimal(rate) == 8,
            )
            for position, (name, unit, quantity, price, rate) in enumerate(sheet.rows, start=1)
        ),
    )


def _line(number: int, ja: str, en: str) -> PriceSheetError:
    return _error("table", f"{number}行目：{ja}", f"line {number}: {en}")


def _error(field: str, ja: str, en: str) -> PriceSheetError:
    return PriceSheetError(field=field, reason_ja=ja, reason_en=en)
