"""PAY-007, 008, 009: checks of a whole payment run, made when it is about to leave.

They are rows of the same table as the checks of one invoice, but look at what leaves together:
`einvoice.handover` asks them before anything is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from einvoice.matching.catalogue import Hit, Judged, judge
from records import calendar


@dataclass(frozen=True, slots=True, kw_only=True)
class RunTransfer:
    """One transfer of a run: whose invoice, to which account, how much."""

    receipt_no: str
    account: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentRun:
    """What is to be paid on one day, and what the written file says of it.

    `cutoff_days` are the banking days before the pay date by which the bank has the file;
    `file_count` and `file_total` are None before there is a file.
    """

    pay_on: date
    today: date
    cutoff_days: int
    transfers: Sequence[RunTransfer]
    file_count: int | None = None
    file_total: Decimal | None = None


def file_agrees_with_the_orders(run: PaymentRun) -> Iterator[Hit]:
    """PAY-007."""
    if run.file_count is None or run.file_total is None:
        return
    expected = sum((item.amount for item in run.transfers), Decimal(0))
    if run.file_count != len(run.transfers) or run.file_total != expected:
        yield Hit({"found": run.file_total, "expected": expected})


def bank_still_takes_the_file(run: PaymentRun) -> Iterator[Hit]:
    """PAY-008."""
    earliest = earliest_pay_day(run.today, run.cutoff_days)
    if run.pay_on < earliest:
        cutoff = run.pay_on
        for _ in range(run.cutoff_days):
            cutoff = calendar.previous_business_day(cutoff, calendar.is_bank_day)
        yield Hit({"day": run.pay_on, "cutoff": cutoff, "earliest": earliest})


def nothing_is_paid_twice(run: PaymentRun) -> Iterator[Hit]:
    """PAY-009."""
    seen: dict[tuple[str, Decimal], list[str]] = {}
    for item in run.transfers:
        seen.setdefault((item.account, item.amount), []).append(item.receipt_no)
    for receipts in seen.values():
        if len(receipts) > 1:
            yield Hit({"receipts": "、".join(receipts)})


def earliest_pay_day(today: date, cutoff_days: int) -> date:
    """The first day for which the bank still takes a file that is written today."""
    return calendar.add_business_days(today, cutoff_days, calendar.is_bank_day)


RUN_CHECKS: dict[str, Callable[[PaymentRun], Iterator[Hit]]] = {
    "PAY-007": file_agrees_with_the_orders,
    "PAY-008": bank_still_takes_the_file,
    "PAY-009": nothing_is_paid_twice,
}


def judge_run(run: PaymentRun) -> tuple[Judged, ...]:
    """Every finding about the run, in the table's order."""
    return tuple(
        judge(check_id, hit) for check_id, check in RUN_CHECKS.items() for hit in check(run)
    )
