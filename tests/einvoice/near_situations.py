"""For each check a situation of the shape that makes it fire, on the good side of the line.

`check_situations.SILENT` has those whose line needs a word; here are the others. A check that is
silent on these is silent because it looked, not because it had nothing to look at.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from einvoice.compose import compose
from einvoice.contract_terms import Rounding, TaxRegime
from einvoice.findings import Finding, Report, Text
from einvoice.invoice import Address, AllowanceCharge, PrecedingInvoice, TaxCategory
from einvoice.matching import ClaimKind
from einvoice.matching.arrivals import Arrival
from einvoice.matching.background import Transcript
from einvoice.matching.runs import PaymentRun
from einvoice.matching.situation import AcceptedLine, MatchPolicy, Situation
from einvoice.payment_order import Deduction, DeductionKind
from einvoice.registry import RegistryStatus
from tests.einvoice.check_situations import (
    ADVANCE,
    GOODS,
    RUN,
    SILENT,
    commitment,
    goods,
    line,
    registry,
    seller,
    taxes,
    terms,
    totals,
    twin,
    vendor,
)
from tests.einvoice.late_situations import (
    cleaning_situation,
    fee_situation,
    works_contract,
    works_invoice,
    works_situation,
)
from tests.einvoice.situations import (
    CITY,
    D,
    earlier,
    goods_contract,
    goods_situation,
    goods_work,
    milk_contract,
    milk_situation,
    milk_terms,
)

WARNED = Report(
    profile="pint-jp",
    verdict="valid",
    qualified="met",
    findings=(Finding("w", "rule", "warning", Text("a", "a"), Text("b", "b")),),
)
CREDIT = replace(
    GOODS,
    totals=replace(GOODS.totals, with_tax=D(-100), payable=D(-100)),
    preceding_invoices=(PrecedingInvoice(number="INV-1"),),
)
STANDARD = goods_contract(tax_regime=TaxRegime.STANDARD)
FAILED = goods_work(passed=False)
PASSED_LATER = replace(goods_work(), id="again", number="K8-00457", inspected_on=date(2026, 10, 27))
FREE = goods_work(lines=(AcceptedLine(id="l1", name="x", contract_line="1", quantity=D(130)),))
EXACT = works_invoice(prepaid=0, net=17_600_000, number="26-0101")
PART = works_invoice(prepaid=0, net=11_000_000, number="26-0102")
FINISHED = works_situation().works[0]


def withheld(amount: int) -> Situation:
    item = Deduction(kind=DeductionKind.WITHHOLDING, base=D(1_250_000), amount=D(amount))
    return fee_situation(deductions=(item,))


def deducted(amount: int, kind: DeductionKind = DeductionKind.OTHER, **more: str) -> Situation:
    return goods_situation(deductions=(Deduction(kind=kind, base=D(1), amount=D(amount), **more),))


NEAR: dict[str, Situation] = {
    **SILENT,
    "DOC-001": goods_situation(report=WARNED),
    # the bad case's own shape, where `SILENT` shows a way out before the last question
    "DOC-002": goods(buyer=replace(GOODS.buyer, legal_id=None, endpoint=None)),
    "CON-007": goods(),
    "INS-001": goods_situation(),
    "TAX-010": replace(
        goods(lines=tuple(one for one in GOODS.lines if one.tax.code != "AA")),
        transcript=Transcript(shows_reduced_mark=False),
    ),
    "DUP-003": twin(number="INV-2026-1016"),
    "BUD-008": commitment(dated_on=goods_contract().concluded_on),
    "PAY-003": vendor(account_changed_on=date(2026, 9, 27)),
    "DOC-003": seller(address=Address(city="浜名市")),
    "DOC-004": goods(currency="JPY"),
    "DOC-005": goods_situation(invoice=CREDIT),
    "VEN-001": goods_situation(),
    "VEN-002": vendor(vendor_id="V000101"),
    "VEN-004": vendor(notice_on_file=""),
    "CON-001": goods_situation(terms=None, candidates=("A",)),
    "CON-002": goods_situation(terms=None, candidates=("A",)),
    "CON-003": terms(concluded_on=date(2026, 10, 27)),
    "CON-005": terms(amendment_pending=False),
    "CON-006": line(
        price=replace(
            GOODS.lines[0].price, net=GOODS.lines[0].price.net * 100, base_quantity=D(100)
        )
    ),
    "CON-008": terms(gross=D(1_178_006)),
    "CON-009": milk_situation(terms=milk_contract(gross=D(4_929_931))),
    "CON-011": terms(gross=D(1_178_006)),
    "CON-012": cleaning_situation(received_on=date(2026, 3, 31)),
    "INS-002": milk_situation(invoice=compose(milk_terms("12418"))),
    "INS-003": goods_situation(works=(FAILED, PASSED_LATER)),
    "INS-004": goods_situation(works=(FREE,)),
    "INS-005": goods_situation(
        policy=MatchPolicy(buyer_names=(CITY,), separate_inspector=True),
        works=(goods_work(inspector_id="u2", inspector_name="検査"),),
        drafted_by="u1",
    ),
    "INS-007": goods_situation(received_on=date(2026, 10, 26), today=date(2026, 10, 27)),
    "AMT-001": line(net_amount=GOODS.lines[0].net_amount),
    "AMT-002": totals(without_tax=D(1_081_821)),
    "AMT-003": totals(with_tax=D(1_178_006)),
    "AMT-004": totals(paid=D(5), payable=D(1_178_001)),
    "AMT-005": terms(gross=D(1_178_006)),
    "AMT-006": totals(payable=D(1_178_006)),
    "AMT-007": goods(charges=(AllowanceCharge(amount=D(0), reason="送料"),)),
    "AMT-008": totals(payable=D(1)),
    "AMT-009": totals(payable=D(9_999_999_999)),
    "TAX-001": seller(registration_number="T8999999999901"),
    "TAX-002": seller(registration_number="T8999999999901"),
    "TAX-005": taxes(10, category=TaxCategory(code="S", rate=D(10))),
    "TAX-006": line(taxes=GOODS.lines[0].taxes),
    "TAX-007": taxes(8, tax_amount=D(47_988)),
    "TAX-008": replace(
        taxes(8, tax_amount=D(47_988)), terms=goods_contract(rounding=Rounding.CEILING)
    ),
    "TAX-009": taxes(10, taxable_amount=D(481_980)),
    "TAX-012": replace(registry(RegistryStatus.REGISTERED), terms=STANDARD),
    "ADV-001": works_situation(invoice=EXACT, kind=ClaimKind.ADVANCE, earlier=()),
    "ADV-002": works_situation(
        invoice=ADVANCE,
        kind=ClaimKind.ADVANCE,
        earlier=(),
        terms=works_contract(
            advance=replace(
                works_contract().advance,
                guarantee_until=date(2026, 11, 20),
                guaranteed=D(19_360_000),
            )
        ),
    ),
    "ADV-003": works_situation(
        invoice=ADVANCE,
        kind=ClaimKind.INTERIM,
        earlier=(),
        terms=works_contract(advance=replace(works_contract().advance, interim_certified=True)),
    ),
    "ADV-004": works_situation(invoice=works_invoice(prepaid=29_040_000)),
    "ADV-005": works_situation(
        kind=ClaimKind.PART,
        invoice=PART,
        earlier=(
            earlier(
                "A-1", 19_360_000, contract_no="2026K-K-00210", kind=ClaimKind.ADVANCE, period=None
            ),
        ),
        works=(
            replace(
                FINISHED,
                lines=(AcceptedLine(id="part", name="出来高", gross=D(24_200_000)),),
            ),
        ),
        terms=works_contract(advance=replace(works_contract().advance, part_payments=1)),
    ),
    "DUP-004": twin(number="INV-2026-1015", live=False, returned=True),
    "DUP-005": twin(gross=1_178_005),
    "DUP-007": milk_situation(
        earlier=(
            earlier(
                "M-1",
                5,
                contract_no="2026K-T-00045",
                period=(date(2026, 9, 1), date(2026, 9, 30)),
            ),
        )
    ),
    "DUP-008": twin(number="X-2026-1015", gross=1_178_005),
    "DUP-009": terms(standing_arrangement=False),
    "DAT-001": goods_situation(
        invoice=replace(
            GOODS,
            period=None,
            lines=tuple(replace(each, period=None) for each in GOODS.lines),
        ),
    ),
    "DAT-003": cleaning_situation(pay_on=date(2026, 5, 29)),
    "DAT-004": commitment(dated_on=date(2027, 3, 31)),
    "DAT-005": cleaning_situation(inspected_on=date(2026, 3, 31)),
    "DAT-006": goods_situation(),
    "DAT-007": goods(issue_date=date(2026, 10, 27)),
    "DAT-011": goods_situation(pay_on=date(2026, 11, 24)),
    "BUD-001": goods_situation(),
    "BUD-002": commitment(amount=D(1_178_006)),
    "DED-001": withheld(140_387),
    "DED-002": withheld(153_150),
    "DED-003": fee_situation(tax_is_separate=True),
    "DED-004": works_situation(terms=works_contract(complete_by=date(2026, 11, 11))),
    "DED-005": deducted(1_178_006),
    "DED-006": deducted(100, DeductionKind.DAMAGE, income_number="R8-C-1"),
    "PAY-001": vendor(account_number="1234567"),
    "PAY-004": vendor(payee_kana="エンシュウボウサイ"),
    "PAY-010": goods_situation(bounce=None),
}
RUN_NEAR: dict[str, PaymentRun] = {
    "PAY-007": RUN,
    "PAY-008": RUN,
    "PAY-009": replace(RUN, transfers=(RUN.transfers[0], replace(RUN.transfers[0], amount=D(501)))),
}
DOOR_NEAR: dict[str, Arrival] = {
    "DUP-001": Arrival(bytes_receipt="26-000001"),
    "DUP-002": Arrival(message_receipt="26-000001", bytes_receipt="26-000001"),
}
