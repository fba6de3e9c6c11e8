"""履行 for the vendor: give notice with files, see the city's answer, read a cancellation."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response, UploadFile
from sqlalchemy.orm import Session

from econtract import cancelling, council, living, performance, queries
from econtract.attached import MAX_FILES, keep
from econtract.cancelling import GROUND_NAMES
from econtract.errors import EContractError
from econtract.life_models import PerformanceNotice
from econtract.models import Contract
from econtract.performance import KIND_NAMES, Kind
from econtract.states import ContractState
from portal.contracts import life_view
from portal.contracts.guards import ensure_own, ensure_readable
from portal.contracts.life_letters import LifeLetters
from portal.pages import redirect, render
from portal.security import Identity, require
from portal.service import Service
from portal.web import DbSession, get_service
from records import calendar, new_id

router = APIRouter(prefix="/vendor/contracts/{contract_id}/life")

Reader = Annotated[Identity, Depends(require("contract.read"))]
Reporter = Annotated[Identity, Depends(require("performance.report"))]


@router.get("")
def life(request: Request, session: DbSession, contract_id: str, user: Reader) -> Response:
    if user.kind != "vendor":
        return redirect(request, f"/contracts/{contract_id}/life")
    contract = queries.contract(session, contract_id)
    ensure_readable(session, user, contract)
    at = get_service(request).clock.now()
    cancelling.note_seen(session, contract_id, actor=user.actor, at=at)
    return _page(request, session, contract, user)


@router.post("/notices")
def give(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Reporter,
    kind: Annotated[Kind, Form()],
    performed_on: Annotated[date, Form()],
    files: list[UploadFile] = [],  # noqa: B006  FastAPI copies it; empty: no file was chosen
    note: Annotated[str, Form(max_length=2000)] = "",
    press: Annotated[str | None, Form(pattern="^[0-9a-f-]{36}$")] = None,
) -> Response:
    service = get_service(request)
    contract = queries.contract(session, contract_id)
    ensure_readable(session, user, contract)
    values = {"kind": kind.value, "performed_on": performed_on.isoformat(), "note": note}
    read = [(file.filename or "", file.file.read()) for file in files[: MAX_FILES + 1]]
    try:
        with session.begin_nested():
            given(
                service,
                session,
                contract,
                user,
                kind=kind,
                performed_on=performed_on,
                note=note,
                files=read,
                press=press,
            )
    except EContractError as error:
        return _page(request, session, contract, user, error=error, values=values)
    notice = f"{KIND_NAMES[kind][0]}を提出しました。市が確かめて、結果をメールで知らせます。"
    return redirect(request, f"/vendor/contracts/{contract_id}/life", notice=notice)


def given(
    service: Service,
    session: Session,
    contract: Contract,
    user: Identity,
    *,
    kind: Kind,
    performed_on: date,
    note: str,
    files: list[tuple[str, bytes]],
    press: str | None,
) -> PerformanceNotice:
    """Give the notice and tell the section in charge, once. For the page and the API."""
    at = service.clock.now()
    known = press is not None and session.get(PerformanceNotice, press) is not None
    if user.vendor_id == contract.vendor_id:
        ensure_own(user, "performance.report", contract)
    row = performance.give(
        session,
        contract.id,
        kind=kind,
        performed_on=performed_on,
        note=note,
        files=keep(service.store, files),
        vendor_id=user.vendor_id or "",
        press=press,
        actor=user.actor,
        at=at,
    )
    if not known:
        warning = life_view.life_rules_of(service).inspection_warning_days
        due = life_view.due_of(contract, row, calendar.jst_date(at), warning)
        told = LifeLetters(service.settings)
        told.notice_given(session, contract, row, due.inspect_by if due else None)
    return row


def _page(
    request: Request,
    session: Session,
    contract: Contract,
    user: Identity,
    *,
    error: EContractError | None = None,
    values: dict[str, str] | None = None,
) -> Response:
    service = get_service(request)
    today = calendar.jst_date(service.clock.now())
    warning = life_view.life_rules_of(service).inspection_warning_days
    cancelled = living.cancelled(session, contract.id)
    concluded = contract.state == ContractState.CONCLUDED
    context = {
        "contract": contract,
        "stands": living.standing(session, contract),
        "chain": life_view.chain(session, contract, for_vendor=True),
        "notices": life_view.notices(session, contract, today, warning),
        "inspections": life_view.inspections(session, contract),
        "cancelled": cancelled,
        "grounds": GROUND_NAMES,
        "needs_vote": council.needs_vote(session, contract),
        "vote": living.vote(session, contract.id),
        "is_lead": user.vendor_id == contract.vendor_id,
        "may_give": concluded and cancelled is None and contract.parent_id is None,
        "concluded": concluded,
        "kinds": [(k.value, KIND_NAMES[k][0]) for k in performance.kinds_for(contract.kind)],
        "most_files": MAX_FILES,
        "today": today,
        "error": error,
        "values": values or {},
        "press": new_id(),
    }
    return render(
        request, "contracts/vendor_life.html", context, status=error.status if error else 200
    )
