"""Invoice terms from a sheet (CSV or XLSX), one row a line.

`terms_from_sheet` reads every row before it complains, so that all that is wrong is said at once,
each with row and column.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from einvoice.errors import SheetError, SheetProblemsError
from einvoice.invoice import Address, Contact, Identifier, PrecedingInvoice
from einvoice.invoice_terms import (
    AdjustmentTerms,
    BankTerms,
    InvoiceTerms,
    LineTerms,
    PartyTerms,
    PrepaidTerms,
    TaxCode,
)
from einvoice.registration import CorporateNumber, RegistrationNumber
from einvoice.sheet_cells import (
    ACCOUNT_KINDS,
    KINDS,
    ROUNDINGS,
    Cell,
    choice,
    plain,
    read_date,
    read_number,
    read_tax,
)
from einvoice.sheet_columns import columns
from einvoice.sheet_files import read_rows
from einvoice.sheet_reader import SheetReader, Value, column_of
from einvoice.tax_rates import tax_tables
from einvoice.units import PIECE, unit_code

MAX_PROBLEMS = 100
_BANK = ("bank", "branch", "account_kind", "account_number", "account_holder")
_ROW_KINDS = {"明細": "line", "値引": "allowance", "加算": "charge"}


def terms_from_sheet(data: bytes) -> list[InvoiceTerms]:
    """The terms of every invoice of the file, in the order in which they begin.

    Raises SheetError for a file that cannot be read, SheetProblemsError for cells that cannot.
    """
    rows = read_rows(data)
    where = _headings(rows[0] if rows else [])
    problems: list[SheetError] = []
    invoices: dict[str, SheetReader] = {}
    current = ""
    for number, row in enumerate(rows[1:], start=2):
        if not any(plain(cell) for cell in row):
            continue
        reader = SheetReader(where, problems)
        current = plain(reader.cell(row, "number")) or current
        invoices.setdefault(current, reader).rows.append((number, row))
    if not invoices:
        raise SheetError(
            field=None,
            place_ja="2行目",
            place_en="row 2",
            reason_ja="明細がありません。",
            reason_en="there is no line.",
            fix_ja="見出しの下に、明細を1行ずつ記入してください。",
            fix_en="Fill in one row a line below the headings.",
        )
    made = [_terms(reader) for reader in invoices.values()]
    if problems:
        raise SheetProblemsError(problems[:MAX_PROBLEMS])
    return [terms for terms in made if terms is not None]


def _headings(row: list[Cell]) -> dict[str, int]:
    known = {column.heading: column for column in columns()}
    where: dict[str, int] = {}
    for index, cell in enumerate(row):
        column = known.get(plain(cell).lstrip("\ufeff").rstrip("*＊ "))
        if column is not None:
            where.setdefault(column.key, index)
    missing = [c.heading for c in columns() if c.required and c.key not in where]
    if missing:
        raise SheetError(
            field=None,
            place_ja="見出し（1行目）",
            place_en="headings (row 1)",
            reason_ja=f"列「{'」「'.join(missing)}」がありません。",
            reason_en=f"the columns {', '.join(missing)} are missing.",
            fix_ja="ひな形の見出しをそのまま使ってください。",
            fix_en="Use the headings of the template unchanged.",
        )
    return where


def _terms(reader: SheetReader) -> InvoiceTerms | None:
    before = len(reader.problems)
    document = reader.document
    start, end = document("start", read_date), document("end", read_date)
    last = end or start
    lines, allowances, charges = _rows(reader, last)
    seller_address, contact = _address(reader), _contact(reader, "seller")
    values: dict[str, Any] = {
        "number": document("number", plain),
        "kind": document("kind", lambda cell: choice(KINDS, cell)),
        "issue_date": document("issue_date", read_date),
        "start": start,
        "end": last,
        "due_date": document("due_date", read_date),
        "seller": PartyTerms(
            name=document("seller_name", plain) or "",
            trading_name=document("seller_trading_name", plain),
            registration_number=document(
                "seller_registration", lambda cell: RegistrationNumber.parse(plain(cell))
            ),
            corporate_number=document(
                "seller_corporate", lambda cell: CorporateNumber.parse(plain(cell))
            ),
            identifier=document("seller_identifier", lambda cell: Identifier(plain(cell))),
            address=seller_address,
            contact=contact,
        ),
        "buyer": PartyTerms(
            name=document("buyer_name", plain) or "",
            corporate_number=document(
                "buyer_corporate", lambda cell: CorporateNumber.parse(plain(cell))
            ),
            contact=_contact(reader, "buyer"),
        ),
        "lines": lines,
        "allowances": allowances,
        "charges": charges,
        "tax_rounding": document("tax_rounding", lambda cell: choice(ROUNDINGS, cell)),
        "line_rounding": document("line_rounding", lambda cell: choice(ROUNDINGS, cell)),
        "bank": _bank(reader),
        "prepaid": _prepaid(reader),
        "preceding": _preceding(reader),
        "currency": document("currency", lambda cell: plain(cell).upper()),
        "exchange_rate": document("exchange_rate", read_number),
    }
    for key in ("note", "payment_note", "contract", "order", "receiving_advice", "project"):
        values[key] = document(key, plain)
    if len(reader.problems) > before:
        return None
    return InvoiceTerms(**{key: value for key, value in values.items() if value is not None})


def _address(reader: SheetReader) -> Address:
    document = reader.document
    return Address(
        post_code=document("seller_post_code", lambda cell: plain(cell).replace("-", "")),
        subdivision=document("seller_subdivision", plain),
        city=document("seller_city", plain),
        line1=document("seller_line1", plain),
        country="JP",
    )


def _contact(reader: SheetReader, role: str) -> Contact | None:
    name = reader.document(f"{role}_contact", plain)
    if role == "buyer":
        return None if name is None else Contact(name=name)
    return Contact(
        name=name,
        phone=reader.document("seller_phone", plain),
        email=reader.document("seller_email", plain),
    )


def _bank(reader: SheetReader) -> BankTerms | None:
    values = {key: reader.document(key, plain) for key in _BANK}
    given = [key for key, value in values.items() if value]
    if not given:
        return None
    for key in _BANK:
        if not values[key]:
            reader.note(reader.rows[0][0], column_of(key), "空欄です", "it is empty")
    kind = reader.document("account_kind", lambda cell: choice(ACCOUNT_KINDS, cell))
    return BankTerms(
        bank=values["bank"] or "",
        branch=values["branch"] or "",
        kind=kind or "",
        number=values["account_number"] or "",
        holder=values["account_holder"] or "",
    )


def _prepaid(reader: SheetReader) -> tuple[PrepaidTerms, ...]:
    amount = reader.document("prepaid", read_number)
    received = reader.document("prepaid_on", read_date)
    return () if not amount else (PrepaidTerms(amount=amount, received=received),)


def _preceding(reader: SheetReader) -> tuple[PrecedingInvoice, ...]:
    number = reader.document("preceding", plain)
    issued = reader.document("preceding_on", read_date)
    return () if number is None else (PrecedingInvoice(number=number, issue_date=issued),)


_Rows = tuple[tuple[LineTerms, ...], tuple[AdjustmentTerms, ...], tuple[AdjustmentTerms, ...]]


def _rows(reader: SheetReader, last: date | None) -> _Rows:
    lines: list[LineTerms] = []
    adjustments: dict[str, list[AdjustmentTerms]] = {"allowance": [], "charge": []}
    for at in range(len(reader.rows)):
        kind = reader.line(at, "row_kind", lambda cell: choice(_ROW_KINDS, cell)) or "line"
        name, price = (
            _required(reader, at, "name", plain),
            _required(reader, at, "price", read_number),
        )
        day = reader.line(at, "line_end", read_date) or reader.line(at, "line_start", read_date)
        tax, rate = _tax(reader, at, day or last)
        if kind != "line":
            adjustments[kind].append(
                AdjustmentTerms(
                    reason=name or "",
                    amount=None if price is None else abs(price),
                    tax=tax,
                    rate=rate,
                )
            )
            continue
        lines.append(_line(reader, at, name or "", price or Decimal(0), tax, rate))
    return tuple(lines), tuple(adjustments["allowance"]), tuple(adjustments["charge"])


def _required(
    reader: SheetReader, at: int, key: str, read: Callable[[Cell], Value]
) -> Value | None:
    number, row = reader.rows[at]
    if reader.cell(row, key) is None:
        reader.note(number, column_of(key), "空欄です", "it is empty")
    return reader.line(at, key, read)


def _tax(reader: SheetReader, at: int, day: date | None) -> tuple[TaxCode, Decimal | None]:
    def category_of(rate: Decimal) -> str | None:
        return None if day is None else tax_tables().category_of(rate, day)

    read = reader.line(at, "tax", lambda cell: read_tax(cell, category_of))
    return read or (TaxCode.STANDARD, None)


def _line(
    reader: SheetReader, at: int, name: str, price: Decimal, tax: TaxCode, rate: Decimal | None
) -> LineTerms:
    line = reader.line
    unit, unit_name = line(at, "unit", lambda cell: unit_code(plain(cell))) or (PIECE, None)
    allowance = line(at, "line_allowance", read_number)
    start, end = line(at, "line_start", read_date), line(at, "line_end", read_date)
    quantity = line(at, "quantity", read_number)
    return LineTerms(
        name=name,
        price=price,
        quantity=Decimal(1) if quantity is None else quantity,
        unit=unit,
        unit_name=unit_name,
        tax=tax,
        rate=rate,
        description=line(at, "description", plain),
        note=line(at, "line_note", plain),
        start=start,
        end=end or start,
        sellers_id=line(at, "sellers_id", plain),
        delivery_note=line(at, "delivery_note", plain),
        allowances=()
        if not allowance
        else (AdjustmentTerms(reason="値引", amount=abs(allowance)),),
    )
