"""決裁: the inbox, and the two answers. What was seen travels with the answer as a hash."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from econtract import deciding, deputies, queries
from econtract.rules import STEP_ACTS
from econtract.states import ContractState
from portal.contracts.guards import ensure_own, seen_department
from portal.contracts.parts import alarms_recorded
from portal.contracts.presenting import age_in_business_days
from portal.pages import redirect, render
from portal.security import Identity, require
from portal.web import DbSession, get_service

router = APIRouter(prefix="/contracts")

Decider = Annotated[Identity, Depends(require("contract.decide"))]


@router.get("/inbox")
def inbox(request: Request, session: DbSession, user: Decider) -> Response:
    now = get_service(request).clock.now()
    waiting = deputies.inbox(
        session,
        actor_id=user.id,
        roles=[role.value for role in user.roles],
        department=seen_department(user) or user.department,
        at=now,
    )
    rows = [
        {
            "contract": contract,
            "decision": decision,
            "deputy": deputy,
            "act": STEP_ACTS[decision.act][0],
            "age": age_in_business_days(contract.state_since, now),
            "own": user.id == contract.drafted_by,
        }
        for contract, decision, deputy in waiting
    ]
    return render(request, "contracts/inbox.html", {"rows": rows})


@router.post("/{contract_id}/approval")
def approve(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Decider,
    sha256: Annotated[str, Form(max_length=64)],
    decision_id: Annotated[str, Form(max_length=36)],
) -> Response:
    service = get_service(request)
    ensure_own(user, "contract.decide", queries.contract(session, contract_id))
    with alarms_recorded(service, session):
        contract = deciding.approve(
            session,
            contract_id,
            roles={role.value for role in user.roles},
            seen_sha256=sha256,
            actor=user.actor,
            at=service.clock.now(),
            decision_id=decision_id,
        )
    done = contract.state == ContractState.APPROVED
    words = "承認しました。決裁が終わりました。" if done else "承認しました。次の人に回りました。"
    return redirect(request, "/contracts/inbox", notice=words)


@router.post("/{contract_id}/return")
def send_back(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Decider,
    sha256: Annotated[str, Form(max_length=64)],
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    service = get_service(request)
    ensure_own(user, "contract.decide", queries.contract(session, contract_id))
    with alarms_recorded(service, session):
        deciding.send_back(
            session,
            contract_id,
            roles={role.value for role in user.roles},
            reason=reason,
            seen_sha256=sha256,
            actor=user.actor,
            at=service.clock.now(),
        )
    return redirect(request, "/contracts/inbox", notice="理由を付けて差し戻しました。")
