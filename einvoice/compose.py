"""An invoice made from terms: every sum follows from the lines, tax is rounded once per rate.

What comes out is valid by the official rules and holds the items of 消費税法57条の4第1項. What
cannot become such an invoice is refused with the field and a remedy; nothing is guessed.

Order of the arithmetic:
1. line: price × quantity ÷ base quantity − allowances + charges, rounded by `line_rounding`;
2. document allowances and charges, in order, each in its category and rate;
3. per category and rate: base = Σ 1 ± 2, tax = base × rate, rounded once by `tax_rounding`
   (消令70条の10); a document by an unregistered vendor shows no tax;
4. totals, less what was prepaid; for a foreign currency the tax per rate once more in yen.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, localcontext

from einvoice.composed_lines import (
    amount_of,
    checked,
    composed_adjustment,
    composed_line,
    refusal,
    sum_of,
    tax_category,
    whole,
)
from einvoice.composed_parties import bank_account, party
from einvoice.composed_text import required_text, text
from einvoice.invoice import (
    AllowanceCharge,
    Invoice,
    Line,
    PaidAmount,
    PaymentInstruction,
    PaymentTerms,
    Period,
    PrecedingInvoice,
    TaxCategory,
    TaxSubtotal,
    Totals,
)
from einvoice.invoice_terms import AdjustmentTerms, DocumentKind, InvoiceTerms, TaxCode
from einvoice.tax_arithmetic import minor_unit, tax_on

MAX_LINES = 10_000
PRECISION = 60  # price × quantity × rate of the largest allowed numbers, exactly

_HEADS = {
    DocumentKind.QUALIFIED: ("urn:peppol:pint:billing-1@jp-1", "urn:peppol:bis:billing", "380"),
    DocumentKind.NOT_REGISTERED: (
        "urn:peppol:pint:nontaxinvoice-1@jp-1",
        "urn:peppol:bis:billing",
        "480",
    ),
    DocumentKind.SELF_BILLED: (
        "urn:peppol:pint:selfbilling-1@jp-1",
        "urn:peppol:bis:selfbilling",
        "389",
    ),
}


def compose(terms: InvoiceTerms) -> Invoice:
    """The invoice these terms make. Raises CompositionError with field and remedy."""
    with localcontext(prec=PRECISION):
        return _compose(terms)


def _compose(terms: InvoiceTerms) -> Invoice:
    _check_head(terms)
    lines = tuple(
        composed_line(terms, index, line) for index, line in enumerate(terms.lines, start=1)
    )
    allowances = _document_adjustments(terms, terms.allowances, lines, "allowances")
    charges = _document_adjustments(terms, terms.charges, lines, "charges")
    breakdown = _breakdown(terms, lines, allowances, charges)
    yen = _yen_breakdown(terms, breakdown)
    tax_total = sum((amount_of(row.tax_amount) for row in breakdown), Decimal(0))
    totals = _totals(terms, lines, allowances, charges, tax_total)
    customization, process, type_code = _HEADS[terms.kind]
    seller, buyer = party(terms, "seller"), party(terms, "buyer")
    payment_note = text(terms.payment_note, "payment_note")
    return Invoice(
        customization=customization,
        process=process,
        type_code=type_code,
        number=required_text(terms.number, "number"),
        issue_date=terms.issue_date,
        due_date=terms.due_date,
        note=text(terms.note, "note"),
        currency=terms.currency,
        accounting_currency=None if yen is None else "JPY",
        buyer_reference=text(terms.buyer_reference, "buyer_reference"),
        period=Period(start=terms.start, end=terms.end),
        order=text(terms.order, "order"),
        preceding_invoices=tuple(
            PrecedingInvoice(
                number=required_text(earlier.number, "preceding"), issue_date=earlier.issue_date
            )
            for earlier in terms.preceding
        ),
        receiving_advice=text(terms.receiving_advice, "receiving_advice"),
        tender=text(terms.tender, "tender"),
        contract=text(terms.contract, "contract"),
        supporting_documents=terms.supporting_documents,
        project=text(terms.project, "project"),
        seller=seller,
        buyer=buyer,
        payment_instructions=()
        if terms.bank is None
        else (PaymentInstruction(means_code="30", account=bank_account(terms.bank)),),
        payment_terms=() if payment_note is None else (PaymentTerms(note=payment_note),),
        paid_amounts=tuple(
            PaidAmount(
                id=text(paid.reference, "prepaid"), amount=paid.amount, received=paid.received
            )
            for paid in terms.prepaid
        ),
        allowances=allowances,
        charges=charges,
        tax_total=tax_total,
        tax_breakdown=breakdown,
        accounting_tax_total=None
        if yen is None
        else sum((amount_of(row.tax_amount) for row in yen), Decimal(0)),
        accounting_tax_breakdown=() if yen is None else yen,
        totals=totals,
        lines=lines,
    )


def _check_head(terms: InvoiceTerms) -> None:
    if terms.end < terms.start:
        raise refusal(
            "end",
            "取引期間の終わりが始まりより前です。",
            "The period of supply ends before it starts.",
            "取引年月日（期間）の開始日と終了日を確認してください。",
            "Check the first and the last day of the period.",
        )
    if not 1 <= len(terms.lines) <= MAX_LINES:
        raise refusal(
            "lines",
            f"明細は1行以上{MAX_LINES:,}行以下です（{len(terms.lines):,}行）。",
            f"There must be 1 to {MAX_LINES:,} lines, not {len(terms.lines):,}.",
            "明細を入力するか、請求書を分けてください。",
            "Enter a line, or split the invoice.",
        )
    rate = terms.exchange_rate
    if terms.currency != "JPY" and (rate is None or checked(rate, "exchange_rate") <= 0):
        raise refusal(
            "exchange_rate",
            "外貨の請求書には円の消費税額が必要ですが、換算レートがありません。",
            "An invoice in a foreign currency must show its tax in yen; the exchange rate is "
            "missing.",
            "1外貨あたりの円を入力してください。",
            "Enter the yen for one unit of the currency.",
        )


_Key = tuple[str, Decimal | None]


def _key(category: TaxCategory | None) -> _Key:
    assert category is not None
    return category.code, category.rate


def _document_adjustments(
    terms: InvoiceTerms, adjustments: Sequence[AdjustmentTerms], lines: Sequence[Line], field: str
) -> tuple[AllowanceCharge, ...]:
    made = []
    used = {_key(line.tax): line.tax for line in lines}
    for adjustment in adjustments:
        if adjustment.tax is not None:
            category = tax_category(adjustment.tax, adjustment.rate, terms.end, field)
        elif len(used) == 1:
            (only,) = used.values()
            assert only is not None
            category = only
        else:
            raise refusal(
                field,
                f"値引・加算「{adjustment.reason}」の税区分がありません（明細に税率が複数あります）。",
                f"“{adjustment.reason}” has no tax category, and the lines have several rates.",
                "税率ごとに分けて、それぞれの税区分を入力してください。",
                "Split it by rate and give each its tax category.",
            )
        base = sum(
            (amount_of(x.net_amount) for x in lines if _key(x.tax) == _key(category)), Decimal(0)
        )
        value = composed_adjustment(terms, adjustment, base, field)
        made.append(
            AllowanceCharge(
                amount=value.amount,
                base_amount=value.base_amount,
                percentage=value.percentage,
                reason=value.reason,
                tax=category,
            )
        )
    return tuple(made)


def _breakdown(
    terms: InvoiceTerms,
    lines: Sequence[Line],
    allowances: Sequence[AllowanceCharge],
    charges: Sequence[AllowanceCharge],
) -> tuple[TaxSubtotal, ...]:
    bases: dict[_Key, Decimal] = {}
    categories: dict[_Key, TaxCategory] = {}

    def add(category: TaxCategory | None, amount: Decimal) -> None:
        assert category is not None
        key = _key(category)
        categories.setdefault(key, category)
        bases[key] = bases.get(key, Decimal(0)) + amount

    for line in lines:
        add(line.tax, amount_of(line.net_amount))
    for allowance in allowances:
        add(allowance.tax, -amount_of(allowance.amount))
    for charge in charges:
        add(charge.tax, amount_of(charge.amount))
    places = minor_unit(terms.currency)
    shows_tax = terms.kind is not DocumentKind.NOT_REGISTERED
    return tuple(
        TaxSubtotal(
            taxable_amount=base,
            tax_amount=tax_on(
                base, amount_of(categories[key].rate) if shows_tax else Decimal(0),
                terms.tax_rounding, places,
            ),
            category=categories[key],
        )
        for key, base in bases.items()
    )  # fmt: skip


def _yen_breakdown(
    terms: InvoiceTerms, breakdown: Sequence[TaxSubtotal]
) -> tuple[TaxSubtotal, ...] | None:
    """Tax per rate in yen, once rounded from the converted base.

    Categories without tax are left out: the rules allow E, G and O one subtotal in the whole
    document (aligned-ibrp-e-01, -g-01, -o-01).
    """
    if terms.currency == "JPY" or terms.exchange_rate is None:
        return None
    rate = terms.exchange_rate
    return tuple(
        TaxSubtotal(
            tax_amount=tax_on(
                amount_of(row.taxable_amount) * rate,
                amount_of(row.category.rate) if terms.kind is not DocumentKind.NOT_REGISTERED
                else Decimal(0),
                terms.tax_rounding,
            ),
            category=row.category,
        )
        for row in breakdown
        if row.category.code in (TaxCode.STANDARD, TaxCode.REDUCED)
    )  # fmt: skip


def _totals(
    terms: InvoiceTerms,
    lines: Sequence[Line],
    allowances: Sequence[AllowanceCharge],
    charges: Sequence[AllowanceCharge],
    tax_total: Decimal,
) -> Totals:
    line_sum = sum((amount_of(line.net_amount) for line in lines), Decimal(0))
    without_tax = line_sum - sum_of(allowances) + sum_of(charges)
    with_tax = checked(without_tax + tax_total, "lines")
    places = minor_unit(terms.currency)
    paid = sum(
        (whole(checked(p.amount, "prepaid"), places, "prepaid") for p in terms.prepaid), Decimal(0)
    )
    if terms.prepaid and not 0 < paid <= max(with_tax, Decimal(0)):
        raise refusal(
            "prepaid",
            f"前受金の合計{paid:,}が0以下か、請求額{with_tax:,}を超えています。",
            f"The prepaid sum {paid:,} is not above zero or exceeds the total {with_tax:,}.",
            "受領済みの金額を確認してください。返金は別の（数量が負の）請求書にします。",
            "Check what was received. A refund is an invoice of its own with negative quantities.",
        )
    return Totals(
        line_sum=line_sum,
        allowances=sum_of(allowances) if allowances else None,
        charges=sum_of(charges) if charges else None,
        without_tax=without_tax,
        with_tax=with_tax,
        paid=paid if terms.prepaid else None,
        payable=with_tax - paid,
    )
