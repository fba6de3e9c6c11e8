"""The payment run as it leaves: the bank's cut-off, and the same transfer twice (PAY-008, PAY-009).

The checks themselves are rows of the table (`matching.runs`); PAY-007 compares the written file and
is `handover`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from einvoice.deps import Deps
from einvoice.matching.runs import PaymentRun, RunTransfer, judge_run
from einvoice.models import ReceivedInvoice
from einvoice.payment_order import PaymentOrder
from einvoice.refusals import RunRefusedError
from records import calendar


def check_run(
    deps: Deps,
    rows: Sequence[ReceivedInvoice],
    orders: Sequence[PaymentOrder],
    *,
    pay_on: date,
    at: datetime,
    accept_repeated: str,
) -> None:
    """Raise `RunRefusedError` for PAY-008, and for PAY-009 without a reason. `orders` are those of
    `rows` by their serial numbers. Without a bank there is no cut-off."""
    transfers = []
    for row, order in zip(sorted(rows, key=lambda item: item.serial), orders, strict=True):
        account = order.account
        key = (
            account.bank_code,
            account.branch_code,
            account.account_type,
            account.account_number,
        )
        if order.net > 0:
            transfers.append(
                RunTransfer(receipt_no=row.receipt_no, account="-".join(key), amount=order.net)
            )
    run = PaymentRun(
        pay_on=pay_on,
        today=calendar.jst_date(at),
        cutoff_days=deps.profile.cutoff_days if deps.payer is not None else 0,
        transfers=transfers,
    )
    for found in judge_run(run):
        if found.id == "PAY-009" and accept_repeated.strip():
            continue
        message, remedy = found.finding.message, found.finding.remedy
        raise RunRefusedError(
            field="accept_repeated" if found.id == "PAY-009" else "pay_on",
            words_ja=message.ja,
            words_en=message.en,
            fix_ja=remedy.ja,
            fix_en=remedy.en,
        )
