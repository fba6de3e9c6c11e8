"""The mapping editor: layouts of payment orders and books of journals, saved as versions, tried on
real rows, approved by a second person; and the exports of a hand-over in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session
from starlette.datastructures import FormData

from einvoice import handover_queries
from einvoice.errors import EInvoiceError
from einvoice.exporting import handed, keeping, order_layout
from einvoice.exporting.handed import HandedOrder
from einvoice.exporting.journals import Event, journals
from einvoice.exporting.packages import NAMES, write
from einvoice.models import ExportLayout
from portal.errors import NotFound
from portal.invoices.layout_forms import book_from, layout_from, rows_of
from portal.invoices.parts import invoice_parts
from portal.pages import redirect, render
from portal.security import Allow, Identity, may, require
from portal.web import DbSession, get_service
from records import audit

router = APIRouter()

Reader = Annotated[Identity, Depends(require("payment.read"))]
Editor = Annotated[Identity, Depends(require("layout.edit"))]
Approver = Annotated[Identity, Depends(require("payment.release"))]
Exporter = Annotated[Identity, Depends(require("payment.export"))]
PREVIEW_ROWS = 5


async def _sent(request: Request) -> FormData:
    """The form as it was sent; the guard against forged forms has read it before."""
    return await request.form()


SentForm = Annotated[FormData, Depends(_sent)]


@router.get("/layouts")
def overview(request: Request, session: DbSession, user: Reader) -> Response:
    return render(
        request,
        "invoices/layouts.html",
        {
            "orders": keeping.versions(session, keeping.ORDERS),
            "journals": keeping.versions(session, keeping.JOURNALS),
            "packages": {package.value: name for package, name in NAMES.items()},
            "can_edit": isinstance(may(user, "layout.edit"), Allow),
            "can_approve": isinstance(may(user, "payment.release"), Allow),
            "user_id": user.actor.id,
        },
    )


@router.get("/layouts/orders/edit")
def edit_orders(request: Request, session: DbSession, user: Editor, version: str = "") -> Response:
    """A new version, beginning with an earlier one or with the canonical columns."""
    row = keeping.found(session, version) if version else None
    data = row.definition if row else order_layout.CANONICAL.to_json()
    return _order_form(request, session, data, name=row.name if row else "")


def _order_form(
    request: Request,
    session: Session,
    data: dict[str, Any],
    *,
    name: str,
    note: str = "",
    preview: Sequence[str] = (),
    error: EInvoiceError | None = None,
) -> Response:
    return render(
        request,
        "invoices/layout_orders.html",
        {
            "name": name,
            "note": note,
            "data": data,
            "rows": rows_of(data),
            "sources": order_layout.SOURCES,
            "formats": list(order_layout.FORMATS.items()),
            "pads": list(order_layout.PADS.items()),
            "preview": preview,
            "error": error,
        },
        status=400 if error else 200,
    )


@router.post("/layouts/orders")
def save_orders(request: Request, session: DbSession, user: Editor, form: SentForm) -> Response:
    """Try the layout on the rows of the latest hand-over, or save it as a new version."""
    name, note = str(form.get("name", ""))[:60], str(form.get("note", ""))[:500]
    data = layout_from(form)
    try:
        layout = order_layout.layout_of(data)
        rows = _latest_rows(request, session)
        written = order_layout.write(rows[:PREVIEW_ROWS], layout)
        if form.get("act") != "save":
            return _order_form(
                request, session, data, name=name, note=note,
                preview=_shown(written, layout.encoding, bool(rows)),
            )  # fmt: skip
        with session.begin_nested():
            row = keeping.propose(
                session, kind=keeping.ORDERS, name=name, definition=data, note=note,
                actor=user.actor, at=get_service(request).clock.now(),
            )  # fmt: skip
    except EInvoiceError as error:
        return _order_form(request, session, data, name=name, note=note, error=error)
    return redirect(
        request, "/layouts",
        notice=f"「{row.name}」第{row.version}版を保存しました。会計管理者が承認すると使えます。",
    )  # fmt: skip


def _latest_rows(request: Request, session: Session) -> list[HandedOrder]:
    for batch in handover_queries.batches(session, limit=5):
        if batch.taken_back_at is None:
            return handed.of_batch(session, invoice_parts(get_service(request)), batch)
    return []


def _shown(written: bytes, encoding: str, has_rows: bool) -> list[str]:
    if not has_rows:
        return ["（引き渡した支出命令がまだないため、実際の行では試せません）"]
    return written.decode(encoding).replace("\r\n", "\n").rstrip("\n").split("\n")


@router.get("/layouts/journals/edit")
def edit_journals(
    request: Request, session: DbSession, user: Editor, version: str = ""
) -> Response:
    row = keeping.found(session, version) if version else None
    return _book_form(request, row.definition if row else {}, name=row.name if row else "")


def _book_form(
    request: Request,
    data: dict[str, Any],
    *,
    name: str,
    note: str = "",
    error: EInvoiceError | None = None,
) -> Response:
    return render(
        request,
        "invoices/layout_journals.html",
        {
            "name": name,
            "note": note,
            "data": data,
            "packages": [(package.value, words) for package, words in NAMES.items()],
            "error": error,
        },
        status=400 if error else 200,
    )


@router.post("/layouts/journals")
def save_journals(request: Request, session: DbSession, user: Editor, form: SentForm) -> Response:
    name, note = str(form.get("name", ""))[:60], str(form.get("note", ""))[:500]
    data = book_from(form)
    try:
        with session.begin_nested():
            row = keeping.propose(
                session, kind=keeping.JOURNALS, name=name, definition=data, note=note,
                actor=user.actor, at=get_service(request).clock.now(),
            )  # fmt: skip
    except EInvoiceError as error:
        return _book_form(request, data, name=name, note=note, error=error)
    return redirect(
        request, "/layouts",
        notice=f"会計 {row.name} 第{row.version}版を保存しました。会計管理者が承認すると使えます。",
    )  # fmt: skip


@router.post("/layouts/{layout_id}/approve")
def approve(request: Request, session: DbSession, layout_id: str, user: Approver) -> Response:
    at = get_service(request).clock.now()
    row = keeping.approve(session, layout_id=layout_id, actor=user.actor, at=at)
    return redirect(
        request, "/layouts", notice=f"「{row.name}」第{row.version}版を使うことにしました。"
    )


@router.get("/payments/{batch_id}/export/{layout_id}")
def export(
    request: Request, session: DbSession, batch_id: str, layout_id: str, user: Exporter
) -> Response:
    """The orders of a hand-over in a layout that is in use; each export is in the trail."""
    parts = invoice_parts(get_service(request))
    batch = handover_queries.batch(session, batch_id)
    row = _usable(session, layout_id, keeping.ORDERS)
    layout = keeping.order_layout(row)
    data = order_layout.write(handed.of_batch(session, parts, batch), layout)
    _note(request, session, user, batch.id, row, "orders")
    kind = "text/csv" if layout.form == "csv" else "text/plain"
    charset = "Shift_JIS" if layout.encoding == "cp932" else "utf-8"
    end = "csv" if layout.form == "csv" else "txt"
    return _file(data, f"{kind}; charset={charset}", f"{batch.number}_orders_v{row.version}.{end}")


@router.get("/payments/{batch_id}/journals/{layout_id}/{event}")
def export_journals(
    request: Request, session: DbSession, batch_id: str, layout_id: str, event: Event,
    user: Exporter,
) -> Response:  # fmt: skip
    """The journals of one 会計 of a hand-over for its accounting package."""
    parts = invoice_parts(get_service(request))
    batch = handover_queries.batch(session, batch_id)
    row = _usable(session, layout_id, keeping.JOURNALS)
    book = keeping.book_of(row.definition)
    claims = [
        claim for claim in handed.claims_of_batch(session, parts, batch)
        if claim.order.budget.account == row.name
    ]  # fmt: skip
    entries = journals(claims, event=event, books=book.style.books, accounts=book.accounts)
    written = write(entries, book.style)
    _note(request, session, user, batch.id, row, event.value)
    return _file(written.data, written.media_type, f"{batch.number}_{event.value}_{written.name}")


def _usable(session: Session, layout_id: str, kind: str) -> ExportLayout:
    row = keeping.found(session, layout_id)
    if row.kind != kind or row.state == "proposed":
        raise NotFound()
    return row


def _note(
    request: Request, session: Session, user: Identity, batch_id: str, row: ExportLayout, what: str
) -> None:
    details = {"layout": row.name, "version": row.version, "what": what}
    at = get_service(request).clock.now()
    audit.append(session, user.actor, "handover.exported", f"handover:{batch_id}", details, at)


def _file(data: bytes, media_type: str, name: str) -> Response:
    return Response(
        data,
        media_type=media_type,
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )
