"""A situation for each check of the match that makes it fire, and some just short of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from einvoice.compose import compose
from einvoice.contract_terms import TaxRegime, YearAllocation
from einvoice.findings import Finding, Report, Text
from einvoice.invoice import (
    AllowanceCharge,
    Attachment,
    BankAccount,
    Identifier,
    Invoice,
    Payee,
    PaymentInstruction,
    SupportingDocument,
    TaxCategory,
)
from einvoice.matching import ClaimKind
from einvoice.matching.arrivals import Arrival
from einvoice.matching.background import (
    Approver,
    AttachedInvoice,
    BankBranch,
    Bounce,
    OpenAdvance,
    Transcript,
)
from einvoice.matching.runs import PaymentRun, RunTransfer
from einvoice.matching.situation import (
    AcceptedLine,
    MatchPolicy,
    Situation,
)
from einvoice.payment_order import BudgetCode, BudgetShare, Deduction, DeductionKind
from einvoice.registration import RegistrationNumber
from einvoice.registry import RegistryAnswer, RegistryStatus
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
    goods_terms,
    goods_work,
    milk_contract,
    milk_situation,
    milk_terms,
)

OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))
GOODS: Invoice = compose(goods_terms())


def goods(**changes: Any) -> Situation:
    """Case 1 with another invoice."""
    return goods_situation(invoice=replace(GOODS, **changes))


def seller(**changes: Any) -> Situation:
    return goods(seller=replace(GOODS.seller, **changes))


def totals(**changes: Any) -> Situation:
    return goods(totals=replace(GOODS.totals, **changes))


def line(**changes: Any) -> Situation:
    return goods(lines=(replace(GOODS.lines[0], **changes), *GOODS.lines[1:]))


def vendor(**changes: Any) -> Situation:
    base = goods_situation()
    return replace(base, vendor=replace(base.vendor, **changes))


def terms(**changes: Any) -> Situation:
    return goods_situation(terms=goods_contract(**changes))


def commitment(**changes: Any) -> Situation:
    base = goods_situation()
    return replace(base, commitment=replace(base.commitment, **changes))


def attached(mime: str, content: bytes, name: str = "添付") -> Situation:
    document = SupportingDocument(
        reference="1", attachment=Attachment(content=content, mime_type=mime, filename=name)
    )
    return goods(supporting_documents=(document,))


def taxes(rate: int, **changes: Any) -> Situation:
    rows = tuple(
        replace(row, **changes) if row.category.rate == rate else row for row in GOODS.tax_breakdown
    )
    return goods(tax_breakdown=rows)


def registry(status: RegistryStatus, *names: str) -> Situation:
    answer = RegistryAnswer(
        number=RegistrationNumber("T8999999999901"),
        day=date(2026, 10, 21),
        status=status,
        names=names,
    )
    return goods_situation(registry=answer)


def twin(**changes: Any) -> Situation:
    """Case 1 beside an earlier invoice of the same vendor."""
    number = changes.pop("number", "INV-9")
    values = {"issue_date": date(2026, 10, 27), **changes}
    return goods_situation(earlier=(earlier(number, values.pop("gross", 1_178_006), **values),))


def account(text: str) -> Situation:
    instruction = PaymentInstruction(
        means_code="30", account=BankAccount(id=Identifier(text), name="X")
    )
    return goods(payment_instructions=(instruction,))


REPORT = Report(
    profile="pint-jp",
    verdict="invalid",
    qualified="met",
    findings=(Finding("ibr-co-10", "rule", "error", Text("a", "a"), Text("b", "b")),),
)
REQUIRED = goods_contract(required_documents=("納品書",))
ADVANCE = works_invoice(prepaid=0, net=17_600_000, number="26-0101")
TAKEN = goods_work(
    lines=(
        AcceptedLine(id="l1", name="x", contract_line="1", quantity=D(130), taken_by="26-000009"),
    )
)
TWO_YEARS = (
    YearAllocation(fiscal_year=2026, ceiling=D(1_000_000)),
    YearAllocation(fiscal_year=2027, ceiling=D(178_006)),
)

UNREGISTERED = replace(
    seller(registration_number=None), terms=goods_contract(tax_regime=TaxRegime.STANDARD)
)
SHARE = BudgetShare(
    budget=BudgetCode(
        account="01",
        section="0410",
        kan="02",
        kou="01",
        moku="01",
        jigyo="0001",
        setsu="10",
        saisetsu="01",
    ),
    amount=D(1_000_000),
)
ESTIMATE = OpenAdvance(number="G-12", amount=D(50_000), settle_by=date(2026, 10, 26))
RUN = PaymentRun(
    pay_on=date(2026, 11, 20),
    today=date(2026, 11, 19),
    cutoff_days=1,
    transfers=(
        RunTransfer(receipt_no="26-000001", account="9998-901-1-1", amount=D(500)),
        RunTransfer(receipt_no="26-000002", account="9998-901-1-1", amount=D(501)),
    ),
    file_count=2,
    file_total=D(1_001),
)

FIRES: dict[str, Situation] = {
    "DOC-001": goods_situation(report=REPORT),
    "DOC-002": goods(buyer=replace(GOODS.buyer, name="浜名市", legal_id=None, endpoint=None)),
    "DOC-003": seller(address=None),
    "DOC-004": goods(currency="USD"),
    "DOC-005": totals(with_tax=D(-100), payable=D(-100)),
    "DOC-006": goods_situation(transcript=Transcript(confidence={"請求額": D("0.94")})),
    "DOC-007": goods_situation(attached=(AttachedInvoice(name="請求書.pdf", differs=("請求額",)),)),
    "DOC-008": attached("application/x-msdownload", b"MZ"),
    "DOC-009": goods_situation(terms=REQUIRED),
    "VEN-001": goods_situation(vendor=None),
    "VEN-002": vendor(vendor_id="V000999"),
    "VEN-003": seller(name="株式会社ぜんぜん違う商事"),
    "VEN-004": vendor(notice_on_file="差押命令"),
    "VEN-005": goods(payee=Payee(name="株式会社受取人")),
    "VEN-006": vendor(suspended_until=date(2026, 12, 31)),
    "CON-001": goods_situation(terms=None, candidates=()),
    "CON-002": goods_situation(terms=None, candidates=("A", "B")),
    "CON-003": terms(concluded_on=None),
    "CON-004": terms(starts_on=date(2026, 10, 25)),
    "CON-005": terms(amendment_pending=True),
    "CON-006": line(price=replace(GOODS.lines[0].price, net=D(1846))),
    "CON-007": line(
        order_line=None, item=replace(GOODS.lines[0].item, name="契約にない品", buyers_id=None)
    ),
    "CON-008": terms(gross=D(1_178_005)),
    "CON-009": milk_situation(terms=milk_contract(gross=D(4_900_000))),
    "CON-010": terms(allocations=TWO_YEARS),
    "CON-011": terms(gross=D(1_200_000)),
    "CON-012": cleaning_situation(received_on=date(2026, 3, 15)),
    "INS-001": goods_situation(works=()),
    "INS-002": milk_situation(invoice=compose(milk_terms("12419"))),
    "INS-003": goods_situation(works=(goods_work(passed=False),)),
    "INS-004": goods_situation(works=(TAKEN,)),
    "INS-005": goods_situation(
        policy=MatchPolicy(buyer_names=(CITY,), separate_inspector=True),
        works=(goods_work(inspector_id="u1", inspector_name="検査"),),
        drafted_by="u1",
    ),
    "INS-006": goods_situation(
        works=(replace(goods_work(), inspected_on=date(2026, 11, 2)),),
        received_on=date(2026, 11, 3),
    ),
    "INS-007": goods_situation(received_on=date(2026, 10, 22), today=date(2026, 10, 27)),
    "AMT-001": line(net_amount=D(239_852)),
    "AMT-002": totals(without_tax=D(1_081_822)),
    "AMT-003": totals(with_tax=D(1_178_007)),
    "AMT-004": totals(paid=D(5)),
    "AMT-005": terms(gross=D(1_000_000)),
    "AMT-006": totals(payable=D(1_000)),
    "AMT-007": goods(
        charges=(AllowanceCharge(amount=D(500), reason="送料", tax=TaxCategory(code="S")),)
    ),
    "AMT-008": totals(payable=D(0)),
    "AMT-009": totals(payable=D(10_000_000_000)),
    "TAX-001": seller(registration_number=None),
    "TAX-002": seller(registration_number="T8999999999902"),
    "TAX-003": registry(RegistryStatus.CANCELLED),
    "TAX-004": registry(RegistryStatus.REGISTERED, "別の会社"),
    "TAX-005": taxes(10, category=TaxCategory(code="S", rate=D(7))),
    "TAX-006": line(taxes=(TaxCategory(code="S", rate=D(10)),)),
    "TAX-007": taxes(10, tax_amount=D(48_197)),
    "TAX-008": taxes(8, tax_amount=D(47_988)),
    "TAX-009": taxes(10, taxable_amount=D(481_979)),
    "TAX-010": goods_situation(transcript=Transcript(shows_reduced_mark=False)),
    "TAX-011": UNREGISTERED,
    "TAX-012": UNREGISTERED,
    "TAX-013": replace(UNREGISTERED, bought_this_year=D(100_000_000 - 1_178_006 + 1)),
    "ADV-001": works_situation(
        invoice=works_invoice(prepaid=0, net=17_600_010), kind=ClaimKind.ADVANCE, earlier=()
    ),
    "ADV-002": works_situation(
        invoice=ADVANCE,
        kind=ClaimKind.ADVANCE,
        earlier=(),
        terms=works_contract(advance=replace(works_contract().advance, guarantee_until=None)),
    ),
    "ADV-003": works_situation(
        invoice=ADVANCE,
        kind=ClaimKind.INTERIM,
        earlier=(),
        terms=works_contract(advance=replace(works_contract().advance, interim_certified=False)),
    ),
    "ADV-004": works_situation(invoice=works_invoice(prepaid=19_360_000)),
    "ADV-005": works_situation(kind=ClaimKind.PART, invoice=ADVANCE, earlier=(), works=()),
    "ADV-006": goods_situation(open_advances=(ESTIMATE,)),
    "DUP-003": twin(number="inv 2026 1015"),
    "DUP-004": milk_situation(),
    "DUP-005": twin(),
    "DUP-006": twin(issue_date=date(2026, 10, 1)),
    "DUP-007": milk_situation(
        earlier=(earlier("M-1", 5, contract_no="2026K-T-00045", period=OCTOBER),)
    ),
    "DUP-008": twin(number="X-2026-1015"),
    "DUP-009": terms(standing_arrangement=True),
    "DUP-010": twin(
        number="INV-2026-1015", live=False, returned=True, is_predecessor=True, gross=5
    ),
    "DAT-001": goods_situation(
        invoice=replace(
            GOODS,
            period=None,
            lines=tuple(replace(each, period=None) for each in GOODS.lines),
        ),
        works=(replace(goods_work(), performed_on=None),),
    ),
    "DAT-002": commitment(fiscal_year=2027),
    "DAT-003": cleaning_situation(pay_on=date(2026, 6, 1)),
    "DAT-004": commitment(dated_on=date(2027, 4, 1)),
    "DAT-005": cleaning_situation(inspected_on=date(2026, 4, 2)),
    "DAT-006": cleaning_situation(),
    "DAT-007": goods(issue_date=date(2026, 10, 28)),
    "DAT-008": goods(issue_date=date(2026, 7, 1)),
    "DAT-009": goods_situation(today=date(2026, 11, 19)),
    "DAT-010": goods_situation(pay_on=date(2026, 11, 26)),
    "DAT-011": goods_situation(pay_on=date(2026, 11, 23)),
    "DAT-012": goods_situation(received_on=date(2031, 10, 22)),
    "BUD-001": replace(goods_situation(), commitment=None),
    "BUD-002": commitment(amount=D(1_178_005)),
    "BUD-003": commitment(is_combined=True, allotted=D(1_178_005)),
    "BUD-004": replace(commitment(setsu="14"), terms=goods_contract(category="goods")),
    "BUD-005": goods_situation(shares=(SHARE,)),
    "BUD-006": goods_situation(approver=Approver(id="u1", limit=D(1_178_005))),
    "BUD-007": goods_situation(approver=Approver(id="u1", took=("u1",))),
    "BUD-008": commitment(dated_on=date(2026, 9, 15)),
    "DED-001": fee_situation(),
    "DED-002": fee_situation(
        deductions=(
            Deduction(kind=DeductionKind.WITHHOLDING, base=D(1_250_000), amount=D(140_387)),
        )
    ),
    "DED-003": fee_situation(tax_is_separate=False),
    "DED-004": works_situation(),
    "DED-005": goods_situation(
        deductions=(Deduction(kind=DeductionKind.OTHER, base=D(1), amount=D(1_178_007)),)
    ),
    "DED-006": goods_situation(
        deductions=(Deduction(kind=DeductionKind.DAMAGE, base=D(1), amount=D(100)),)
    ),
    "PAY-001": vendor(account_number="123"),
    "PAY-002": account("9998:901:1:1111111"),
    "PAY-003": vendor(account_changed_on=date(2026, 10, 20)),
    "PAY-004": vendor(payee_kana="遠州防災"),
    "PAY-005": vendor(payee_kana="ｱ" * 31),
    "PAY-006": goods_situation(branch=BankBranch(is_known=True, now_named="遠州銀行 中央支店")),
    "PAY-010": goods_situation(bounce=Bounce(reason="口座なし", is_mended=False)),
}
RUN_FIRES: dict[str, PaymentRun] = {
    "PAY-007": replace(RUN, file_total=D(1_000)),
    "PAY-008": replace(RUN, today=date(2026, 11, 20)),
    "PAY-009": replace(RUN, transfers=(RUN.transfers[0], RUN.transfers[0]), file_total=D(1_000)),
}
DOOR_FIRES: dict[str, Arrival] = {
    "DUP-001": Arrival(message_receipt="26-000001", bytes_receipt="26-000001"),
    "DUP-002": Arrival(bytes_receipt="26-000001"),
}

RIGHT = {
    "case 1": (goods_situation(), set()),
    "case 2": (milk_situation(), {"DUP-004"}),
    "case 3": (works_situation(), {"DED-004"}),
    "case 4": (fee_situation(), {"DED-001"}),
    "case 5": (cleaning_situation(), {"DAT-006"}),
}
# What is right in a way the worked cases do not show: near the line, on the good side of it.
SILENT: dict[str, Situation] = {
    "DOC-002": goods(buyer=replace(GOODS.buyer, name="別の名前")),  # our number settles it
    "DOC-008": attached("application/pdf", b"%PDF-1.7"),
    "DOC-006": goods_situation(transcript=Transcript(confidence={"請求額": D("0.95")})),
    "DOC-007": goods_situation(attached=(AttachedInvoice(name="請求書.pdf"),)),
    "DOC-009": replace(
        goods(supporting_documents=(SupportingDocument(reference="納品書 12"),)), terms=REQUIRED
    ),
    "VEN-003": seller(name="㈱遠州防災商事"),
    "VEN-005": goods(payee=Payee(name="株式会社 遠州防災商事")),
    "VEN-006": vendor(suspended_until=date(2026, 10, 26)),
    "CON-004": terms(starts_on=date(2026, 10, 21)),
    "CON-007": goods(lines=GOODS.lines[:1]),
    "CON-010": terms(allocations=(replace(TWO_YEARS[0], ceiling=D(1_178_006)), TWO_YEARS[1])),
    "INS-001": works_situation(invoice=ADVANCE, kind=ClaimKind.ADVANCE, earlier=(), works=()),
    "INS-006": goods_situation(
        works=(replace(goods_work(), inspected_on=date(2026, 10, 30)),),
        received_on=date(2026, 10, 30),
    ),
    "TAX-003": registry(RegistryStatus.CANNOT_TELL),
    "TAX-004": registry(RegistryStatus.REGISTERED, "（株）遠州防災商事"),
    "TAX-010": goods_situation(transcript=Transcript(shows_reduced_mark=True)),
    "TAX-011": seller(registration_number=None),
    "TAX-013": replace(UNREGISTERED, bought_this_year=D(100_000_000 - 1_178_006)),
    "ADV-006": goods_situation(open_advances=(replace(ESTIMATE, settle_by=date(2026, 10, 27)),)),
    "DUP-003": twin(number="INV-2026-1015", live=False),
    "DUP-006": twin(issue_date=date(2026, 9, 11)),
    "DUP-010": twin(number="INV-2026-1015", live=False, returned=True, is_predecessor=True),
    "DAT-002": replace(
        cleaning_situation(),
        commitment=replace(cleaning_situation().commitment, fiscal_year=2024, carried_over=True),
    ),
    "DAT-008": goods(issue_date=date(2026, 7, 29)),
    "DAT-009": goods_situation(today=date(2026, 11, 16)),
    "DAT-010": goods_situation(pay_on=date(2026, 11, 25)),
    "DAT-012": goods_situation(received_on=date(2031, 10, 21)),
    "BUD-003": commitment(is_combined=True, allotted=D(1_178_006)),
    "BUD-004": replace(commitment(setsu="17"), terms=goods_contract(category="goods")),
    "BUD-005": goods_situation(
        shares=(SHARE, replace(SHARE, amount=D(178_006))),
    ),
    "BUD-006": goods_situation(approver=Approver(id="u1", limit=D(1_178_006))),
    "BUD-007": goods_situation(approver=Approver(id="u2", took=("u1",))),
    "BUD-008": commitment(dated_on=date(2026, 9, 20), is_combined=True),
    "PAY-002": account("9876501"),
    "PAY-003": vendor(account_changed_on=date(2026, 10, 20), paid_since_change=True),
    "PAY-005": vendor(payee_kana="ｱ" * 30),
    "PAY-006": goods_situation(branch=BankBranch(is_known=True)),
}
