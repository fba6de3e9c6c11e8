"""Indicators: every rate with its parts, lead times by step, causes, lateness."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import update

from einvoice import measuring, settling
from einvoice.invoice import PrecedingInvoice
from einvoice.measuring import Measured, Rate
from einvoice.models import ReceivedInvoice
from einvoice.receiving import Channel
from einvoice.settling import PaymentResult
from einvoice.states import Step
from tests.einvoice.desk import ACCOUNTANT, CLERK, TREASURER, Desk
from tests.einvoice.situations import goods_terms

YEAR = (date(2026, 4, 1), date(2027, 3, 31))


def measured(desk: Desk, *, section: str | None = None, today: date | None = None) -> Measured:
    with desk.database.transaction() as session:
        return measuring.measure(
            session, first=YEAR[0], last=YEAR[1], today=today or date(2026, 11, 24), section=section
        )


def paid(desk: Desk, on: date) -> None:
    """Case 1, a day at each desk: section 10-28, accounting 10-30, treasurer 11-02, out 11-04."""
    desk.inspect_goods()
    desk.on(date(2026, 10, 27))
    found = desk.receive(goods_terms(), "V000101", channel=Channel.PEPPOL)
    for day, step, actor in (
        (date(2026, 10, 28), Step.SECTION, CLERK),
        (date(2026, 10, 30), Step.ACCOUNTING, ACCOUNTANT),
        (date(2026, 11, 2), Step.TREASURER, TREASURER),
    ):
        desk.on(day)
        desk.approve(found, step, actor)
    desk.on(date(2026, 11, 4))
    handed = desk.hand_over(found, pay_on=date(2026, 11, 20))
    desk.on(max(on, date(2026, 11, 20)))
    with desk.database.transaction() as session:
        result = PaymentResult(handed.orders[0].order_no, True, on)
        settling.settle(session, [result], actor=ACCOUNTANT, at=desk.at)


def test_nothing_received_measures_nothing(desk: Desk) -> None:
    found = measured(desk)
    assert (found.received, found.electronic, found.months, found.causes) == (0, Rate(0, 0), (), ())
    assert found.electronic.percent is None
    assert found.margin_p10 is None


def test_lead_times_are_split_by_the_steps_they_took(desk: Desk) -> None:
    paid(desk, date(2026, 11, 20))
    found = measured(desk)
    days = {lead.step: (lead.count, lead.median, lead.p90) for lead in found.leads}
    assert days["section"] == (1, 1.0, 1.0)
    assert days["accounting"] == (1, 2.0, 2.0)
    assert days["treasurer"] == (1, 3.0, 3.0)
    assert days["handed_over"] == (1, 2.0, 2.0)
    assert days["paid"] == (1, 16.0, 16.0)
    assert days["whole"] == (1, 24.0, 24.0)
    assert days["head"] == (0, None, None)
    assert (found.first_pass, found.late) == (Rate(1, 1), Rate(0, 1))
    assert found.margin_p10 == 5  # due 2026-11-25
    [month] = found.months
    assert (month.month, month.median_days) == (date(2026, 10, 1), 24.0)


def test_what_was_paid_late_is_counted_with_its_interest(desk: Desk) -> None:
    paid(desk, date(2026, 11, 20))
    with desk.database.transaction() as session:
        session.execute(update(ReceivedInvoice).values(paid_on=date(2026, 12, 25)))
    found = measured(desk, today=date(2026, 12, 31))
    assert found.late == Rate(1, 1)
    # 1,178,006 × 2.5 % × 30 days / 365, fractions of 100 yen cut
    assert found.interest == Decimal(2_400)


def test_open_invoices_past_their_day_are_late_and_not_paid(desk: Desk) -> None:
    desk.inspect_goods()
    desk.goods()
    due = date(2026, 11, 25)
    assert measured(desk, today=due).open_late == 0
    assert measured(desk, today=due + timedelta(days=1)).open_late == 1


def test_paper_counts_in_the_denominator_and_the_sum(desk: Desk) -> None:
    desk.inspect_goods()
    found = desk.goods()
    with desk.database.transaction() as session:
        session.get_one(ReceivedInvoice, found.invoice_id).channel = "scan"
    told = measured(desk)
    assert told.electronic == Rate(0, 1)
    assert (told.electronic_yen, told.received_yen) == (0, Decimal(1_178_006))
    assert told.doors == (("scan", 1),)


def test_a_return_keeps_its_cause_after_the_correction(desk: Desk) -> None:
    desk.inspect_milk()
    desk.on(date(2026, 11, 5))
    wrong = desk.milk("12442", number="M-1010")
    desk.on(date(2026, 11, 6))
    desk.give_back(wrong, checks=("INS-002",))
    desk.on(date(2026, 11, 10))
    desk.milk(number="M-1010R", preceding=(PrecedingInvoice(number="M-1010"),))
    found = measured(desk)
    causes = {cause.check_id: (cause.invoices, cause.returned) for cause in found.causes}
    assert causes["INS-002"] == (1, 1)
    assert found.returned == Rate(1, 2)
    assert found.first_pass == Rate(1, 2)


def test_duplicates_set_aside_are_in_no_figure(desk: Desk) -> None:
    desk.inspect_goods()
    desk.goods()
    desk.receive(goods_terms(), None, name="again.xml")
    assert measured(desk).received == 1


def test_a_sections_figures_are_its_own(desk: Desk) -> None:
    desk.inspect_goods()
    found = desk.goods()
    own = desk.row(found).section
    assert own
    assert measured(desk, section=own).received == 1
    assert measured(desk, section="どこか課").received == 0


def test_rows_page_through_everything_once(desk: Desk) -> None:
    desk.inspect_goods()
    desk.inspect_milk()
    desk.goods()
    desk.on(date(2026, 11, 10))
    desk.milk()
    seen: list[tuple[str, ...]] = []
    after: int | None = 0
    with desk.database.transaction() as session:
        while after is not None:
            lines, after = measuring.rows_after(
                session, first=YEAR[0], last=YEAR[1], section=None, after=after, many=1
            )
            seen += lines
    assert len({line[0] for line in seen}) == len(seen) == 2
    assert all(len(line) == len(measuring.ROW_HEAD) for line in seen)
    assert seen[0][measuring.ROW_HEAD.index("payable")] == "1178006"
