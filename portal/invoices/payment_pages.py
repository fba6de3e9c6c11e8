"""The way to the bank, for 会計課 and 会計管理者: choose, write once, hand on, read results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Query, Request, Response, UploadFile
from sqlalchemy.orm import Session

from einvoice import handover, handover_queries, queues, settling, taking_back
from einvoice.deps import Deps
from einvoice.errors import EInvoiceError
from einvoice.exporting import keeping
from einvoice.handover import TRANSFERS
from einvoice.matching.runs import earliest_pay_day
from einvoice.models import HandoverBatch
from einvoice.planning import pay_day
from einvoice.refusals import RunRefusedError
from einvoice.states import State
from portal.errors import NotFound
from portal.invoices import showing
from portal.invoices.api import readable
from portal.invoices.parts import invoice_parts
from portal.pages import redirect, render
from portal.security import Allow, Identity, may, require
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter(prefix="/payments")

PaymentReader = Annotated[Identity, Depends(require("payment.read"))]
Payer = Annotated[Identity, Depends(require("payment.order"))]
PAGE, BATCHES = 200, 20

FILE_WORDS = {
    "payment_orders.csv": "支出命令（CSV・45列）",
    "budget.csv": "科目内訳（CSV）",
    "deductions.csv": "控除明細（CSV）",
    "findings.csv": "指摘と解除の記録（CSV）",
    "approvals.csv": "決裁の記録（CSV）",
    TRANSFERS: "総合振込データ（全銀120バイト）",
}


@router.get("")
def overview(
    request: Request,
    session: DbSession,
    user: PaymentReader,
    after: Annotated[str, Query(max_length=40)] = "",
    older: int | None = None,
) -> Response:
    """Approved invoices to choose from, and what left before; both in pages."""
    return _overview(request, session, user, after=after, older=older)


def _overview(
    request: Request,
    session: Session,
    user: Identity,
    error: EInvoiceError | None = None,
    *,
    after: str = "",
    older: int | None = None,
) -> Response:
    parts = invoice_parts(get_service(request))
    today = calendar.jst_date(parts.clock.now())
    wanted = queues.QueueFilter(states=(State.APPROVED,))
    rows = queues.queue(session, wanted, limit=PAGE + 1, after=queues.place(after))
    rest, rows = rows[PAGE:], rows[:PAGE]
    # The day the vendor was told: the list is paid day by day, the nearest first. The figures are
    # those of all that waits, the rows those of a page.
    waiting = handover_queries.awaiting(session)
    days = _planned(parts, [found.due_on for found in waiting], today)
    free = [day for found in waiting if found.free and (day := days[found.due_on])]
    run = min(free, default=parts.runs.next_run(earliest_pay_day(today, parts.profile.cutoff_days)))
    planned = {row.id: pay_day(parts, row, today) for row in rows}
    batches = handover_queries.batches(session, limit=BATCHES + 1, before=older)
    late = [f for f in waiting if f.due_on and f.due_on < (days[f.due_on] or run)]
    return render(
        request,
        "invoices/payments.html",
        {
            "rows": [(row, showing.days_left(row, today), planned[row.id]) for row in rows],
            "count": sum(found.count for found in waiting),
            "total": sum((found.payable for found in waiting), Decimal(0)),
            "pay_on": run,
            "chosen": sum(found.free for found in waiting if days[found.due_on] == run),
            "marked": sum(1 for row in rows if planned[row.id] == run and not row.hold_reason),
            "most": handover.MAX_INVOICES,
            "late": sum(found.count for found in late),
            "after": after,
            "rest": queues.place_of(rows[-1]) if rest else "",
            "repeated": isinstance(error, RunRefusedError) and error.field == "accept_repeated",
            "batches": batches[:BATCHES],
            "older": batches[BATCHES - 1].serial if batches[BATCHES:] else None,
            "is_older": older is not None,
            "asked": handover_queries.asked_back(session),
            "can_order": isinstance(may(user, "payment.order"), Allow),
            "has_bank": parts.payer is not None,
            "error": error,
        },
        status=400 if error else 200,
    )


@router.post("")
def hand_over(
    request: Request,
    session: DbSession,
    user: Payer,
    pay_on: Annotated[date, Form()],
    accept_repeated: Annotated[str, Form(max_length=1000)] = "",
    invoices: Annotated[list[str], Form(max_length=10_000)] = [],  # noqa: B006  FastAPI copies it
    scope: Annotated[str, Form(pattern="^(marked|day)$")] = "marked",
    planned_on: Annotated[date | None, Form()] = None,
    after: Annotated[str, Form(max_length=40)] = "",
) -> Response:
    """The marked invoices, or with scope "day" all that are planned for `planned_on`, whatever
    page they stand on."""
    parts = invoice_parts(get_service(request))
    ids = [readable(session, user, wanted).id for wanted in invoices]
    if scope == "day" and planned_on is not None:
        ids = _all_of(session, parts, planned_on)
    try:
        with session.begin_nested():
            done = handover.hand_over(
                session,
                parts,
                invoice_ids=ids,
                pay_on=pay_on,
                accept_repeated=accept_repeated,
                actor=user.actor,
                at=parts.clock.now(),
            )
    except EInvoiceError as error:
        session.expire_all()
        return _overview(request, session, user, error, after=after)
    return redirect(
        request,
        f"/payments/{done.batch.number}",
        notice=f"{done.batch.count}件を引き渡しました（{done.batch.number}）。",
    )


def _planned(
    parts: Deps, due_days: Sequence[date | None], today: date
) -> dict[date | None, date | None]:
    """The day of payment for each due date, as `planning.pay_day` says of an approved invoice."""
    earliest = earliest_pay_day(today, parts.profile.cutoff_days)
    return {
        due_on: parts.runs.plan(earliest=earliest, due_on=due_on) if due_on else None
        for due_on in due_days
    }


def _all_of(session: Session, parts: Deps, planned_on: date) -> list[str]:
    """What is planned for the day and not on hold; of more than a run takes, the first."""
    today = calendar.jst_date(parts.clock.now())
    waiting = handover_queries.awaiting(session)
    days = _planned(parts, [found.due_on for found in waiting], today)
    due = [due_on for due_on, day in days.items() if due_on and day == planned_on]
    return list(handover_queries.awaiting_ids(session, due, limit=handover.MAX_INVOICES))


@router.get("/{batch_id}")
def show(
    request: Request,
    session: DbSession,
    batch_id: str,
    user: PaymentReader,
    page: Annotated[int, Query(ge=1, le=1000)] = 1,
) -> Response:
    return _batch(request, session, user, batch_id, page=page)


def _batch(
    request: Request,
    session: Session,
    user: Identity,
    batch_id: str,
    error: EInvoiceError | None = None,
    *,
    page: int = 1,
) -> Response:
    batch = handover_queries.batch(session, batch_id)
    items = handover_queries.batch_items(session, batch.id, limit=PAGE, offset=(page - 1) * PAGE)
    return render(
        request,
        "invoices/batch.html",
        {
            "batch": batch,
            "items": [(item, row, showing.badge(row)) for item, row in items],
            "files": [
                (name, FILE_WORDS.get(name, name), sha256, size)
                for name, (sha256, size) in sorted(batch.files.items(), key=_file_place)
            ],
            "bank": [
                (FILE_WORDS[name], sha256)
                for name, (sha256, _) in batch.files.items()
                if name == TRANSFERS
            ],
            "can_export": isinstance(may(user, "payment.export"), Allow),
            "page": page,
            "pages": -(-batch.count // PAGE),
            "is_under_way": handover_queries.is_under_way(session, batch),
            "can_release": isinstance(may(user, "payment.release"), Allow),
            "can_settle": isinstance(may(user, "payment.order"), Allow),
            "order_layouts": keeping.used(session, keeping.ORDERS),
            "journal_books": keeping.used(session, keeping.JOURNALS),
            "error": error,
        },
        status=400 if error else 200,
    )


def _file_place(file: tuple[str, object]) -> int:
    """The two files that go somewhere come first."""
    names = [TRANSFERS, *FILE_WORDS]
    return names.index(file[0]) if file[0] in names else len(names)


@router.get("/{batch_id}/files/{name}")
def download(
    request: Request,
    session: DbSession,
    batch_id: str,
    name: str,
    user: Annotated[Identity, Depends(require("payment.export"))],
) -> Response:
    parts = invoice_parts(get_service(request))
    batch = handover_queries.batch(session, batch_id)
    try:
        data = handover.file_of(session, parts, batch_id=batch.id, name=name)
    except KeyError as error:
        raise NotFound() from error
    return Response(
        data,
        media_type="text/csv; charset=utf-8" if name.endswith(".csv") else "text/plain",
        headers={"content-disposition": f'attachment; filename="{batch.number}_{name}"'},
    )


@router.post("/{batch_id}/recall")
def ask_back(
    request: Request,
    session: DbSession,
    batch_id: str,
    user: Payer,
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """One asks that the hand-over be taken back …"""
    act = partial(taking_back.ask, reason=reason)
    notice = "取消しを依頼しました。会計管理者が承認すると取り消されます。"
    return _recall(request, session, user, batch_id, act, notice)


@router.post("/{batch_id}/take-back")
def take_back(
    request: Request,
    session: DbSession,
    batch_id: str,
    user: Annotated[Identity, Depends(require("payment.release"))],
) -> Response:
    """… and another approves."""
    notice = "引き渡しを取り消しました。"
    return _recall(request, session, user, batch_id, taking_back.approve, notice)


@router.post("/{batch_id}/recall/decline")
def decline_recall(
    request: Request,
    session: DbSession,
    batch_id: str,
    user: Annotated[Identity, Depends(require("payment.release"))],
    reason: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    act = partial(taking_back.decline, reason=reason)
    return _recall(request, session, user, batch_id, act, "取消しの依頼を却下しました。")


def _recall(
    request: Request,
    session: Session,
    user: Identity,
    batch_id: str,
    act: Callable[..., HandoverBatch],
    notice: str,
) -> Response:
    at = get_service(request).clock.now()
    try:
        with session.begin_nested():
            batch = act(session, batch_id=batch_id, actor=user.actor, at=at)
    except EInvoiceError as error:
        session.expire_all()
        return _batch(request, session, user, batch_id, error)
    return redirect(request, f"/payments/{batch.number}", notice=notice)


@router.post("/{batch_id}/results")
def results(
    request: Request, session: DbSession, batch_id: str, user: Payer, file: UploadFile
) -> Response:
    """What the bank did, as a CSV: order_no, result, paid_on, reason."""
    data = file.file.read(settling.MAX_BYTES + 1)
    try:
        with session.begin_nested():
            found = settling.settle(
                session,
                settling.read_results(data),
                actor=user.actor,
                at=get_service(request).clock.now(),
            )
    except EInvoiceError as error:
        session.expire_all()
        return _batch(request, session, user, batch_id, error)
    words = f"支払済 {found.paid}件、振込不能 {found.failed}件を記録しました。"
    if found.known:
        words += f"（{found.known}件は記録済み）"
    return redirect(request, f"/payments/{batch_id}", notice=words)


@router.post("/{batch_id}/paid")
def all_paid(
    request: Request,
    session: DbSession,
    batch_id: str,
    user: Payer,
    paid_on: Annotated[date, Form()],
) -> Response:
    """Everything in the batch was paid on this day."""
    batch = handover_queries.batch(session, batch_id)
    wanted = [
        settling.PaymentResult(item.order_no, True, paid_on)
        for item, _ in handover_queries.batch_items(session, batch.id)
        if not item.cancelled
    ]
    at = get_service(request).clock.now()
    found = settling.settle(session, wanted, actor=user.actor, at=at)
    return redirect(
        request, f"/payments/{batch.number}", notice=f"{found.paid}件を支払済にしました。"
    )
