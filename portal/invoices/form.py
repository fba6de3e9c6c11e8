"""The invoice form: what a vendor types, made into the terms of a valid JP PINT invoice.

Everything is prefilled from the contract and the vendor register; a vendor without any system
types its invoice number, looks at the amount and sends. What is typed is kept as text until it can
be read; every field that cannot be read is named with what to do.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_UP, Decimal, InvalidOperation
from typing import Any

from einvoice.compose import compose
from einvoice.contract_terms import ContractKind, ContractTerms, Rounding
from einvoice.errors import CompositionError, RegistrationNumberError
from einvoice.invoice import Address, Identifier, Invoice
from einvoice.invoice_terms import (
    BankTerms,
    DocumentKind,
    InvoiceTerms,
    LineTerms,
    PartyTerms,
    PrepaidTerms,
    TaxCode,
)
from einvoice.models import Inspection
from einvoice.registration import CorporateNumber, RegistrationNumber
from portal.accounts.models import Vendor
from portal.settings import CitySettings

MAX_LINES = 100
FIRST_DAY, LAST_DAY = date(2019, 10, 1), date(2049, 12, 31)
RATES: tuple[tuple[str, str], ...] = (
    ("10", "10%"),
    ("8", "8%（軽減）"),
    ("0", "対象外・非課税"),
)
TEXT_FIELDS = ("number", "issue_date", "start", "end", "note", "prepaid")
LINE_FIELDS = ("name", "quantity", "unit", "price", "rate")

Form = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FieldError:
    """A field that cannot be read: its id on the page and what to do."""

    field: str
    ja: str


def prefilled(
    contract: ContractTerms,
    today: date,
    left: Decimal,
    prepaid: Decimal,
    accepted: Sequence[Inspection] = (),
) -> Form:
    """The form as it opens. `accepted` are inspections that nobody has claimed yet, oldest first.

    Unit prices: the accepted quantities of the oldest one at the prices of its days. By month: the
    month. Instalments: the next one. Otherwise the whole rest of the contract."""
    work = accepted[0] if accepted else None
    first, last = _supplied(contract, work, today)
    terms = contract.as_of(last)
    return {
        "number": "",
        "issue_date": today.isoformat(),
        "start": first.isoformat(),
        "end": last.isoformat(),
        "note": "",
        "prepaid": _plain(prepaid) if prepaid else "",
        "lines": _lines(terms, work, last, left, prepaid),
    }


def _supplied(contract: ContractTerms, work: Inspection | None, today: date) -> tuple[date, date]:
    """取引年月日 or its range: the inspected period or day, else today or the contract's end."""
    if work is not None and work.period_start and work.period_end:
        return work.period_start, work.period_end
    if work is not None and work.performed_on:
        return work.performed_on, work.performed_on
    last = min(today, contract.ends_on) if contract.ends_on else today
    if contract.as_of(last).kind in {ContractKind.FIXED_MONTHLY, ContractKind.UNIT_PRICE}:
        before = last.replace(day=1) - timedelta(days=1)  # the month that is over
        return before.replace(day=1), before
    return last, last


def _lines(
    terms: ContractTerms, work: Inspection | None, day: date, left: Decimal, prepaid: Decimal
) -> list[dict[str, str]]:
    if terms.kind is ContractKind.UNIT_PRICE:
        quantities = {
            line.contract_line: line.accepted_quantity for line in (work.lines if work else ())
        }
        rows = [(line, quantities.get(line.number)) for line in terms.lines]
        return [
            _row(line.name, quantity or Decimal(0), line.unit, line.unit_price, line.tax_rate)
            for line, quantity in rows
            if quantity or work is None
        ]
    if terms.lines:
        return [
            _row(
                line.name,
                line.quantity or Decimal(1),
                line.unit,
                line.unit_price or line.amount,
                line.tax_rate,
            )
            for line in terms.lines
        ]
    rate = next(iter(terms.tax_by_rate), Decimal(10))
    name, gross = terms.title, None
    if terms.monthly_gross is not None:
        name, gross = f"{terms.title}（{day.year}年{day.month}月分）", terms.monthly_gross
    elif terms.instalments:
        due = [one for one in terms.instalments if one.due_on <= day] or [*terms.instalments]
        name, gross = f"{terms.title}（{due[-1].name}）", due[-1].gross
    if gross is not None:
        return [_row(name, Decimal(1), "式", net_of(gross, rate, terms.rounding), rate)]
    # The rest without tax; where something was claimed before, the vendor corrects it.
    net = terms.net if left == terms.gross - prepaid else left * 100 / (100 + rate)
    return [_row(name, Decimal(1), "式", net.quantize(Decimal(1)), rate)]


def net_of(gross: Decimal, rate: Decimal, rounding: Rounding) -> Decimal:
    """The net amount whose tax brings it to this gross; the nearest below where none does."""
    net = (gross * 100 / (100 + rate)).quantize(Decimal(1), rounding=ROUND_UP)
    while net > 0 and net + rounding.apply(net * rate / 100) > gross:
        net -= 1
    return net


def _row(
    name: str, quantity: Decimal, unit: str, price: Decimal | None, rate: Decimal
) -> dict[str, str]:
    return {
        "name": name,
        "quantity": _plain(quantity),
        "unit": unit or "式",
        "price": _plain(price or Decimal(0)),
        "rate": _plain(rate),
    }


def from_fields(fields: Mapping[str, str], lines: Mapping[str, list[str]]) -> Form:
    """What was sent, as it was typed. Lines that are empty altogether are left out."""
    rows = []
    longest = max((len(values) for values in lines.values()), default=0)
    for number in range(min(longest, MAX_LINES)):
        row = {
            name: (lines[name][number] if number < len(lines[name]) else "").strip()
            for name in LINE_FIELDS
        }
        if row["name"] or row["price"]:
            rows.append(row)
    return {**{name: fields.get(name, "").strip() for name in TEXT_FIELDS}, "lines": rows}


def terms_of(
    form: Form, contract: ContractTerms, vendor: Vendor, city: CitySettings
) -> tuple[InvoiceTerms | None, list[FieldError]]:
    """The invoice's terms, or what must be mended first."""
    wrong: list[FieldError] = []
    number = str(form["number"])
    if not number:
        wrong.append(FieldError("number", "請求書番号を入力してください（例 2026-011）。"))
    issued = _date(form["issue_date"], "issue_date", "請求日", wrong)
    start = _date(form["start"], "start", "取引日（はじめ）", wrong)
    end = _date(form["end"], "end", "取引日（おわり）", wrong)
    if start and end and end < start:
        wrong.append(FieldError("end", "取引日のおわりが、はじめより前になっています。"))
    lines = [_line(row, index, wrong) for index, row in enumerate(form["lines"], start=1)]
    if not lines:
        wrong.append(FieldError("name-1", "請求する内容を1行以上入力してください。"))
    prepaid = read_number(form["prepaid"] or "0", "prepaid", "受領済みの額", wrong)
    seller = _seller(vendor, wrong)
    if wrong or issued is None or start is None or end is None or seller is None:
        return None, wrong
    registered = seller.registration_number is not None
    return (
        InvoiceTerms(
            number=number,
            issue_date=issued,
            start=start,
            end=end,
            seller=seller,
            buyer=buyer_of(city),
            kind=DocumentKind.QUALIFIED if registered else DocumentKind.NOT_REGISTERED,
            contract=contract.number,
            note=str(form["note"]) or None,
            lines=tuple(line for line in lines if line is not None),
            bank=_bank(vendor),
            prepaid=(PrepaidTerms(amount=prepaid),) if prepaid else (),
            tax_rounding=contract.rounding,
        ),
        [],
    )


def composed(
    form: Form, contract: ContractTerms, vendor: Vendor, city: CitySettings
) -> tuple[Invoice | None, list[FieldError]]:
    """The invoice the form states, or what must be mended first."""
    terms, wrong = terms_of(form, contract, vendor, city)
    if terms is None:
        return None, wrong
    try:
        return compose(terms), []
    except CompositionError as error:
        return None, [FieldError(_field_of(error.field), f"{error.message_ja}{error.remedy_ja}")]


def _field_of(place: str | None) -> str:
    """Where on the form the composer's complaint belongs."""
    if place is None:
        return "number"
    if place.startswith("lines["):
        index = place.partition("[")[2].partition("]")[0]
        return f"name-{index}" if index.isdigit() else "name-1"
    return place if place in TEXT_FIELDS else "number"


def buyer_of(city: CitySettings) -> PartyTerms:
    """The city as the addressee; its electronic address is its 法人番号."""
    number = city.corporate_number
    return PartyTerms(
        name=city.name,
        corporate_number=CorporateNumber(number) if number else None,
        address=Address(line1=city.address, post_code=city.postal_code, country="JP"),
    )


def _seller(vendor: Vendor, wrong: list[FieldError]) -> PartyTerms | None:
    number = None
    if vendor.registration_number:
        try:
            number = RegistrationNumber.parse(vendor.registration_number)
        except RegistrationNumberError as error:
            wrong.append(FieldError("number", f"{error.message_ja}市の調達課にお知らせください。"))
            return None
    corporate = vendor.corporate_number
    return PartyTerms(
        name=vendor.name,
        registration_number=number,
        corporate_number=CorporateNumber(corporate) if corporate else None,
        identifier=Identifier(vendor.code),
        address=Address(
            line1=vendor.address or None, post_code=vendor.postal_code or None, country="JP"
        ),
    )


def _bank(vendor: Vendor) -> BankTerms | None:
    if not (vendor.bank_code and vendor.branch_code and vendor.account_number):
        return None
    return BankTerms(
        bank=vendor.bank_code,
        branch=vendor.branch_code,
        kind=vendor.account_type or "1",
        number=vendor.account_number,
        holder=vendor.account_holder_kana or "",
    )


def _line(row: Mapping[str, str], index: int, wrong: list[FieldError]) -> LineTerms | None:
    if not row["name"]:
        wrong.append(FieldError(f"name-{index}", f"{index}行目の内容を入力してください。"))
    price = read_number(row["price"], f"price-{index}", f"{index}行目の単価", wrong)
    quantity = read_number(row["quantity"] or "1", f"quantity-{index}", f"{index}行目の数量", wrong)
    if price is None or quantity is None or not row["name"]:
        return None
    tax = {"10": TaxCode.STANDARD, "8": TaxCode.REDUCED}.get(row["rate"], TaxCode.OUTSIDE)
    return LineTerms(
        name=row["name"],
        price=price,
        quantity=quantity,
        unit_name=row["unit"] or None,
        tax=tax,
    )


def read_number(text: str, field: str, ja: str, wrong: list[FieldError]) -> Decimal | None:
    """What people type as an amount; None with a `FieldError` where it cannot be read."""
    plain = unicodedata.normalize("NFKC", text).replace(",", "").replace("円", "").strip()
    try:
        value = Decimal(plain)
        if not value.is_finite() or abs(value) >= Decimal(10) ** 13:
            raise InvalidOperation
    except InvalidOperation:
        wrong.append(FieldError(field, f"{ja}を数字で入力してください（例 12,000）。"))
        return None
    if value < 0:
        wrong.append(FieldError(field, f"{ja}は0以上にしてください。"))
        return None
    return value


def _date(text: str, field: str, ja: str, wrong: list[FieldError]) -> date | None:
    try:
        day = date.fromisoformat(unicodedata.normalize("NFKC", text).strip())
    except ValueError:
        wrong.append(FieldError(field, f"{ja}を入力してください（例 2026-11-24）。"))
        return None
    if not FIRST_DAY <= day <= LAST_DAY:
        wrong.append(FieldError(field, f"{ja}を確かめてください。"))
        return None
    return day


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
