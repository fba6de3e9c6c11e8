"""Who decides on invoices: routes (専決区分) and deputies (代決), kept by 会計課."""

from __future__ import annotations

import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlalchemy.orm import Session

from einvoice import deputies, routing
from einvoice.deputies import DeputyForm
from einvoice.errors import EInvoiceError
from einvoice.refusals import DeputyError, RouteError
from einvoice.routing import RouteRow
from portal.accounts import queries as accounts
from portal.accounts.models import User
from portal.pages import redirect, render
from portal.security import Identity, require
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter(prefix="/approval-routes")

Keeper = Annotated[Identity, Depends(require("route.edit"))]
Column = Annotated[list[str], Form(max_length=100)]
BLANK_ROWS = 2


@router.get("")
def show(request: Request, session: DbSession, user: Keeper) -> Response:
    return _page(request, session)


@router.post("")
def save(
    request: Request,
    session: DbSession,
    user: Keeper,
    setsu: Column = [],  # noqa: B006  FastAPI copies it
    amount_from: Column = [],  # noqa: B006
    head_title: Column = [],  # noqa: B006
    treasurer: Column = [],  # noqa: B006
) -> Response:
    """Put the rows that were typed in place of all; rows without an amount are left out."""
    typed = list(zip(setsu, amount_from, head_title, treasurer, strict=False))
    try:
        with session.begin_nested():
            rows = [_row(*fields) for fields in typed if fields[1].strip()]
            routing.replace_rows(
                session, rows, actor=user.actor, at=get_service(request).clock.now()
            )
    except EInvoiceError as error:
        session.expire_all()
        return _page(request, session, error=error, typed=typed)
    return redirect(request, "/approval-routes", notice="決裁の経路を登録しました。")


@router.post("/deputies")
def appoint(
    request: Request,
    session: DbSession,
    user: Keeper,
    holder: Annotated[str, Form(max_length=36)] = "",
    deputy: Annotated[str, Form(max_length=36)] = "",
    valid_from: Annotated[str, Form(max_length=10)] = "",
    valid_until: Annotated[str, Form(max_length=10)] = "",
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    try:
        with session.begin_nested():
            people = [_person(session, who) for who in (holder, deputy)]
            form = DeputyForm(
                holder_id=people[0].id,
                holder_name=people[0].display_name,
                deputy_id=people[1].id,
                deputy_name=people[1].display_name,
                valid_from=_day(valid_from),
                valid_until=_day(valid_until),
                reason=reason,
            )
            deputies.appoint(session, form, actor=user.actor, at=get_service(request).clock.now())
    except EInvoiceError as error:
        session.expire_all()
        return _page(request, session, error=error)
    return redirect(request, "/approval-routes", notice="代理を登録しました。")


@router.post("/deputies/{deputy_id}/end")
def end(request: Request, session: DbSession, user: Keeper, deputy_id: str) -> Response:
    try:
        deputies.end(
            session, deputy_id=deputy_id, actor=user.actor, at=get_service(request).clock.now()
        )
    except EInvoiceError as error:
        return _page(request, session, error=error)
    return redirect(request, "/approval-routes", notice="代理を終えました。")


def _page(
    request: Request,
    session: Session,
    *,
    error: EInvoiceError | None = None,
    typed: list[tuple[str, str, str, str]] | None = None,
) -> Response:
    service = get_service(request)
    kept = [
        (row.setsu, f"{int(row.amount_from):,}", row.head_title, "yes" if row.treasurer else "no")
        for row in routing.rows_of(session)
    ]
    rows = typed if typed is not None else [*kept, *[("", "", "", "yes")] * BLANK_ROWS]
    today = calendar.jst_date(service.clock.now())
    people = [person for person in accounts.staff(session) if person.active]
    return render(
        request,
        "invoices/routes.html",
        {
            "rows": rows,
            "has_rows": bool(kept),
            "treasurer_from": service.settings.payment.treasurer_from,
            "titles": sorted({person.title for person in people if person.title}),
            "people": [("", "選んでください")]
            + [(p.id, f"{p.display_name}（{p.department} {p.title}）") for p in people],
            "deputies": [
                (row, row.ended_at is None and row.valid_from <= today <= row.valid_until)
                for row in deputies.listed(session)
            ],
            "today": today,
            "error": error,
        },
        status=400 if error else 200,
    )


def _row(setsu: str, amount: str, title: str, treasurer: str) -> RouteRow:
    plain = unicodedata.normalize("NFKC", amount).replace(",", "").replace("円", "").strip()
    item = unicodedata.normalize("NFKC", setsu).strip()
    try:
        value = Decimal(plain)
        if not value.is_finite() or value < 0 or value != int(value) or value >= 10**13:
            raise InvalidOperation
    except (InvalidOperation, ValueError) as error:
        raise RouteError(
            field="amount_from",
            reason_ja=f"金額「{amount}」を読めません",
            reason_en=f"“{amount}” is no amount",
        ) from error
    if item and not (item.isdigit() and len(item) <= 3):
        raise RouteError(
            field="setsu",
            reason_ja=f"節「{setsu}」は数字で入力してください",
            reason_en=f"“{setsu}” is no budget item",
        )
    return RouteRow(
        setsu=item, amount_from=value, head_title=title.strip(), treasurer=treasurer == "yes"
    )


def _person(session: Session, user_id: str) -> User:
    found = session.get(User, user_id)
    if found is None or not found.active:
        raise DeputyError(
            field="deputy", reason_ja="人が選ばれていません", reason_en="nobody was chosen"
        )
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise DeputyError(
            field="valid_from",
            reason_ja=f"日付「{text}」を読めません",
            reason_en=f"“{text}” is no date",
        ) from error
