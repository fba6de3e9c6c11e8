"""What the city's tables say of an invoice: the budget, money paid ahead, what the bank sent back;
and a PDF that lies beside the data.
"""

from __future__ import annotations

from datetime import date

import pytest

from einvoice import budgeting, preparing, queries, recalling
from einvoice.attached_invoice import compare_attached, differing, text_of
from einvoice.budgeting import AdvanceForm
from einvoice.compose import compose
from einvoice.invoice import Attachment, SupportingDocument
from einvoice.models import Commitment, Creditor
from einvoice.payment_order import BudgetCode, BudgetShare
from einvoice.refusals import PaymentOrderError
from einvoice.writing import write
from records import audit
from tests.einvoice.desk import ACCOUNTANT, CLERK, PAY_ON, Desk, approved, ids, matched, settle
from tests.einvoice.situations import D, goods_terms

NUMBER = "2026K-B-00123"


def budget_of(desk: Desk) -> BudgetCode:
    with desk.database.transaction() as session:
        row = queries.commitments(session, NUMBER)[0]
        return BudgetCode(**{name: getattr(row, name) for name in recalling.ITEM})


def again(desk: Desk, found) -> set[str]:
    from einvoice.examining import rematch

    with desk.database.transaction() as session:
        rematch(
            session, desk.deps, queries.invoice(session, found.invoice_id, lock=True), at=desk.at
        )
    return ids(desk, found)


def test_a_combined_commitment_draws_on_the_allotment(desk: Desk) -> None:
    found = matched(desk)
    with desk.database.transaction() as session:
        queries.commitments(session, NUMBER)[0].is_combined = True
    assert "BUD-003" not in again(desk, found)  # no allotment is entered: nothing is known
    for amount, fires in ((1_178_005, True), (1_178_006, False)):
        with desk.database.transaction() as session:
            budgeting.allot(
                session,
                fiscal_year=2026,
                budget=budget_of(desk),
                amount=D(amount),
                actor=ACCOUNTANT,
                at=desk.at,
            )
        assert ("BUD-003" in again(desk, found)) is fires


def test_other_commitments_of_the_item_are_taken_off_the_allotment(desk: Desk) -> None:
    found = matched(desk)
    budget = budget_of(desk)
    with desk.database.transaction() as session:
        budgeting.allot(
            session,
            fiscal_year=2026,
            budget=budget,
            amount=D(2_000_000),
            actor=ACCOUNTANT,
            at=desk.at,
        )
        commitment = queries.commitments(session, NUMBER)[0]
        commitment.is_combined = True
        other = {name: getattr(commitment, name) for name in recalling.ITEM}
        session.add(
            Commitment(
                id="c-other",
                number="R8-F-9",
                contract_no="2026K-B-9",
                fiscal_year=2026,
                dated_on=date(2026, 4, 1),
                amount=D(500_000),
                **other,
            )
        )
        session.flush()
        rest = recalling.allotted(session, commitment, excluding=found.invoice_id)
        assert rest == D(1_500_000)
        assert recalling.allotted(session, commitment, excluding="another") == D(
            1_500_000 - 1_178_006
        )


ADVANCE = AdvanceForm(
    number="G-1",
    vendor_id="V000101",
    kind="estimate",
    amount=D(50_000),
    paid_on=date(2026, 9, 1),
    settle_by=date(2026, 10, 26),
)


def test_money_paid_ahead_is_told_until_it_is_settled(desk: Desk) -> None:
    found = matched(desk)  # 2026-10-27
    with desk.database.transaction() as session:
        first = budgeting.pay_ahead(session, ADVANCE, actor=ACCOUNTANT, at=desk.at)
        assert budgeting.pay_ahead(session, ADVANCE, actor=ACCOUNTANT, at=desk.at).id == first.id
    assert "ADV-006" in again(desk, found)
    with desk.database.transaction() as session:
        for _ in range(2):
            budgeting.settle(
                session, number="G-1", on=date(2026, 10, 27), actor=ACCOUNTANT, at=desk.at
            )
        trail = [entry.action for entry in audit.history(session, f"advance:{first.id}")]
    assert trail == ["advance.entered", "advance.settled"]
    assert "ADV-006" not in again(desk, found)


def test_a_number_of_other_content_and_an_unknown_number_are_refused(desk: Desk) -> None:
    from dataclasses import replace

    with desk.database.transaction() as session:
        budgeting.pay_ahead(session, ADVANCE, actor=ACCOUNTANT, at=desk.at)
        with pytest.raises(PaymentOrderError):
            budgeting.pay_ahead(
                session, replace(ADVANCE, amount=D(1)), actor=ACCOUNTANT, at=desk.at
            )
        with pytest.raises(PaymentOrderError):
            budgeting.settle(
                session, number="G-9", on=date(2026, 10, 27), actor=ACCOUNTANT, at=desk.at
            )


def test_a_split_must_add_up_and_goes_into_the_order(desk: Desk) -> None:
    found = matched(desk)
    budget = budget_of(desk)

    def split(*amounts: int) -> set[str]:
        with desk.database.transaction() as session:
            preparing.set_shares(
                session,
                desk.deps,
                invoice_id=found.invoice_id,
                shares=[BudgetShare(budget=budget, amount=D(amount)) for amount in amounts],
                actor=CLERK,
                at=desk.at,
            )
        return ids(desk, found)

    assert "BUD-005" in split(1_000_000, 1)
    assert "BUD-005" not in split(1_000_000, 178_006)
    desk.approve_all(found)
    (order,) = desk.hand_over(found, pay_on=PAY_ON).orders
    assert [share.amount for share in order.shares] == [D(1_000_000), D(178_006)]


def test_a_transfer_that_came_back_is_held_until_the_account_is_mended(desk: Desk) -> None:
    found = approved(desk)
    order = desk.hand_over(found, pay_on=PAY_ON).orders[0].order_no
    settle(desk, f"{order},FAILED,2026-11-20,口座なし")
    with desk.database.transaction() as session:
        row = queries.invoice(session, found.invoice_id)
        creditor = session.get_one(Creditor, "V000101")
        bounce = recalling.bounce_of(session, row, creditor)
        assert bounce is not None
        assert (bounce.reason, bounce.is_mended) == ("口座なし", False)
        creditor.account_changed_on = date(2026, 11, 24)
        assert recalling.bounce_of(session, row, creditor).is_mended


# --- a PDF beside the data -----------------------------------------------------------------------

INVOICE = compose(goods_terms())
SAID = "請　求　書\n№ INV-2026-1015\n請求日 令和8年10月27日\n合計 ￥1,178,006-"


@pytest.mark.parametrize(
    ("text", "differs"),
    [
        (SAID, []),
        ("INVOICE INV-2026-1015 2026/10/27 1178006", []),
        (SAID.replace("1,178,006", "1,178,060"), ["請求額"]),
        (SAID.replace("1,178,006", "11,178,006"), ["請求額"]),
        (SAID.replace("10月27日", "10月28日"), ["請求日"]),
        (SAID.replace("INV-2026-1015", "INV-2026-1014"), ["請求書番号"]),
        ("納品書 INV-1", None),
        ("", None),
    ],
)
def test_what_an_attached_invoice_says_otherwise(text: str, differs: list[str] | None) -> None:
    assert differing(text, INVOICE) == differs


def pdf_saying(text: str) -> bytes:
    """A small PDF with one line of text."""
    content = f"BT /F1 12 Tf 20 100 Td ({text}) Tj ET".encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 200]/Contents 4 0 R"
        b"/Resources<</Font<</F1 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body = b"%PDF-1.4\n" + b"".join(
        b"%d 0 obj%s endobj\n" % (number, data) for number, data in enumerate(objects, start=1)
    )
    return body + b"trailer<</Root 1 0 R/Size 6>>\n%%EOF"


def test_an_attached_pdf_is_read_and_compared_by_the_examination(desk: Desk) -> None:
    from dataclasses import replace

    desk.on(date(2026, 10, 27))
    desk.inspect_goods()
    wrong = pdf_saying("INVOICE INV-2026-1015 2026-10-27 total 1,178,060")
    assert "1,178,060" in text_of(wrong)
    document = SupportingDocument(
        reference="1",
        attachment=Attachment(content=wrong, mime_type="application/pdf", filename="invoice.pdf"),
    )
    invoice = replace(INVOICE, supporting_documents=(document,))
    assert compare_attached(invoice) == [("invoice.pdf", ["請求額"])]
    found = desk.receive(write(invoice), "V000101")
    assert "DOC-007" in ids(desk, found)


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7", b"%PDF-1.7\n\xff\xfe garbage"])
def test_a_pdf_that_cannot_be_read_is_not_compared(data: bytes) -> None:
    assert text_of(data) == ""
