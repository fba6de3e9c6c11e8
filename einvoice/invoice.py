"""An invoice as JP PINT 1.1.3 models it: one field a business term, its IBT number beside it.

The three document types (適格請求書, 区分記載請求書, 仕入明細書) share this model; which terms each
may hold, their names, paths and cardinalities are in the table `einvoice/terms.py` reads, and a
test holds this module and that table together.

Conventions: "" or None means "not stated"; a mandatory text defaults to "" and any other mandatory
value to None, so that an incomplete document can be read and talked about. Amounts are `Decimal`
in the invoice currency (IBT-005) unless the field says "accounting", which is IBT-006, always JPY.
Rates are percentages (10 means 10 %). Nothing here checks anything: `einvoice.validate` does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Identifier:
    """A value and the scheme it belongs to (ISO 6523 ICD, EAS or UNTDID 1153 code)."""

    value: str
    scheme: str | None = None

    def __str__(self) -> str:
        return f"{self.scheme}:{self.value}" if self.scheme else self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """IBG-14 invoicing period, IBG-26 line period: 取引年月日 or its range."""

    start: date | None = None  # IBT-073, IBT-134
    end: date | None = None  # IBT-074, IBT-135
    tax_point_code: str | None = None  # IBT-008 (header only)


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """IBG-05 seller, IBG-08 buyer, IBG-12 tax representative, IBG-15 deliver-to, IBG-34 bank."""

    line1: str | None = None  # IBT-035, IBT-050, IBT-064, IBT-075, IBT-169
    line2: str | None = None  # IBT-036, IBT-051, IBT-065, IBT-076, IBT-170
    line3: str | None = None  # IBT-162, IBT-163, IBT-164, IBT-165, IBT-174
    city: str | None = None  # IBT-037, IBT-052, IBT-066, IBT-077, IBT-171
    post_code: str | None = None  # IBT-038, IBT-053, IBT-067, IBT-078, IBT-172
    subdivision: str | None = None  # IBT-039, IBT-054, IBT-068, IBT-079, IBT-173
    country: str = ""  # IBT-040, IBT-055, IBT-069, IBT-080, IBT-175


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """IBG-06 seller contact, IBG-09 buyer contact."""

    name: str | None = None  # IBT-041, IBT-056
    phone: str | None = None  # IBT-042, IBT-057
    email: str | None = None  # IBT-043, IBT-058


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """IBG-04 seller, IBG-07 buyer."""

    name: str = ""  # IBT-027, IBT-044 氏名又は名称
    endpoint: Identifier | None = None  # IBT-034, IBT-049 electronic address (0188, 0221 …)
    identifiers: tuple[Identifier, ...] = ()  # IBT-029, IBT-046
    trading_name: str | None = None  # IBT-028, IBT-045 屋号
    address: Address | None = None  # IBG-05, IBG-08
    registration_number: str | None = None  # IBT-031 登録番号 (T + 13 digits), IBT-048
    tax_registration: Identifier | None = None  # IBT-032; scheme: TaxScheme/ID other than VAT
    legal_id: Identifier | None = None  # IBT-030, IBT-047 法人番号
    legal_form: str | None = None  # IBT-033 (seller only)
    contact: Contact | None = None  # IBG-06, IBG-09


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """IBG-10: who is paid, where that is not the seller."""

    name: str = ""  # IBT-059
    identifier: Identifier | None = None  # IBT-060
    legal_id: Identifier | None = None  # IBT-061


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxRepresentative:
    """IBG-11: the seller's tax representative."""

    name: str = ""  # IBT-062
    registration_number: str = ""  # IBT-063
    address: Address | None = None  # IBG-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """IBG-13: where and when the goods went."""

    actual_date: date | None = None  # IBT-072
    location: Identifier | None = None  # IBT-071
    address: Address | None = None  # IBG-15
    party_name: str | None = None  # IBT-070


@dataclass(frozen=True, slots=True, kw_only=True)
class PrecedingInvoice:
    """IBG-03: the invoice this one corrects, or whose goods are returned (返還)."""

    number: str = ""  # IBT-025
    issue_date: date | None = None  # IBT-026


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """IBT-125: a file carried inside the invoice."""

    content: bytes = b""  # IBT-125
    mime_type: str = ""  # IBT-125-1
    filename: str = ""  # IBT-125-2


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportingDocument:
    """IBG-24: a document beside the invoice, attached or at an address."""

    reference: str = ""  # IBT-122
    description: str | None = None  # IBT-123
    location: str | None = None  # IBT-124
    attachment: Attachment | None = None  # IBT-125


@dataclass(frozen=True, slots=True, kw_only=True)
class BankAccount:
    """IBG-17: the account to pay into."""

    id: Identifier | None = None  # IBT-084 (銀行:支店:種別:番号), IBT-084-1
    name: str | None = None  # IBT-085 口座名義
    provider: str | None = None  # IBT-086
    provider_address: Address | None = None  # IBG-34


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """IBG-18: the payment card used."""

    number: str = ""  # IBT-087, its last 4 to 6 digits
    holder: str | None = None  # IBT-088


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectDebit:
    """IBG-19: 口座振替."""

    mandate: str | None = None  # IBT-089
    debited_account: str | None = None  # IBT-091


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentInstruction:
    """IBG-16."""

    means_code: str = ""  # IBT-081 (UNCL 4461: 30 credit transfer)
    id: str | None = None  # IBT-178
    means_text: str | None = None  # IBT-082
    remittance: str | None = None  # IBT-083
    card: Card | None = None  # IBG-18
    account: BankAccount | None = None  # IBG-17
    direct_debit: DirectDebit | None = None  # IBG-19


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentTerms:
    """IBG-33: terms, by instalment if there are several."""

    instruction_id: str | None = None  # IBT-187, names an IBT-178
    note: str | None = None  # IBT-020
    amount: Decimal | None = None  # IBT-176
    due_date: date | None = None  # IBT-177


@dataclass(frozen=True, slots=True, kw_only=True)
class PaidAmount:
    """IBG-35: money already received."""

    id: str | None = None  # IBT-179
    amount: Decimal | None = None  # IBT-180
    received: date | None = None  # IBT-181
    kind: str | None = None  # IBT-182


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxCategory:
    """A consumption tax category with its rate: AA 軽減, S 標準, E 非課税, G 輸出免税, O 不課税.

    On a line IBG-30, in the breakdown IBT-118 … 121, in the accounting currency IBT-192, 193,
    on a document allowance or charge IBT-095, 096, 102, 103.
    """

    code: str = ""  # IBT-151, IBT-118, IBT-192, IBT-095, IBT-102
    rate: Decimal | None = None  # IBT-152, IBT-119, IBT-193, IBT-096, IBT-103
    scheme: str = "VAT"  # IBT-167, IBT-118-1, IBT-192-1, IBT-095-1, IBT-102-1
    exemption_reason: str | None = None  # IBT-185, IBT-120
    exemption_reason_code: str | None = None  # IBT-186, IBT-121
    unit_tax: Decimal | None = None  # IBT-166 (line only)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceCharge:
    """IBG-20 document allowance 値引, IBG-21 document charge, IBG-27 and IBG-28 on a line.

    `tax` is None on a line: the line's own categories apply there.
    """

    amount: Decimal | None = None  # IBT-092, IBT-099, IBT-136, IBT-141
    base_amount: Decimal | None = None  # IBT-093, IBT-100, IBT-137, IBT-142
    percentage: Decimal | None = None  # IBT-094, IBT-101, IBT-138, IBT-143
    reason: str | None = None  # IBT-097, IBT-104, IBT-139, IBT-144
    reason_code: str | None = None  # IBT-098, IBT-105, IBT-140, IBT-145
    tax: TaxCategory | None = None  # IBT-095 and 096, IBT-102 and 103


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxSubtotal:
    """IBG-23 (IBG-38 in the accounting currency): one row a category and rate."""

    taxable_amount: Decimal | None = None  # IBT-116
    tax_amount: Decimal | None = None  # IBT-117, IBT-190
    category: TaxCategory = TaxCategory()  # IBT-118 … 121, IBT-192, IBT-193


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """IBG-22."""

    line_sum: Decimal | None = None  # IBT-106
    allowances: Decimal | None = None  # IBT-107
    charges: Decimal | None = None  # IBT-108
    without_tax: Decimal | None = None  # IBT-109
    with_tax: Decimal | None = None  # IBT-112
    paid: Decimal | None = None  # IBT-113
    rounding: Decimal | None = None  # IBT-114
    payable: Decimal | None = None  # IBT-115


@dataclass(frozen=True, slots=True, kw_only=True)
class LineDocument:
    """IBG-36: a document a line speaks of (納品書 and the like)."""

    id: str = ""  # IBT-188
    type_code: str | None = None  # IBT-189


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """IBT-158."""

    code: str = ""  # IBT-158
    list_id: str = ""  # IBT-158-1
    list_version: str | None = None  # IBT-158-2


@dataclass(frozen=True, slots=True)
class ItemAttribute:
    """IBG-32, for example 表示単位名称 = 冊."""

    name: str = ""  # IBT-160
    value: str = ""  # IBT-161


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """IBG-31."""

    name: str = ""  # IBT-153
    description: str | None = None  # IBT-154
    buyers_id: str | None = None  # IBT-156
    sellers_id: str | None = None  # IBT-155
    standard_id: Identifier | None = None  # IBT-157
    origin_country: str | None = None  # IBT-159
    classifications: tuple[Classification, ...] = ()  # IBT-158
    attributes: tuple[ItemAttribute, ...] = ()  # IBG-32


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """IBG-29."""

    net: Decimal | None = None  # IBT-146
    discount: Decimal | None = None  # IBT-147
    gross: Decimal | None = None  # IBT-148
    base_quantity: Decimal | None = None  # IBT-149
    base_unit: str | None = None  # IBT-150


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """IBG-25. `net_amount` is without tax, after the line's allowances and charges."""

    id: str = ""  # IBT-126
    item: Item = Item()  # IBG-31
    quantity: Decimal | None = None  # IBT-129
    unit: str = ""  # IBT-130
    net_amount: Decimal | None = None  # IBT-131
    price: Price = Price()  # IBG-29
    taxes: tuple[TaxCategory, ...] = ()  # IBG-30
    note: str | None = None  # IBT-127
    object_id: Identifier | None = None  # IBT-128
    accounting_reference: str | None = None  # IBT-133
    period: Period | None = None  # IBG-26
    order_line: str | None = None  # IBT-132
    order: str | None = None  # IBT-183
    despatch_advice: str | None = None  # IBT-184
    documents: tuple[LineDocument, ...] = ()  # IBG-36
    allowances: tuple[AllowanceCharge, ...] = ()  # IBG-27
    charges: tuple[AllowanceCharge, ...] = ()  # IBG-28

    @property
    def tax(self) -> TaxCategory | None:
        """The line's first tax category; the model allows several, practice has one."""
        return self.taxes[0] if self.taxes else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """One JP PINT document. `profile` gives the short name of its type."""

    customization: str = "urn:peppol:pint:billing-1@jp-1"  # IBT-024
    process: str = "urn:peppol:bis:billing"  # IBT-023
    number: str = ""  # IBT-001
    issue_date: date | None = None  # IBT-002
    issue_time: time | None = None  # IBT-168
    due_date: date | None = None  # IBT-009
    type_code: str = "380"  # IBT-003
    note: str | None = None  # IBT-022
    tax_point_date: date | None = None  # IBT-007
    currency: str = "JPY"  # IBT-005
    accounting_currency: str | None = None  # IBT-006
    accounting_reference: str | None = None  # IBT-019
    buyer_reference: str | None = None  # IBT-010
    period: Period | None = None  # IBG-14
    order: str | None = None  # IBT-013
    sales_order: str | None = None  # IBT-014
    preceding_invoices: tuple[PrecedingInvoice, ...] = ()  # IBG-03
    despatch_advice: str | None = None  # IBT-016
    receiving_advice: str | None = None  # IBT-015
    tender: str | None = None  # IBT-017
    contract: str | None = None  # IBT-012
    object_id: Identifier | None = None  # IBT-018
    supporting_documents: tuple[SupportingDocument, ...] = ()  # IBG-24
    project: str | None = None  # IBT-011
    seller: Party = Party()  # IBG-04
    buyer: Party = Party()  # IBG-07
    payee: Payee | None = None  # IBG-10
    tax_representative: TaxRepresentative | None = None  # IBG-11
    delivery: Delivery | None = None  # IBG-13
    payment_instructions: tuple[PaymentInstruction, ...] = ()  # IBG-16
    payment_terms: tuple[PaymentTerms, ...] = ()  # IBG-33
    paid_amounts: tuple[PaidAmount, ...] = ()  # IBG-35
    allowances: tuple[AllowanceCharge, ...] = ()  # IBG-20
    charges: tuple[AllowanceCharge, ...] = ()  # IBG-21
    tax_total: Decimal | None = None  # IBT-110
    tax_breakdown: tuple[TaxSubtotal, ...] = ()  # IBG-23
    accounting_tax_total: Decimal | None = None  # IBT-111, JPY
    accounting_tax_breakdown: tuple[TaxSubtotal, ...] = ()  # IBG-38, JPY
    totals: Totals = Totals()  # IBG-22
    lines: tuple[Line, ...] = ()  # IBG-25
