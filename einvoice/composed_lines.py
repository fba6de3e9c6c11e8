"""One line of a composed invoice, and its 値引・加算: step 1 of `compose`'s arithmetic."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from einvoice.composed_text import required_text, text
from einvoice.errors import CompositionError
from einvoice.invoice import (
    AllowanceCharge,
    Item,
    ItemAttribute,
    Line,
    LineDocument,
    Period,
    Price,
    TaxCategory,
)
from einvoice.invoice_terms import AdjustmentTerms, InvoiceTerms, LineTerms, TaxCode
from einvoice.tax_arithmetic import minor_unit
from einvoice.tax_rates import Standing, tax_tables

MAX_AMOUNT = Decimal(10) ** 15  # beyond any city's budget, well inside exact arithmetic
MAX_DECIMALS = 6


def refusal(field: str, ja: str, en: str, fix_ja: str, fix_en: str) -> CompositionError:
    """The error that names the field, what is wrong with it, and what to do."""
    return CompositionError(field=field, reason_ja=ja, reason_en=en, fix_ja=fix_ja, fix_en=fix_en)


def checked(value: Decimal, field: str) -> Decimal:
    """The number, if it is one and within what is computed exactly."""
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > MAX_DECIMALS or abs(value) >= MAX_AMOUNT:
        raise refusal(
            field,
            f"数値「{value}」は大きすぎるか、細かすぎます。",
            f"The number {value} is too large or has too many decimals.",
            f"小数点以下{MAX_DECIMALS}桁まで、{MAX_AMOUNT:,}未満で入力してください。",
            f"Use at most {MAX_DECIMALS} decimals and less than {MAX_AMOUNT:,}.",
        )
    return value


def amount_of(value: Decimal | None) -> Decimal:
    """Nought for an amount that is not stated."""
    return Decimal(0) if value is None else value


def tax_category(tax: TaxCode, rate: Decimal | None, day: date, field: str) -> TaxCategory:
    if tax is TaxCode.OUTSIDE:
        expected: Decimal | None = None
    elif tax in (TaxCode.EXEMPT, TaxCode.EXPORT):
        expected = Decimal(0)
    else:
        return TaxCategory(code=tax.value, rate=_taxed_rate(tax, rate, day, field))
    if rate:
        raise refusal(
            field,
            f"税区分「{tax}」に税率{rate}％は付けられません。",
            f"Tax category {tax} cannot have a rate of {rate} %.",
            "課税なら税区分を標準税率か軽減税率にしてください。",
            "For taxable items choose the standard or the reduced rate.",
        )
    return TaxCategory(code=tax.value, rate=expected)


def _taxed_rate(tax: TaxCode, rate: Decimal | None, day: date, field: str) -> Decimal:
    tables = tax_tables()
    if rate is None:
        rates = [row.percent for row in tables.rates_on(day) if row.category == tax]
        if len(rates) == 1:
            return rates[0]
    elif tables.standing(tax, rate, day) is not Standing.UNKNOWN:
        return rate
    stated = "" if rate is None else f"{rate}％"
    raise refusal(
        field,
        f"{day} の税区分「{tax}」に税率{stated}は決まっていません。",
        f"No rate {stated} is known for tax category {tax} on {day}.",
        "取引年月日、税区分、税率を確認してください。",
        "Check the day of supply, the tax category and the rate.",
    )


def composed_adjustment(
    terms: InvoiceTerms, adjustment: AdjustmentTerms, base: Decimal, field: str
) -> AllowanceCharge:
    places = minor_unit(terms.currency)
    reason = required_text(adjustment.reason, field)
    given = [
        checked(value, field)
        for value in (adjustment.amount, adjustment.percentage)
        if value is not None
    ]
    if len(given) != 1 or given[0] < 0:
        raise refusal(
            field,
            f"値引・加算「{reason}」には、0以上の金額か率のどちらか一方が必要です。",
            f"“{reason}” needs either an amount or a percentage, not below zero.",
            "金額か率のどちらかを入力してください。",
            "Enter an amount or a percentage.",
        )
    if adjustment.percentage is None:
        amount = whole(given[0], places, field)
        return AllowanceCharge(amount=amount, reason=reason)
    amount = terms.line_rounding.apply(base * given[0] / 100, places)
    return AllowanceCharge(amount=amount, base_amount=base, percentage=given[0], reason=reason)


def whole(value: Decimal, places: int, field: str) -> Decimal:
    """The amount, if the currency has such; `places` decimals."""
    if value != round(value, places):
        raise refusal(
            field,
            f"金額「{value}」に通貨の最小単位より細かい端数があります。",
            f"The amount {value} is finer than the currency allows.",
            "円は整数で入力してください。",
            "Enter yen as whole numbers.",
        )
    return value


def composed_line(terms: InvoiceTerms, index: int, line: LineTerms) -> Line:
    field = f"lines[{index}]"
    price, quantity = checked(line.price, field), checked(line.quantity, field)
    base_quantity = checked(line.base_quantity, field)
    if price < 0 or base_quantity <= 0:
        raise refusal(
            f"{field}.price",
            f"明細{index}行目の単価が負か、単価の基準数量が0以下です。",
            f"Line {index}: the price is below zero or its base quantity is not above zero.",
            "返品・値引は、単価ではなく数量を負にしてください。",
            "For a return or discount make the quantity negative, not the price.",
        )
    start, end = line.start or terms.start, line.end or terms.end
    if not terms.start <= start <= end <= terms.end:
        raise refusal(
            f"{field}.start",
            f"明細{index}行目の取引年月日が、請求書の取引期間（{terms.start}～{terms.end}）の外です。",
            f"Line {index}: its dates are outside the period {terms.start} to {terms.end}.",
            "明細の日付か、請求書の取引期間を直してください。",
            "Correct the dates of the line or the period of the invoice.",
        )
    places = minor_unit(terms.currency)
    gross = terms.line_rounding.apply(price * quantity / base_quantity, places)
    allowances = tuple(
        composed_adjustment(terms, a, gross, f"{field}.allowances") for a in line.allowances
    )
    charges = tuple(composed_adjustment(terms, c, gross, f"{field}.charges") for c in line.charges)
    net = gross - sum_of(allowances) + sum_of(charges)
    unit = required_text(line.unit, f"{field}.unit")
    unit_name = text(line.unit_name, f"{field}.unit_name")
    delivery_note = text(line.delivery_note, f"{field}.delivery_note")
    return Line(
        id=str(index),
        item=Item(
            name=required_text(line.name, f"{field}.name"),
            description=text(line.description, f"{field}.description"),
            buyers_id=text(line.buyers_id, f"{field}.buyers_id"),
            sellers_id=text(line.sellers_id, f"{field}.sellers_id"),
            attributes=() if unit_name is None else (ItemAttribute("表示単位名称", unit_name),),
        ),
        quantity=quantity,
        unit=unit,
        net_amount=checked(net, field),
        price=Price(net=price, base_quantity=base_quantity, base_unit=unit),
        taxes=(tax_category(line.tax, line.rate, end, f"{field}.rate"),),
        note=text(line.note, f"{field}.note"),
        period=Period(start=start, end=end),
        order=text(line.order, f"{field}.order"),
        order_line=text(line.order_line, f"{field}.order_line"),
        documents=() if delivery_note is None else (LineDocument(id=delivery_note),),
        allowances=allowances,
        charges=charges,
    )


def sum_of(adjustments: Iterable[AllowanceCharge]) -> Decimal:
    return sum((amount_of(adjustment.amount) for adjustment in adjustments), Decimal(0))
