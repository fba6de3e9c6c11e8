"""Routes by amount and budget item, titles with limits, deputies, and whose hold it is."""

from __future__ import annotations

from datetime import date

import pytest

from einvoice import approving, deputies, queries, routing, settling
from einvoice.approving import Capacity
from einvoice.deputies import DeputyForm
from einvoice.matching.runs import earliest_pay_day
from einvoice.planning import pay_day
from einvoice.refusals import (
    AboveLimitError,
    DeputyError,
    HeldByOthersError,
    PaymentOrderError,
    RouteError,
)
from einvoice.routing import RouteRow
from einvoice.states import State, Step
from records import Actor, audit
from tests.einvoice.desk import (
    ACCOUNTANT,
    CLERK,
    OTHER_CLERK,
    PAY_ON,
    TREASURER,
    Desk,
    approved,
    matched,
    settle,
)
from tests.einvoice.situations import D

CHIEF = Actor("staff", "u-chief", "課長 花子")


def set_rows(desk: Desk, *rows: RouteRow) -> None:
    with desk.database.transaction() as session:
        routing.replace_rows(session, rows, actor=ACCOUNTANT, at=desk.at)


def decide(desk: Desk, found, actor: Actor, capacity: Capacity, step: Step = Step.HEAD):
    with desk.database.transaction() as session:
        return approving.approve(
            session,
            desk.deps,
            invoice_id=found.invoice_id,
            step=step,
            seen=desk.row(found).version,
            actor=actor,
            at=desk.at,
            capacity=capacity,
        )


CHIEF_BELOW_A_MILLION = (
    RouteRow(amount_from=D(0), head_title="課長", treasurer=False),
    RouteRow(amount_from=D(1_000_000), head_title="部長"),
)


def test_without_rows_the_section_sends_straight_to_accounting(desk: Desk) -> None:
    found = matched(desk)
    assert desk.approve(found, Step.SECTION, CLERK).status is State.AT_ACCOUNTING


def test_the_head_decides_after_the_clerk_and_the_row_leaves_the_treasurer_out(desk: Desk) -> None:
    found = matched(desk)
    set_rows(desk, RouteRow(head_title="課長", treasurer=False))
    assert desk.approve(found, Step.SECTION, CLERK).status is State.AT_HEAD
    assert decide(desk, found, CHIEF, Capacity(title="課長")).status is State.AT_ACCOUNTING
    assert desk.approve(found, Step.ACCOUNTING, ACCOUNTANT).status is State.APPROVED


def test_a_title_decides_up_to_its_limit_and_the_higher_one_beyond(desk: Desk) -> None:
    found = matched(desk)  # 1,178,006 yen
    set_rows(desk, *CHIEF_BELOW_A_MILLION)
    desk.approve(found, Step.SECTION, CLERK)
    with pytest.raises(AboveLimitError) as refused:
        decide(desk, found, CHIEF, Capacity(title="課長"))
    assert "999,999" in refused.value.message_ja
    assert decide(desk, found, CHIEF, Capacity(title="部長")).status is State.AT_ACCOUNTING


def test_a_row_for_a_budget_item_goes_before_one_for_all(desk: Desk) -> None:
    found = matched(desk)
    with desk.database.transaction() as session:
        row = desk.row(found)
        setsu = queries.commitments(session, row.contract_no)[0].setsu
    set_rows(
        desk, RouteRow(head_title="課長"), RouteRow(setsu=setsu, head_title="", treasurer=True)
    )
    assert desk.approve(found, Step.SECTION, CLERK).status is State.AT_ACCOUNTING


def test_the_clerk_cannot_be_the_head_too(desk: Desk) -> None:
    found = matched(desk)
    set_rows(desk, RouteRow(head_title="課長"))
    desk.approve(found, Step.SECTION, CLERK)
    with pytest.raises(approving.SamePersonError):
        decide(desk, found, CLERK, Capacity(title="課長"))


def test_a_decision_for_another_names_both(desk: Desk) -> None:
    found = matched(desk)
    set_rows(desk, RouteRow(head_title="課長"))
    desk.approve(found, Step.SECTION, CLERK)
    decide(desk, found, OTHER_CLERK, Capacity(title="課長", for_name="課長 花子"))
    with desk.database.transaction() as session:
        last = queries.decisions(session, found.invoice_id)[-1]
        entry = audit.history(session, f"invoice:{found.invoice_id}")[-1]
    assert last.actor_name == "浜田 次郎（課長 花子 の代決）"
    assert entry.details["deputy_for"] == "課長 花子"


def test_rows_that_cannot_hold_together_are_refused_and_the_same_rows_change_nothing(
    desk: Desk,
) -> None:
    for rows in (
        (RouteRow(amount_from=D(5)),),
        (RouteRow(), RouteRow()),
        (RouteRow(), RouteRow(setsu="12", amount_from=D(5))),
    ):
        with pytest.raises(RouteError):
            set_rows(desk, *rows)
    set_rows(desk, *CHIEF_BELOW_A_MILLION)
    set_rows(desk, *CHIEF_BELOW_A_MILLION)
    with desk.database.transaction() as session:
        assert len(audit.history(session, "route:invoices")) == 1


FORM = DeputyForm(
    holder_id="u1",
    holder_name="課長",
    deputy_id="u2",
    deputy_name="補佐",
    valid_from=date(2026, 11, 1),
    valid_until=date(2026, 11, 5),
    reason="出張",
)


def test_a_deputy_acts_from_the_first_to_the_last_day_until_ended(desk: Desk) -> None:
    with desk.database.transaction() as session:
        row = deputies.appoint(session, FORM, actor=CHIEF, at=desk.at)
        assert deputies.appoint(session, FORM, actor=CHIEF, at=desk.at).id == row.id
        days = [date(2026, 10, 31), FORM.valid_from, FORM.valid_until, date(2026, 11, 6)]
        assert [len(deputies.acting_for(session, "u2", day)) for day in days] == [0, 1, 1, 0]
        deputies.end(session, deputy_id=row.id, actor=CHIEF, at=desk.at)
        deputies.end(session, deputy_id=row.id, actor=CHIEF, at=desk.at)
        assert not deputies.acting_for(session, "u2", FORM.valid_from)
        assert [e.action for e in audit.history(session, f"deputy:{row.id}")] == [
            "deputy.appointed",
            "deputy.ended",
        ]


@pytest.mark.parametrize(
    "changes",
    [
        {"deputy_id": "u1"},
        {"valid_until": date(2026, 10, 31)},
        {"valid_until": date(2028, 1, 1)},
        {"reason": " "},
    ],
)
def test_a_deputy_that_cannot_be_is_refused(desk: Desk, changes: dict) -> None:
    from dataclasses import replace

    with desk.database.transaction() as session, pytest.raises(DeputyError):
        deputies.appoint(session, replace(FORM, **changes), actor=CHIEF, at=desk.at)


def test_a_hold_is_lifted_by_the_desk_that_put_it(desk: Desk) -> None:
    found = matched(desk)
    with desk.database.transaction() as session:
        approving.hold(
            session,
            invoice_id=found.invoice_id,
            actor=ACCOUNTANT,
            at=desk.at,
            reason="照会中",
            desk=Step.ACCOUNTING,
        )
    with desk.database.transaction() as session, pytest.raises(HeldByOthersError) as refused:
        approving.lift_hold(
            session, invoice_id=found.invoice_id, actor=CLERK, at=desk.at, reason="急ぐ"
        )
    assert "伊藤 由美" in refused.value.message_ja
    with desk.database.transaction() as session:
        row = approving.lift_hold(
            session,
            invoice_id=found.invoice_id,
            actor=TREASURER,
            at=desk.at,
            reason="回答あり",
            desk=Step.ACCOUNTING,
        )
        assert row.hold_reason is None


@pytest.mark.parametrize("day", ["2026-10-26", "2026-11-21", "0001-01-01"])
def test_nothing_was_paid_before_it_left_nor_after_its_day(desk: Desk, day: str) -> None:
    found = approved(desk)  # 2026-10-27
    order = desk.hand_over(found, pay_on=PAY_ON).orders[0].order_no
    with pytest.raises(PaymentOrderError):
        settle(desk, f"{order},PAID,{day},")
    assert settle(desk, f"{order},PAID,2026-11-20,") == settling.Settled(1, 0, 0)


def test_the_pay_day_is_the_same_rule_before_and_after_approval(desk: Desk) -> None:
    found = approved(desk)
    row = desk.row(found)
    today = date(2026, 10, 27)
    assert pay_day(desk.deps, row, today) == row.pay_on == date(2026, 11, 20)
    # Nobody handed it over in time: the day moves to what is still possible.
    late = date(2026, 11, 24)
    assert pay_day(desk.deps, row, late) == earliest_pay_day(late, desk.deps.profile.cutoff_days)
