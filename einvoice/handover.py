"""Handing over: approved invoices leave once, as payment orders and as a bank file.

Everything of a batch happens in one transaction: the invoices are locked, their orders numbered,
the files written to the document store by their hash and named in the batch's row, the states
moved, the audit trail appended. If anything fails, nothing has left; if the process dies before
the commit, the store holds bytes that no row names. A second export of the same invoice is refused
by its state and, were that wrong, by a unique index.

Before the commit the bank file is read back by `zengin_reading`, which shares no code with the
writer, and its count and sum are compared with the orders (PAY-007).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

from sqlalchemy import text
from sqlalchemy.orm import Session

from einvoice import handover_queries, queries, run_facts, zengin_reading
from einvoice.deps import Deps
from einvoice.examining import move_all
from einvoice.models import HandoverBatch, HandoverItem, ReceivedInvoice
from einvoice.ordering import order_of
from einvoice.payment_order import PaymentOrder, budget_csv, deduction_csv, orders_csv
from einvoice.payment_run import check_run
from einvoice.refusals import (
    AlreadyHandedOverError,
    MoveNotAllowedError,
    NothingToHandOverError,
    OnHoldError,
    TransferFileError,
)
from einvoice.run_facts import InvoiceFacts
from einvoice.states import MOVE_NAMES, STATE_NAMES, Move, State
from einvoice.zengin import (
    AccountType,
    ControlSheet,
    Transfer,
    TransferFile,
    build,
    repeated_transfers,
)
from records import Actor, audit, calendar, new_id

MAX_INVOICES = 10_000
ORDERS, BUDGET, DEDUCTIONS = "payment_orders.csv", "budget.csv", "deductions.csv"
FINDINGS, APPROVALS = "findings.csv", "approvals.csv"
TRANSFERS = "sougou_furikomi.txt"
_SERIALS = text(
    "SELECT nextval(pg_get_serial_sequence('handover_items', 'serial'))"
    " FROM generate_series(1, :count)"
)


@dataclass(frozen=True, slots=True)
class Handed:
    """What was written, with what 会計課 compares on the bank's screen."""

    batch: HandoverBatch
    orders: tuple[PaymentOrder, ...]
    control: ControlSheet | None


def hand_over(
    session: Session,
    deps: Deps,
    *,
    invoice_ids: Sequence[str],
    pay_on: date,
    actor: Actor,
    at: datetime,
    accept_repeated: str = "",
) -> Handed:
    """Write the orders and the bank file of these invoices, to be paid on `pay_on`.

    `accept_repeated` is the reason for which the same account is paid the same amount twice
    (PAY-009); without it such a run is refused.

    Raises `AlreadyHandedOverError`, `OnHoldError`, `MoveNotAllowedError` for an invoice that
    cannot leave, `RunRefusedError` for the run, `PaymentOrderError` or `TransferFileError` for
    figures or accounts that cannot be written; then nothing is written at all.
    """
    wanted = list(dict.fromkeys(invoice_ids))
    if not wanted or len(wanted) > MAX_INVOICES:
        raise NothingToHandOverError(field="invoices")
    if pay_on < calendar.jst_date(at):
        raise TransferFileError(
            field="pay_on",
            faults_ja=f"支払日 {pay_on} は過ぎています",
            faults_en=f"the day of payment {pay_on} has passed",
        )
    rows = queries.lock_invoices(session, wanted)
    if len(rows) != len(wanted):
        raise NothingToHandOverError(field="invoices")
    left = run_facts.left_before(session, wanted)
    for row in rows:
        _check_may_leave(session, row, left.get(row.id))
    for row in {row.vendor_id: row for row in rows}.values():
        _check_account(session, deps, row, at)
    facts = run_facts.facts_of(session, rows)
    batch = HandoverBatch(
        id=new_id(),
        pay_on=pay_on,
        count=len(rows),
        payable=Decimal(0),
        net=Decimal(0),
        made_by_id=actor.id,
        made_by=actor.name,
        made_at=at,
        files={},
    )
    session.add(batch)
    session.flush()
    rows.sort(key=lambda row: row.serial)
    serials = session.scalars(_SERIALS, {"count": len(rows)}).all()
    orders = []
    for row, serial in zip(rows, serials, strict=True):
        order = order_of(row, facts[row.id], serial=serial, pay_on=pay_on)
        order.check()
        session.add(_item(batch, row, order, serial))
        orders.append(order)
    batch.payable = sum((order.payable for order in orders), Decimal(0))
    batch.net = sum((order.net for order in orders), Decimal(0))
    check_run(deps, rows, orders, pay_on=pay_on, at=at, accept_repeated=accept_repeated)
    files, control = _files(deps, [facts[row.id] for row in rows], orders, pay_on)
    kept = {name: deps.store.put(data) for name, data in files.items()}
    batch.files = {name: [stored.sha256, stored.size] for name, stored in kept.items()}
    session.flush()
    for row in rows:
        row.pay_on = pay_on
    details: dict[str, object] = {"batch": batch.number}
    move_all(session, rows, Move.HAND_OVER, actor=actor, at=at, details=details)
    audit.append(
        session,
        actor,
        "handover.made",
        f"handover:{batch.id}",
        {
            "number": batch.number,
            "pay_on": pay_on.isoformat(),
            "count": batch.count,
            "payable": int(batch.payable),
            "net": int(batch.net),
            "files": {name: stored.sha256 for name, stored in kept.items()},
            "accept_repeated": accept_repeated.strip()[:1_000],
        },
        at,
    )
    return Handed(batch, tuple(orders), control)


def file_of(session: Session, deps: Deps, *, batch_id: str, name: str) -> bytes:
    """A file of a batch, as it was written. KeyError for a name the batch does not have."""
    batch = handover_queries.batch(session, batch_id)
    sha256, _ = batch.files[name]
    return deps.store.read(sha256)


def _check_may_leave(session: Session, row: ReceivedInvoice, left_in: str | None) -> None:
    if left_in is not None:
        batch = handover_queries.batch(session, left_in)
        raise AlreadyHandedOverError(field="invoices", receipt=row.receipt_no, batch=batch.number)
    if row.hold_reason is not None:
        raise OnHoldError(field="invoices", receipt=row.receipt_no, reason=row.hold_reason)
    if row.status is not State.APPROVED:
        raise not_allowed(row, Move.HAND_OVER)


def not_allowed(row: ReceivedInvoice, wanted: Move) -> MoveNotAllowedError:
    """The refusal of an act that the invoice's state does not allow."""
    state, act = STATE_NAMES[row.status], MOVE_NAMES[wanted]
    return MoveNotAllowedError(
        field="invoices",
        receipt=row.receipt_no,
        state_ja=state[0],
        state_en=state[1],
        act_ja=act[0],
        act_en=act[1],
    )


def _check_account(session: Session, deps: Deps, row: ReceivedInvoice, at: datetime) -> None:
    """PAY-003 once more: an account changed after the last approval is seen by nobody yet."""
    if row.vendor_id is None:
        return
    before = queries.creditor(session, row.vendor_id)
    known = before.account_changed_on if before else None
    if renewed := deps.contracts.renew_creditor(session, row.vendor_id, at):
        renewed()
    now = queries.creditor(session, row.vendor_id)
    if now is not None and now.account_changed_on != known:
        raise OnHoldError(
            field="invoices",
            receipt=row.receipt_no,
            reason="決裁のあとに振込先口座が変更されました。担当課へ差し戻して確認してください",
        )


def _item(
    batch: HandoverBatch, row: ReceivedInvoice, order: PaymentOrder, serial: int
) -> HandoverItem:
    return HandoverItem(
        id=new_id(),
        serial=serial,
        batch_id=batch.id,
        invoice_id=row.id,
        order_no=order.order_no,
        payable=order.payable,
        net=order.net,
    )


def _files(
    deps: Deps,
    facts: Sequence[InvoiceFacts],
    orders: Sequence[PaymentOrder],
    pay_on: date,
) -> tuple[dict[str, bytes], ControlSheet | None]:
    """`facts` and `orders` go side by side."""
    files = {
        ORDERS: orders_csv(orders),
        BUDGET: budget_csv(orders),
        DEDUCTIONS: deduction_csv(orders),
        FINDINGS: _findings_csv(facts, orders),
        APPROVALS: _approvals_csv(facts, orders),
    }
    control = None
    # An order of which deductions leave nothing is ordered, but no money moves.
    transfers = tuple(transfer_of(order) for order in orders if order.net > 0)
    if deps.payer is not None and transfers:
        data = build(TransferFile(deps.payer, pay_on, transfers), deps.profile)
        control = _control(data, orders, pay_on, transfers)
        files[TRANSFERS] = data
    return files, control


def transfer_of(order: PaymentOrder) -> Transfer:
    """The 振込 of an order: its net amount to the registered account."""
    account = order.account
    return Transfer(
        bank_code=account.bank_code,
        bank_name=account.bank_name,
        branch_code=account.branch_code,
        branch_name=account.branch_name,
        account_type=AccountType(account.account_type),
        account_number=account.account_number,
        payee=account.payee_kana,
        amount=order.net,
        reference=order.edi,
    )


def _control(
    data: bytes,
    orders: Sequence[PaymentOrder],
    pay_on: date,
    transfers: Sequence[Transfer],
) -> ControlSheet:
    """Read the file back and compare it with the orders; PAY-007 is this error."""

    found = zengin_reading.read(data)
    net = sum((order.net for order in orders), Decimal(0))
    agrees = found.count == len(transfers) and found.total == net
    if found.faults or not agrees:
        listed = "、".join(f"{fault.record}行目 {fault.ja}" for fault in found.faults)
        english = "; ".join(f"record {fault.record} {fault.en}" for fault in found.faults)
        raise TransferFileError(
            field="transfers",
            faults_ja=listed or f"件数・金額が支出命令と一致しません（{found.total}円≠{net}円）",
            faults_en=english or f"the file sums to {found.total} yen, the orders to {net}",
        )
    return ControlSheet(
        found.count, found.total, sha256(data).hexdigest(), pay_on, repeated_transfers(transfers)
    )


def _findings_csv(facts: Sequence[InvoiceFacts], orders: Sequence[PaymentOrder]) -> bytes:
    """Which findings were answered, by whom and why."""
    lines = []
    for known, order in zip(facts, orders, strict=True):
        releases = {release.check_id: release for release in known.releases}
        for finding in known.findings:
            release = releases.get(finding.check_id)
            answer = (
                (release.actor_name, release.at.isoformat(), release.reason)
                if release
                else ("", "", "")
            )
            lines.append((order.order_no, finding.check_id, finding.level, *answer))
    return _table(("order_no", "rule", "severity", "resolved_by", "at", "reason"), lines)


def _approvals_csv(facts: Sequence[InvoiceFacts], orders: Sequence[PaymentOrder]) -> bytes:
    lines = [
        (order.order_no, decision.step, decision.move, decision.actor_name, decision.at.isoformat())
        for known, order in zip(facts, orders, strict=True)
        for decision in known.decisions
    ]
    return _table(("order_no", "step", "act", "person", "at"), lines)


def _table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(lines)
    return buffer.getvalue().encode()
