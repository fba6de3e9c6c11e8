"""Terms that make a valid invoice by default; a test says only what it is about."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from einvoice.invoice import Address, Contact, Identifier
from einvoice.invoice_terms import (
    BankTerms,
    DocumentKind,
    InvoiceTerms,
    LineTerms,
    PartyTerms,
    TaxCode,
)
from einvoice.registration import CorporateNumber, RegistrationNumber, check_digit


def corporate(base: str) -> CorporateNumber:
    return CorporateNumber(f"{check_digit(base)}{base}")


VENDOR_NUMBER = corporate("080401000123")
CITY_NUMBER = corporate("000020229997")
VENDOR = PartyTerms(
    name="株式会社三方原文具",
    registration_number=RegistrationNumber.of_corporation(VENDOR_NUMBER),
    corporate_number=VENDOR_NUMBER,
    address=Address(
        post_code="4338105",
        subdivision="静岡県",
        city="遠州市",
        line1="三方原町1-2-3",
        country="JP",
    ),
    contact=Contact(name="髙木 𠮷郎", phone="053-000-0000", email="takagi@example.jp"),
)
SOLE_TRADER = PartyTerms(
    name="山﨑 𠮷郎",
    trading_name="やまざき造園",
    identifier=Identifier("V000123"),
    address=Address(subdivision="静岡県", city="遠州市", line1="有玉1-1", country="JP"),
)
CITY = PartyTerms(
    name="遠州市",
    corporate_number=CITY_NUMBER,
    address=Address(subdivision="静岡県", city="遠州市", line1="元城町103-2", country="JP"),
    contact=Contact(name="総務課"),
)
BANK = BankTerms(bank="0149", branch="1", kind="1", number="1234567", holder="ｶ)ﾐｶﾀﾊﾗﾌﾞﾝｸﾞ")


def a_line(**changes: Any) -> LineTerms:
    values: dict[str, Any] = {
        "name": "コピー用紙 A4",
        "price": Decimal(500),
        "quantity": Decimal(3),
    }
    return LineTerms(**(values | changes))


def food(**changes: Any) -> LineTerms:
    values: dict[str, Any] = {
        "name": "保存水 500ml×24",
        "price": Decimal(1845),
        "quantity": Decimal(130),
        "tax": TaxCode.REDUCED,
    }
    return LineTerms(**(values | changes))


def terms(**changes: Any) -> InvoiceTerms:
    values: dict[str, Any] = {
        "number": "INV-2026-1015",
        "issue_date": date(2026, 10, 31),
        "start": date(2026, 10, 1),
        "end": date(2026, 10, 31),
        "seller": VENDOR,
        "buyer": CITY,
        "lines": (a_line(),),
    }
    return InvoiceTerms(**(values | changes))


def unregistered(**changes: Any) -> InvoiceTerms:
    values: dict[str, Any] = {"kind": DocumentKind.NOT_REGISTERED, "seller": SOLE_TRADER}
    return terms(**(values | changes))
