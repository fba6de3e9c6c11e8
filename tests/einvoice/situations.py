"""Builders: valid things by default, one change at a time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from einvoice.compose import compose
from einvoice.contract_terms import (
    ContractKind,
    ContractLine,
    ContractTerms,
    Rounding,
)
from einvoice.due_dates import payment_due
from einvoice.invoice import Address, Invoice, PrecedingInvoice
from einvoice.invoice_terms import (
    BankTerms,
    InvoiceTerms,
    LineTerms,
    PartyTerms,
    TaxCode,
)
from einvoice.matching import MatchPolicy, Situation
from einvoice.matching.situation import (
    AcceptedLine,
    AcceptedWork,
    CommitmentRecord,
    CreditorRecord,
    EarlierInvoice,
    digits_key,
    number_key,
)
from einvoice.registration import CorporateNumber, RegistrationNumber

CITY = "遠州市"
CITY_NUMBER = "3000020221309"
POLICY = MatchPolicy(buyer_names=(CITY,), buyer_numbers=(CITY_NUMBER,))
ADDRESS = Address(
    subdivision="静岡県", city="遠州市", line1="中央町1-2-3", post_code="430-0001", country="JP"
)
VENDOR_ADDRESS = "静岡県遠州市中央町1-2-3"


def D(value: Any) -> Decimal:  # noqa: N802  reads as the decimal it is
    return Decimal(str(value))


def city() -> PartyTerms:
    return PartyTerms(name=CITY, corporate_number=CorporateNumber(CITY_NUMBER), address=ADDRESS)


def seller(name: str, number: str) -> PartyTerms:
    return PartyTerms(name=name, registration_number=RegistrationNumber(number), address=ADDRESS)


def creditor(vendor: str, name: str, number: str, bank: tuple[str, ...], **more: Any) -> Any:
    return CreditorRecord(
        vendor_id=vendor,
        number=vendor,
        name=name,
        address=VENDOR_ADDRESS,
        registration_number=number,
        bank_code=bank[0],
        branch_code=bank[1],
        account_type=bank[2],
        account_number=bank[3],
        payee_kana=bank[4],
        **more,
    )


def work(number: str, notified: date, inspected: date, *lines: AcceptedLine, **more: Any) -> Any:
    return AcceptedWork(
        id=number,
        number=number,
        passed=more.pop("passed", True),
        notified_on=notified,
        inspected_on=inspected,
        lines=lines,
        **more,
    )


def earlier(number: str, gross: int, **more: Any) -> EarlierInvoice:
    values: dict[str, Any] = {
        "receipt_no": "26-000001",
        "number": number,
        "number_key": number_key(number),
        "digits_key": digits_key(number),
        "live": True,
        "returned": False,
        "gross": D(gross),
        "payable": D(gross),
        "issue_date": date(2026, 10, 1),
        "period": None,
        "contract_no": None,
    }
    values.update(more)
    return EarlierInvoice(**values)


def with_due(situation: Situation, *, limit: int = 30, pay_on: date | None = None) -> Situation:
    due = payment_due(
        received_on=situation.received_on,
        inspected_on=situation.inspected_on,
        limit_days=limit,
    )
    return replace(situation, due=due, pay_on=pay_on or situation.pay_on)


# --- case 1: goods, two rates, exact match -------------------------------------------------------

GOODS = (
    ("1", "保存水 500ml×24", 130, "1845", 8),
    ("2", "アルファ米 50食", 27, "13333", 8),
    ("3", "毛布", 75, "2983", 10),
    ("4", "携帯トイレ 100回", 45, "5739", 10),
)
VENDOR_1 = creditor(
    "V000101",
    "株式会社遠州防災商事",
    "T8999999999901",
    ("9998", "901", "1", "9876501", "ｶ)ｴﾝｼﾕｳﾎﾞｳｻｲｼﾖｳｼﾞ"),
)


def goods_contract(**changes: Any) -> ContractTerms:
    lines = tuple(
        ContractLine(
            number=no,
            name=name,
            tax_rate=D(rate),
            quantity=D(quantity),
            unit_price=D(price),
            amount=D(quantity) * D(price),
            reduced=rate == 8,
        )
        for no, name, quantity, price, rate in GOODS
    )
    values: dict[str, Any] = {
        "contract_id": "c1",
        "number": "2026K-B-00123",
        "title": "防災備蓄品購入",
        "vendor_id": "V000101",
        "vendor_name": "株式会社遠州防災商事",
        "registration_number": "T8999999999901",
        "buyer_name": CITY,
        "section": "危機管理課",
        "kind": ContractKind.LUMP,
        "concluded_on": date(2026, 9, 14),
        "starts_on": date(2026, 9, 14),
        "ends_on": date(2026, 10, 30),
        "complete_by": date(2026, 10, 30),
        "gross": D(1_178_006),
        "net": D(1_081_821),
        "rounding": Rounding.FLOOR,
        "lines": lines,
    }
    values.update(changes)
    return ContractTerms(**values)


def goods_terms(**changes: Any) -> InvoiceTerms:
    values: dict[str, Any] = {
        "number": "INV-2026-1015",
        "issue_date": date(2026, 10, 27),
        "start": date(2026, 10, 21),
        "end": date(2026, 10, 21),
        "seller": seller("株式会社遠州防災商事", "T8999999999901"),
        "buyer": city(),
        "contract": "2026K-B-00123",
        "lines": tuple(
            LineTerms(
                name=name,
                price=D(price),
                quantity=D(quantity),
                tax=TaxCode.REDUCED if rate == 8 else TaxCode.STANDARD,
                order_line=no,
            )
            for no, name, quantity, price, rate in GOODS
        ),
        "bank": BankTerms(
            bank="9998",
            branch="901",
            kind="1",
            number="9876501",
            holder="ｶ)ｴﾝｼﾕｳﾎﾞｳｻｲｼﾖｳｼﾞ",
        ),
    }
    values.update(changes)
    return InvoiceTerms(**values)


def goods_work(**more: Any) -> AcceptedWork:
    lines = tuple(
        AcceptedLine(id=f"l{no}", name=name, contract_line=no, quantity=D(quantity))
        for no, name, quantity, _, _ in GOODS
    )
    return work(
        "K8-00456",
        date(2026, 10, 21),
        date(2026, 10, 26),
        *more.pop("lines", lines),
        performed_on=date(2026, 10, 21),
        **more,
    )


def goods_situation(**changes: Any) -> Situation:
    """Case 1 as it should be: matches without findings."""
    invoice: Invoice = changes.pop("invoice", None) or compose(goods_terms())
    values: dict[str, Any] = {
        "invoice": invoice,
        "policy": POLICY,
        "received_on": date(2026, 10, 27),
        "today": date(2026, 10, 27),
        "vendor": VENDOR_1,
        "terms": goods_contract(),
        "stated_contract": "2026K-B-00123",
        "candidates": ("2026K-B-00123",),
        "works": (goods_work(),),
        "commitment": CommitmentRecord(
            number="R8-F-0034567",
            fiscal_year=2026,
            dated_on=date(2026, 9, 14),
            amount=D(1_178_006),
        ),
        "pay_on": date(2026, 11, 20),
    }
    values.update(changes)
    return with_due(Situation(**values), pay_on=values["pay_on"])


# --- case 2: unit prices, monthly, returned and resubmitted --------------------------------------


def milk_contract(**changes: Any) -> ContractTerms:
    values: dict[str, Any] = {
        "contract_id": "c2",
        "number": "2026K-T-00045",
        "title": "学校給食用牛乳",
        "vendor_id": "V000102",
        "vendor_name": "有限会社三方原乳業",
        "registration_number": "T7999999999902",
        "buyer_name": CITY,
        "section": "学校給食課",
        "kind": ContractKind.UNIT_PRICE,
        "concluded_on": date(2026, 4, 1),
        "starts_on": date(2026, 4, 1),
        "ends_on": date(2027, 3, 31),
        "gross": D(9_000_000),
        "total_is_planned": True,
        "lines": (
            ContractLine(
                number="1",
                name="牛乳 200ml",
                tax_rate=D(8),
                unit_price=D("52.37"),
                reduced=True,
            ),
            ContractLine(number="2", name="配送容器", tax_rate=D(10), unit_price=D(1815)),
        ),
    }
    values.update(changes)
    return ContractTerms(**values)


def milk_terms(bottles: str = "12418", **changes: Any) -> InvoiceTerms:
    values: dict[str, Any] = {
        "number": "M-1010R",
        "issue_date": date(2026, 11, 9),
        "start": date(2026, 10, 1),
        "end": date(2026, 10, 31),
        "seller": seller("有限会社三方原乳業", "T7999999999902"),
        "buyer": city(),
        "contract": "2026K-T-00045",
        "preceding": (PrecedingInvoice(number="M-1010", issue_date=date(2026, 11, 4)),),
        "lines": (
            LineTerms(
                name="牛乳 200ml",
                price=changes.pop("price", D("52.37")),
                quantity=D(bottles),
                tax=TaxCode.REDUCED,
                order_line="1",
            ),
            LineTerms(name="配送容器", price=D(1815), quantity=D(22), order_line="2"),
        ),
    }
    values.update(changes)
    return InvoiceTerms(**values)


def milk_situation(**changes: Any) -> Situation:
    invoice = changes.pop("invoice", None) or compose(milk_terms())
    values: dict[str, Any] = {
        "invoice": invoice,
        "policy": POLICY,
        "received_on": date(2026, 11, 10),
        "today": date(2026, 11, 10),
        "vendor": creditor(
            "V000102",
            "有限会社三方原乳業",
            "T7999999999902",
            ("9997", "902", "1", "9876502", "ﾕ)ﾐｶﾀﾊﾗﾆﾕｳｷﾞﾖｳ"),
        ),
        "terms": milk_contract(),
        "works": (
            work(
                "K8-00501",
                date(2026, 11, 2),
                date(2026, 11, 4),
                AcceptedLine(id="m1", name="牛乳", contract_line="1", quantity=D(12_418)),
                AcceptedLine(id="m2", name="配送容器", contract_line="2", quantity=D(22)),
                period=(date(2026, 10, 1), date(2026, 10, 31)),
            ),
        ),
        "earlier": (
            earlier(
                "M-0909",
                4_183_652,
                contract_no="2026K-T-00045",
                period=(date(2026, 4, 1), date(2026, 9, 30)),
            ),
            earlier(
                "M-1010",
                747_636,
                receipt_no="26-000002",
                live=False,
                returned=True,
                is_predecessor=True,
                contract_no="2026K-T-00045",
                period=(date(2026, 10, 1), date(2026, 10, 31)),
            ),
        ),
        "commitment": CommitmentRecord(
            number="R8-F-0039001",
            fiscal_year=2026,
            dated_on=date(2026, 11, 10),
            amount=D(9_000_000),
            is_combined=True,
        ),
        "pay_on": date(2026, 11, 20),
    }
    values.update(changes)
    return with_due(Situation(**values), pay_on=values["pay_on"])
