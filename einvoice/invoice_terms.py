"""What a person must say so that an invoice can be made: the input of `compose`.

Amounts are without tax (税抜) unless the document is one by a vendor without registration, whose
prices are what is paid. Rates are percentages. A quantity below zero is a return or a discount
line; prices are never below zero, since the standard has no such thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from einvoice.contract_terms import Rounding
from einvoice.invoice import (
    Address,
    Contact,
    Identifier,
    PrecedingInvoice,
    SupportingDocument,
)
from einvoice.registration import CorporateNumber, RegistrationNumber

JAPAN = Address(country="JP")


class DocumentKind(StrEnum):
    """The three document types, by the short names of their profiles."""

    QUALIFIED = "pint-jp"  # 適格請求書
    NOT_REGISTERED = "pint-jp-ntr"  # 区分記載請求書
    SELF_BILLED = "pint-jp-sb"  # 仕入明細書


class TaxCode(StrEnum):
    """税区分 (UNCL 5305 as JP PINT uses it)."""

    STANDARD = "S"  # 標準税率
    REDUCED = "AA"  # 軽減税率
    EXEMPT = "E"  # 非課税
    EXPORT = "G"  # 輸出免税
    OUTSIDE = "O"  # 不課税・対象外


@dataclass(frozen=True, slots=True, kw_only=True)
class PartyTerms:
    """Seller or buyer.

    The electronic address (`endpoint`) follows from the registration number (scheme 0221) or the
    corporate number (0188) unless given. A sole trader without registration has neither, and no
    scheme of the code list knows one: answers to such an invoice are fetched at the buyer's
    portal, so the buyer's address stands there; `identifier` (the buyer's number for the vendor,
    債権者番号) then says who the seller is.
    """

    name: str
    registration_number: RegistrationNumber | None = None
    corporate_number: CorporateNumber | None = None
    identifier: Identifier | None = None
    endpoint: Identifier | None = None
    trading_name: str | None = None
    address: Address = JAPAN
    contact: Contact | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BankTerms:
    """口座: bank (4 digits), branch (3), kind (1 普通, 2 当座, 4 貯蓄), number (7), kana name."""

    bank: str
    branch: str
    kind: str
    number: str
    holder: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustmentTerms:
    """値引 or 加算, on a line or the document: an amount, or a percentage of what it applies to.

    `tax` and `rate` count on the document only (None: the invoice's one rate); a line's adjustment
    has the line's rate.
    """

    reason: str
    amount: Decimal | None = None
    percentage: Decimal | None = None
    tax: TaxCode | None = None
    rate: Decimal | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTerms:
    """One line. `rate` None: the rate in force for `tax` on the line's day."""

    name: str
    price: Decimal
    quantity: Decimal = Decimal(1)
    unit: str = "H87"
    unit_name: str | None = None  # 表示単位名称: 式, 冊, 本 …
    base_quantity: Decimal = Decimal(1)
    tax: TaxCode = TaxCode.STANDARD
    rate: Decimal | None = None
    description: str | None = None
    note: str | None = None
    start: date | None = None
    end: date | None = None
    sellers_id: str | None = None
    buyers_id: str | None = None
    order: str | None = None
    order_line: str | None = None
    delivery_note: str | None = None  # 納品書番号
    allowances: tuple[AdjustmentTerms, ...] = ()
    charges: tuple[AdjustmentTerms, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepaidTerms:
    """Money received before (前払金・前受金)."""

    amount: Decimal
    received: date | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceTerms:
    """Everything `compose` needs. `start` and `end` are 取引年月日 or its period."""

    number: str
    issue_date: date
    start: date
    end: date
    seller: PartyTerms
    buyer: PartyTerms
    lines: tuple[LineTerms, ...]
    kind: DocumentKind = DocumentKind.QUALIFIED
    tax_rounding: Rounding = Rounding.FLOOR
    line_rounding: Rounding = Rounding.FLOOR
    due_date: date | None = None
    note: str | None = None
    payment_note: str | None = None
    contract: str | None = None
    order: str | None = None
    project: str | None = None
    tender: str | None = None
    receiving_advice: str | None = None  # 検収番号
    buyer_reference: str | None = None
    bank: BankTerms | None = None
    allowances: tuple[AdjustmentTerms, ...] = ()
    charges: tuple[AdjustmentTerms, ...] = ()
    prepaid: tuple[PrepaidTerms, ...] = ()
    preceding: tuple[PrecedingInvoice, ...] = ()
    supporting_documents: tuple[SupportingDocument, ...] = ()
    currency: str = "JPY"
    exchange_rate: Decimal | None = None  # yen for one unit of `currency`
