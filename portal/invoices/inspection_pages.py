"""検収 on screen: prefilled from the contract, so that a delivery that is all right needs one
press."""

from __future__ import annotations

import unicodedata
from contextlib import suppress
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlalchemy.orm import Session

from econtract.performance import KIND_NAMES
from einvoice import examining, inspection, queries
from einvoice.contract_terms import ContractKind, ContractTerms
from einvoice.due_dates import inspection_due
from einvoice.errors import EInvoiceError
from einvoice.inspection import AcceptedItem, InspectionForm
from einvoice.refusals import InspectionError
from portal import tally
from portal.errors import NotFound
from portal.invoices.parts import invoice_parts
from portal.pages import redirect, render
from portal.security import Identity, ensure, require
from portal.web import DbSession, get_service
from records import calendar, new_id

router = APIRouter(prefix="/inspections")

Inspector = Annotated[Identity, Depends(require("performance.inspect"))]
Texts = Annotated[list[str], Form(max_length=2000)]


@router.get("/new")
def begin(
    request: Request,
    session: DbSession,
    user: Inspector,
    contract: str,
    back: str = "",
) -> Response:
    terms = _terms(request, session, user, contract)
    today = calendar.jst_date(get_service(request).clock.now())
    return _form(request, session, terms.as_of(today), back=back)


def _terms(request: Request, session: Session, user: Identity, contract: str) -> ContractTerms:
    terms = invoice_parts(get_service(request)).contracts.by_number(session, contract)
    if terms is None:
        raise NotFound()
    ensure(user, "performance.inspect", vendor_id=terms.vendor_id, department=terms.section)
    return terms


def _form(
    request: Request,
    session: Session,
    terms: ContractTerms,
    *,
    back: str,
    error: EInvoiceError | None = None,
    values: dict[str, str] | None = None,
) -> Response:
    today = calendar.jst_date(get_service(request).clock.now())
    # The vendor's own notice gives the day; typed only where the notice came on paper.
    waiting = tally.waiting_notices(session, terms.number)
    told = calendar.jst_date(waiting[0].given_at) if waiting else today
    return render(
        request,
        "invoices/inspection.html",
        {
            "terms": terms,
            "back": back,
            "today": today,
            "told": told,
            "waiting": waiting,
            "notice_names": KIND_NAMES,
            "limit": inspection_due(told, is_works=terms.is_works),
            "by_period": terms.kind in {ContractKind.FIXED_MONTHLY, ContractKind.UNIT_PRICE},
            "earlier": queries.inspections(session, terms.number),
            "values": values or {},
            "error": error,
            "press": new_id(),
        },
        status=400 if error else 200,
    )


@router.post("")
def record(
    request: Request,
    session: DbSession,
    user: Inspector,
    contract: Annotated[str, Form(max_length=100)],
    passed: Annotated[bool, Form()],
    notified_on: Annotated[date, Form()],
    inspected_on: Annotated[date, Form()],
    performed_on: Annotated[str, Form(max_length=10)] = "",
    period_start: Annotated[str, Form(max_length=10)] = "",
    period_end: Annotated[str, Form(max_length=10)] = "",
    line: Texts = [],  # noqa: B006  FastAPI copies it
    quantity: Texts = [],  # noqa: B006
    partial_gross: Annotated[str, Form(max_length=30)] = "",
    note: Annotated[str, Form(max_length=2000)] = "",
    back: Annotated[str, Form(max_length=200)] = "",
    press: Annotated[str | None, Form(pattern="^[0-9a-f-]{36}$")] = None,
) -> Response:
    parts = invoice_parts(get_service(request))
    known = _terms(request, session, user, contract)
    # Measured by the prices of the days that are inspected.
    terms = known.as_of(_last_day(period_end, performed_on) or notified_on)
    values = {
        "notified_on": str(notified_on),
        "inspected_on": str(inspected_on),
        "performed_on": performed_on,
        "period_start": period_start,
        "period_end": period_end,
        "partial_gross": partial_gross,
        "note": note,
        "passed": "true" if passed else "false",
    }
    try:
        with session.begin_nested():
            form = InspectionForm(
                passed=passed,
                notified_on=notified_on,
                inspected_on=inspected_on,
                performed_on=_day(performed_on, "performed_on"),
                period=_period(period_start, period_end),
                items=_items(line, quantity) or _part(terms, partial_gross),
                note=note,
                press=press,
            )
            row = inspection.record(session, terms, form, actor=user.actor, at=parts.clock.now())
            tally.answer_notices(session, row, actor=user.actor, at=parts.clock.now())
            examining.rematch_contract(
                session, parts, contract_no=terms.number, at=parts.clock.now()
            )
    except EInvoiceError as error:
        session.expire_all()
        return _form(request, session, terms, back=back, error=error, values=values)
    words = "合格" if row.passed else "不合格"
    return redirect(
        request, back or "/invoices", notice=f"検収 {row.number}（{words}）を登録しました。"
    )


def _items(numbers: list[str], quantities: list[str]) -> tuple[AcceptedItem, ...]:
    items = []
    for number, text in zip(numbers, quantities, strict=False):
        plain = unicodedata.normalize("NFKC", text).replace(",", "").strip()
        if not plain:
            continue
        try:
            items.append(AcceptedItem(contract_line=number, quantity=Decimal(plain)))
        except InvalidOperation as error:
            raise _error(
                "quantity", f"数量「{text}」を読めません", f"“{text}” is no number"
            ) from error
    return tuple(items)


def _part(terms: ContractTerms, text: str) -> tuple[AcceptedItem, ...]:
    """出来形・部分引渡し: an amount with tax in place of the whole."""
    plain = unicodedata.normalize("NFKC", text).replace(",", "").removesuffix("円").strip()
    if not plain:
        return ()
    if not plain.isascii() or not plain.isdigit() or not 0 < int(plain) <= terms.gross:
        raise _error(
            "partial_gross",
            f"部分検査の金額は、1円から契約金額（{terms.gross:,}円）までの数字で入力してください",
            f"the accepted part is 1 to {terms.gross:,} yen",
        )
    return (AcceptedItem(name=terms.title, gross=Decimal(plain)),)


def _day(text: str, field: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise _error(field, f"日付「{text}」を読めません", f"“{text}” is no date") from error


def _last_day(*texts: str) -> date | None:
    for text in texts:
        with suppress(ValueError):
            return date.fromisoformat(text.strip())
    return None


def _period(start: str, end: str) -> tuple[date, date] | None:
    first, last = _day(start, "period"), _day(end, "period")
    if first is None and last is None:
        return None
    if first is None or last is None:
        raise _error("period", "対象期間は初日と末日を入力してください", "give both days")
    return first, last


def _error(field: str, ja: str, en: str) -> InspectionError:
    return InspectionError(field=field, reason_ja=ja, reason_en=en)
