"""After the bank: what was paid and what came back (振込不能・組戻).

A 総合振込 has no result record, so results come as a CSV from the accounting system or the bank's
screen: `order_no,result,paid_on,reason`, result `PAID` or `FAILED`, in UTF-8 or Shift_JIS. Reading
the same file twice changes nothing the second time.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy.orm import Session

from einvoice import handover_queries, queries
from einvoice.examining import move
from einvoice.models import HandoverItem
from einvoice.notices import tell_paid
from einvoice.refusals import PaymentOrderError
from einvoice.states import Move, State, Step
from records import Actor, calendar

MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PaymentResult:
    """One line of the results."""

    order_no: str
    paid: bool
    paid_on: date
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """How the results were taken."""

    paid: int
    failed: int
    known: int
    """Orders whose result had been recorded before."""


def read_results(data: bytes) -> list[PaymentResult]:
    """The results of a CSV file. Raises `PaymentOrderError` with the line that cannot be read."""
    if len(data) > MAX_BYTES:
        raise _error("", "ファイルが大きすぎます", "the file is too large")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = data.decode("cp932")
        except UnicodeDecodeError as error:
            raise _error("", "文字コードを読めません", "its encoding is not known") from error
    return list(_rows(text))


def _rows(text: str) -> Iterator[PaymentResult]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = {"order_no", "result", "paid_on"} - set(reader.fieldnames or ())
    if missing:
        names = "、".join(sorted(missing))
        raise _error("", f"列 {names} がありません", f"columns {names} are missing")
    for number, row in enumerate(reader, start=2):
        order_no = (row["order_no"] or "").strip()
        result = (row["result"] or "").strip().upper()
        if result not in {"PAID", "FAILED"}:
            raise _error(
                order_no,
                f"{number}行目の結果「{result}」は PAID か FAILED でなければなりません",
                f"line {number}: result “{result}” must be PAID or FAILED",
            )
        try:
            day = date.fromisoformat((row["paid_on"] or "").strip())
        except ValueError as error:
            raise _error(
                order_no,
                f"{number}行目の日付を読めません（例 2026-11-20）",
                f"line {number}: the date cannot be read (2026-11-20)",
            ) from error
        yield PaymentResult(order_no, result == "PAID", day, (row.get("reason") or "").strip())


def settle(
    session: Session, results: list[PaymentResult], *, actor: Actor, at: datetime
) -> Settled:
    """Record the results: paid invoices are closed and the vendor is told; failed ones stand
    approved again, held with the bank's reason until the account is mended (PAY-010).

    Raises `PaymentOrderError` for an order that does not exist, or that failed before and is now
    said to be paid; then nothing is recorded.
    """
    # All rows at once, in one order: two result files that overlap must not wait for each other.
    queries.lock_invoices(
        session, handover_queries.invoices_of_orders(session, [r.order_no for r in results])
    )
    paid = failed = known = 0
    for result in results:
        outcome = _settle_one(session, result, actor=actor, at=at)
        paid += outcome == "paid"
        failed += outcome == "failed"
        known += outcome == "known"
    return Settled(paid, failed, known)


def _settle_one(
    session: Session, result: PaymentResult, *, actor: Actor, at: datetime
) -> Literal["paid", "failed", "known"]:
    item = handover_queries.item_by_order(session, result.order_no)
    if item is None:
        cancelled = handover_queries.cancelled_order(session, result.order_no)
        if cancelled is not None and cancelled.bank_result is not None:
            if result.paid:
                # It may be under way a second time: nobody may take this for what is known.
                raise _error(
                    result.order_no,
                    "振込不能と記録した支出命令に「支払済」の結果が来ました。"
                    "銀行に確認し、二重に支払わないでください",
                    "it was recorded as failed and is now said to be paid; ask the bank, "
                    "and do not pay it twice",
                )
            return "known"
        raise _error(result.order_no, "この番号の支出命令がありません", "there is no such order")
    row = queries.invoice(session, item.invoice_id, lock=True)
    if result.paid and row.status is State.PAID:
        return "known"
    if result.paid:
        _check_day(session, item, result, at)
        row.paid_on = result.paid_on
        item.bank_result = "PAID"
        details: dict[str, object] = {
            "order": item.order_no,
            "paid_on": result.paid_on.isoformat(),
        }
        move(session, row, Move.SETTLE, actor=actor, at=at, details=details)
        tell_paid(session, row)
        return "paid"
    reason = result.reason or "理由の記載なし"
    item.bank_result, item.cancelled = f"FAILED {reason}"[:200], True
    session.flush()
    move(
        session,
        row,
        Move.FAIL,
        actor=actor,
        at=at,
        details={"order": item.order_no, "reason": reason},
    )
    row.paid_on = None
    row.hold_reason = f"振込不能となりました（{reason}）。口座を確認してください。"
    row.held_by, row.held_at = actor.name, Step.ACCOUNTING.value
    return "failed"


def _check_day(session: Session, item: HandoverItem, result: PaymentResult, at: datetime) -> None:
    """Nothing is paid before its order left, nor later than today or the day it was ordered for
    (banks confirm a booked transfer before that day)."""
    batch = handover_queries.batch(session, item.batch_id)
    left_on = calendar.jst_date(batch.made_at)
    last = max(calendar.jst_date(at), batch.pay_on)
    if not left_on <= result.paid_on <= last:
        raise _error(
            result.order_no,
            f"支払った日 {result.paid_on} が、引き渡し {left_on} から {last} の間にありません",
            f"the day of payment {result.paid_on} is not between the hand-over {left_on} "
            f"and {last}",
        )


def _error(order: str, ja: str, en: str) -> PaymentOrderError:
    return PaymentOrderError(field="results", order=order, reason_ja=ja, reason_en=en)
