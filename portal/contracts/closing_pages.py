"""The city closes: the contracting officer reads, gives a second factor, signs. One screen."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlalchemy.orm import Session

from econtract import date_policy, execution, queries
from econtract.authority_errors import DateReasonRequired
from econtract.errors import AuthorityMissing
from econtract.models import Contract
from econtract.states import ContractState
from econtract.template import KINDS
from portal.contracts import ceremony, presenting
from portal.contracts.parts import alarms_recorded, rules_of
from portal.errors import CodeRefused, TooManyTries
from portal.pages import redirect, render
from portal.security import Identity, require, second_factor
from portal.web import DbSession, get_service
from records import calendar
from signing.errors import CredentialError

router = APIRouter(prefix="/contracts/{contract_id}/close")

Officer = Annotated[Identity, Depends(require("contract.close"))]


@router.get("")
def close_page(request: Request, session: DbSession, contract_id: str, user: Officer) -> Response:
    contract = queries.contract(session, contract_id)
    if contract.state != ContractState.AWAITING_CITY:
        return redirect(request, f"/contracts/{contract_id}")
    return _page(request, session, contract, user)


@router.post("/code")
def mail_code(request: Request, session: DbSession, contract_id: str, user: Officer) -> Response:
    service = get_service(request)
    contract = queries.contract(session, contract_id)
    if not user.mail:
        return _page(
            request,
            session,
            contract,
            user,
            error="あなたのメールアドレスが登録されていません。運用管理者に登録を依頼してください。",
        )
    try:
        ceremony.send_code(service, session, user, contract)
    except TooManyTries as refused:
        return _page(request, session, contract, user, error=_words(refused), sent=True)
    return _page(request, session, contract, user, sent=True)


@router.post("")
def close(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Officer,
    sha256: Annotated[str, Form(max_length=64)],
    code: Annotated[str, Form(max_length=40)] = "",
    asked: Annotated[str, Form(max_length=36)] = "",
    answer: Annotated[str, Form(max_length=20000)] = "",
    date_reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    service = get_service(request)
    contract = queries.contract(session, contract_id)
    try:
        with alarms_recorded(service, session):
            ceremony.close(
                request,
                service,
                session,
                user,
                contract_id,
                sha256,
                ceremony.Given(code, asked, answer),
                date_reason=date_reason,
            )
    except (CodeRefused, TooManyTries, DateReasonRequired, CredentialError) as refused:
        words = _words(refused)
        return _page(
            request, session, contract, user, error=words, sent=True, date_reason=date_reason
        )
    return redirect(request, f"/contracts/{contract_id}")


def _page(
    request: Request,
    session: Session,
    contract: Contract,
    user: Identity,
    *,
    error: str | None = None,
    sent: bool = False,
    date_reason: str = "",
) -> Response:
    service = get_service(request)
    document = queries.document(session, contract)
    assert document is not None
    acts = queries.acts(session, document.id)
    parties = [(p, acts.get(p.slot)) for p in queries.parties(session, contract.id)]
    now = service.clock.now()
    today = calendar.jst_date(now)
    obstacle: AuthorityMissing | CredentialError | None = None
    try:
        execution.require_city_authority(
            session,
            contract,
            rules=rules_of(service),
            officer=user.name,
            actor=user.actor,
            day=today,
        )
        if not parties[-1][0].own_key:
            service.certificates[0].check(now)
    except (AuthorityMissing, CredentialError) as found:
        obstacle = found
    return render(
        request,
        "contracts/close.html",
        {
            "contract": contract,
            "document": document,
            "pages": queries.pages(session, document.id),
            "parties": parties,
            "kinds": KINDS,
            "words": presenting.state_words(contract, None),
            "error": error,
            "sent": sent,
            "obstacle": obstacle,
            "minutes": service.settings.security.code_minutes,
            "difference": date_policy.difference(contract, today, rules_of(service)),
            "date_reason": date_reason,
            "ways": second_factor.ways(session, user.id),
            "question": second_factor.question(
                service,
                session,
                holder_id=user.id,
                subject=f"contract:{contract.id}:{document.sha256}",
            ),
        },
        status=400 if error else 200,
    )


def _words(error: CodeRefused | TooManyTries | DateReasonRequired | CredentialError) -> str:
    return f"{error.message_ja}{error.remedy_ja}"
