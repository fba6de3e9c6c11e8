"""Whatever is missing or absurd in an invoice, it is judged and shown, never crashed on."""

from __future__ import annotations

import dataclasses
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from einvoice.account_kind import AccountKind
from einvoice.compose import compose
from einvoice.findings import Report
from einvoice.invoice import Invoice, PrecedingInvoice
from einvoice.invoice_terms import AdjustmentTerms, PrepaidTerms, TaxCode
from einvoice.qualified import assess
from einvoice.registry import NoRegistry
from einvoice.view import view_html
from tests.einvoice.invoice_builders import BANK, a_line, food, terms

WHOLE = compose(
    terms(
        currency="USD",
        exchange_rate=Decimal(150),
        bank=BANK,
        note="備考",
        lines=(
            a_line(allowances=(AdjustmentTerms(reason="値引", percentage=Decimal(5)),)),
            food(tax=TaxCode.EXEMPT),
        ),
        charges=(AdjustmentTerms(reason="送料", amount=Decimal(8), tax=TaxCode.STANDARD),),
        prepaid=(PrepaidTerms(amount=Decimal(1)),),
        preceding=(PrecedingInvoice(number="前"),),
    )
)
ABSURD: dict[type, list[Any]] = {
    Decimal: [Decimal(0), Decimal(-1), Decimal("0.001"), Decimal("1e30"), Decimal("-1e-30")],
    str: ["", " ", "\u202e<b>", "T1234567890123", "9" * 300, "AA", "O"],
    tuple: [()],
}


@st.composite
def damaged(draw: st.DrawFn, value: Any) -> Any:
    """The value with some of its parts missing, absurd or repeated."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        changes = {}
        for spot in dataclasses.fields(value):
            if draw(st.integers(0, 5)) == 0:
                changes[spot.name] = draw(damaged(getattr(value, spot.name)))
        return dataclasses.replace(value, **changes)
    if isinstance(value, tuple) and value and draw(st.booleans()):
        items = [draw(damaged(item)) for item in value]
        return tuple(items + draw(st.sampled_from([[], items])))
    choices = ABSURD.get(type(value))
    if choices is not None:
        return draw(st.sampled_from(choices))
    return None


@settings(max_examples=300, deadline=None)
@given(damaged(WHOLE), st.sampled_from(AccountKind))
def test_a_damaged_invoice_is_judged_and_shown(invoice: Invoice, account: AccountKind) -> None:
    assessment = assess(invoice, account=account, registry=NoRegistry())
    assert assessment.status in ("met", "not_met", "cannot_tell")
    assert assessment.status != "met"
    report = Report(
        profile=None, verdict="invalid", qualified=assessment.status, findings=assessment.findings
    )
    assert view_html(invoice, report)
    for finding in assessment.findings:
        assert finding.path
        assert "{" not in finding.message.ja
        assert "{" not in finding.remedy.en
