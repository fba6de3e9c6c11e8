"""Our own checks for what the official rules let through (source "consistency").

The official rules are not changed by them and neither is their verdict: each finding closes a hole
that was seen by running them (no rule ties the breakdown to the lines, TaxIncludedIndicator stops
two rules, a CreditNote passes, …). `data/own_checks.toml` names the hole for each.

Not looked at here: what needs the contract, earlier invoices or the vendor's master data.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from einvoice.account_kind import AccountKind
from einvoice.consistency_lines import check_adjustments, check_lines
from einvoice.consistency_texts import check_attachments, check_identifiers, check_texts
from einvoice.figures import (
    PRECISION,
    RateKey,
    bases,
    incomputable,
    rate_key,
    shown,
    shown_rate,
)
from einvoice.findings import Finding
from einvoice.invoice import Invoice
from einvoice.own_checks import Desk

if TYPE_CHECKING:
    from einvoice.document import Node

# CustomizationID, ProfileID and type code of each type; the rules only look at parts of them.
_HEADS = {
    ("urn:peppol:pint:billing-1@jp-1", "urn:peppol:bis:billing", "380"),
    ("urn:peppol:pint:nontaxinvoice-1@jp-1", "urn:peppol:bis:billing", "480"),
    ("urn:peppol:pint:selfbilling-1@jp-1", "urn:peppol:bis:selfbilling", "389"),
    (
        "urn:fdc:peppol:jp:billing:3.0",
        "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0",
        "380",
    ),
}
_BY_TYPE = {head[2]: head for head in _HEADS if not head[0].startswith("urn:fdc")}


def consistency_findings(
    invoice: Invoice,
    *,
    root: Node | None = None,
    account: AccountKind = AccountKind.SPECIAL,
    today: date | None = None,
) -> list[Finding]:
    """Everything that does not fit together in one document.

    `root` is the document's tree for paths and lines; `today` switches on the check for dates in
    the future.
    """
    desk = Desk(account, root)
    with localcontext(prec=PRECISION):
        check_document(invoice, desk, root, today)
    return desk.findings


def check_document(invoice: Invoice, desk: Desk, root: Node | None, today: date | None) -> bool:
    """All checks, in the order of the document; whether its numbers can be computed with."""
    _check_head(invoice, desk, root, today)
    check_identifiers(invoice, desk)
    check_texts(invoice, desk)
    check_attachments(invoice, desk, root)
    _check_payment(invoice, desk)
    too_large = incomputable(invoice)
    if too_large is not None:
        desk.report("amount-too-large", (), value=f"{too_large:.6g}")
        return False
    check_adjustments(invoice, desk, root)
    _check_breakdown(invoice, desk)
    _check_totals(invoice, desk, root)
    check_lines(invoice, desk, root)
    return True


def _check_head(invoice: Invoice, desk: Desk, root: Node | None, today: date | None) -> None:
    if root is not None:
        if root.name != "ubl:Invoice" and root.name.endswith(":CreditNote"):
            desk.report("credit-note")
        if "ext:UBLExtensions" in root.children:
            desk.report("extension-content", ("ext:UBLExtensions",))
    head = (invoice.customization, invoice.process, invoice.type_code)
    if head not in _HEADS:
        expected = _BY_TYPE.get(invoice.type_code, _BY_TYPE["380"])
        desk.report(
            "profile-ids",
            ("cbc:CustomizationID",),
            value=" ".join(head),
            expected=" ".join(expected),
        )
    issued = invoice.issue_date
    if issued is not None:
        if invoice.due_date is not None and invoice.due_date < issued:
            desk.report("due-before-issue", ("cbc:DueDate",), due=invoice.due_date, issued=issued)
        if today is not None and issued > today:
            desk.report("issued-in-future", ("cbc:IssueDate",), issued=issued)


def _check_payment(invoice: Invoice, desk: Desk) -> None:
    for index, instruction in enumerate(invoice.payment_instructions):
        if instruction.means_code in ("30", "58") and instruction.account is None:
            desk.report(
                "account-missing", (("cac:PaymentMeans", index),), code=instruction.means_code
            )


def _check_breakdown(invoice: Invoice, desk: Desk) -> None:
    computed = bases(invoice)
    seen: set[RateKey] = set()
    for index, row in enumerate(invoice.tax_breakdown):
        place = ("cac:TaxTotal", ("cac:TaxSubtotal", index))
        if row.category.scheme != "VAT":
            desk.report(
                "tax-scheme-name",
                (*place, "cac:TaxCategory", "cac:TaxScheme", "cbc:ID"),
                value=row.category.scheme,
            )
        key = rate_key(row.category)
        if key is None:
            continue
        code, rate = key[0], shown_rate(key[1])
        if key in seen:
            desk.report("breakdown-twice", place, code=code, rate=rate)
        elif key not in computed:
            desk.report("breakdown-extra", place, code=code, rate=rate)
        elif row.taxable_amount is not None and row.taxable_amount != computed[key]:
            desk.report(
                "breakdown-base",
                (*place, "cbc:TaxableAmount"),
                code=code,
                rate=rate,
                stated=shown(row.taxable_amount),
                computed=shown(computed[key]),
            )
        seen.add(key)


def _check_totals(invoice: Invoice, desk: Desk, root: Node | None) -> None:
    totals = invoice.totals
    place = "cac:LegalMonetaryTotal"
    marked = [] if root is None else root.all("cac:TaxTotal/cbc:TaxIncludedIndicator")
    if any(node.text.strip() in ("true", "1") for node in marked):
        desk.report("tax-included-indicator", ("cac:TaxTotal", "cbc:TaxIncludedIndicator"))
    # The official rules compute both totals, too, unless the indicator is set; these do always.
    nought = Decimal(0)
    if totals.line_sum is not None and totals.without_tax is not None:
        computed = totals.line_sum - (totals.allowances or nought) + (totals.charges or nought)
        if computed != totals.without_tax:
            desk.report(
                "total-without-tax",
                (place, "cbc:TaxExclusiveAmount"),
                stated=shown(totals.without_tax),
                computed=shown(computed),
            )
    if None not in (totals.without_tax, totals.with_tax, invoice.tax_total):
        assert totals.without_tax is not None
        assert totals.with_tax is not None
        assert invoice.tax_total is not None
        computed = totals.without_tax + invoice.tax_total
        if computed != totals.with_tax:
            desk.report(
                "total-with-tax",
                (place, "cbc:TaxInclusiveAmount"),
                stated=shown(totals.with_tax),
                computed=shown(computed),
            )
    if invoice.paid_amounts:
        parts = sum((p.amount for p in invoice.paid_amounts if p.amount is not None), nought)
        if parts != (totals.paid or nought):
            desk.report(
                "prepaid-sum",
                (place, "cbc:PrepaidAmount"),
                stated=shown(totals.paid or nought),
                computed=shown(parts),
            )
