"""Own checks of lines, allowances and charges: what no official rule computes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from einvoice.contract_terms import Rounding
from einvoice.figures import rate_key, shown, sum_amounts, unit_of
from einvoice.invoice import AllowanceCharge, Invoice, Line
from einvoice.own_checks import Desk
from einvoice.places import Place, adjustments, child
from einvoice.tax_arithmetic import minor_unit

if TYPE_CHECKING:
    from einvoice.document import Node


def check_lines(invoice: Invoice, desk: Desk, root: Node | None) -> None:
    """Every line for itself, and that no two have one number."""
    ids: set[str] = set()
    places = minor_unit(invoice.currency)
    for index, line in enumerate(invoice.lines):
        place: Place = (("cac:InvoiceLine", index),)
        if line.id in ids:
            desk.report("line-id-twice", (*place, "cbc:ID"), line=line.id)
        ids.add(line.id)
        _check_tax(line, desk, place)
        if line.net_amount is not None:
            if places == 0 and line.net_amount != line.net_amount.to_integral_value():
                desk.report(
                    "line-fraction",
                    (*place, "cbc:LineExtensionAmount"),
                    line=line.id,
                    stated=shown(line.net_amount),
                )
            _check_arithmetic(invoice, line, line.net_amount, desk, place)
        if line.allowances or line.charges:
            _check_percentages(invoice, line.allowances, desk, root, place, is_charge=False)
            _check_percentages(invoice, line.charges, desk, root, place, is_charge=True)


def _check_tax(line: Line, desk: Desk, place: Place) -> None:
    item = (*place, "cac:Item")
    if len(line.taxes) > 1:
        desk.report(
            "line-tax-several",
            (*item, ("cac:ClassifiedTaxCategory", 1)),
            line=line.id,
            count=len(line.taxes),
        )
        return
    if not line.taxes or rate_key(line.taxes[0]) is None:
        desk.report("line-tax-missing", (*item, "cac:ClassifiedTaxCategory"), line=line.id)
    elif line.taxes[0].scheme != "VAT":
        desk.report(
            "tax-scheme-name",
            (*item, "cac:ClassifiedTaxCategory", "cac:TaxScheme", "cbc:ID"),
            value=line.taxes[0].scheme,
        )


def _check_arithmetic(
    invoice: Invoice, line: Line, stated: Decimal, desk: Desk, place: Place
) -> None:
    """price × quantity ÷ base quantity − allowances + charges, within one minor unit."""
    price, quantity = line.price.net, line.quantity
    base_quantity = Decimal(1) if line.price.base_quantity is None else line.price.base_quantity
    if price is None or quantity is None or base_quantity == 0:
        return
    exact = price * quantity / base_quantity
    exact += sum_amounts(line.charges) - sum_amounts(line.allowances)
    if abs(exact - stated) >= unit_of(invoice.currency) and exact != stated:
        desk.report(
            "line-arithmetic",
            (*place, "cbc:LineExtensionAmount"),
            line=line.id,
            stated=shown(stated),
            computed=shown(Rounding.HALF_UP.apply(exact, minor_unit(invoice.currency))),
        )


def _check_percentages(
    invoice: Invoice,
    stated: tuple[AllowanceCharge, ...],
    desk: Desk,
    root: Node | None,
    place: Place,
    *,
    is_charge: bool,
) -> None:
    """Allowances or charges of the document (its place is empty) or of a line."""
    wrong = [
        (at, made.amount, exact)
        for at, made in enumerate(stated)
        if (exact := _computed(invoice, made)) is not None and made.amount is not None
    ]
    if not wrong:
        return
    parent = root
    for step in place:
        parent = child(parent, *step) if isinstance(step, tuple) else None
    steps = adjustments(parent, len(stated), is_charge=is_charge)
    for at, amount, exact in wrong:
        desk.report(
            "adjustment-arithmetic",
            (*place, steps[at], "cbc:Amount"),
            term="IBT-101" if is_charge else "IBT-094",
            reason=stated[at].reason or stated[at].reason_code or "―",
            stated=shown(amount),
            computed=shown(Rounding.HALF_UP.apply(exact, minor_unit(invoice.currency))),
        )


def _computed(invoice: Invoice, made: AllowanceCharge) -> Decimal | None:
    """Base × percentage, where that is not the amount stated."""
    if made.amount is None or made.base_amount is None or made.percentage is None:
        return None
    exact = made.base_amount * made.percentage / 100
    is_wrong = abs(exact - made.amount) >= unit_of(invoice.currency) and exact != made.amount
    return exact if is_wrong else None


def check_adjustments(invoice: Invoice, desk: Desk, root: Node | None) -> None:
    """Allowances and charges of the document: category and rate, and their percentages."""
    for stated, is_charge in ((invoice.allowances, False), (invoice.charges, True)):
        steps = adjustments(root, len(stated), is_charge=is_charge) if stated else []
        for step, made in zip(steps, stated, strict=True):
            node = None if root is None else child(root, *step)
            categories = [] if node is None else node.children.get("cac:TaxCategory", [])
            if len(categories) > 1:
                desk.report(
                    "adjustment-tax-several",
                    (step, ("cac:TaxCategory", 1)),
                    term="IBT-102" if is_charge else "IBT-095",
                    reason=made.reason or made.reason_code or "―",
                    count=len(categories),
                )
            elif made.tax is None or rate_key(made.tax) is None:
                desk.report(
                    "adjustment-tax-missing",
                    (step, "cac:TaxCategory"),
                    term="IBT-102" if is_charge else "IBT-095",
                    reason=made.reason or made.reason_code or "―",
                )
        _check_percentages(invoice, stated, desk, root, (), is_charge=is_charge)
