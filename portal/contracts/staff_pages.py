"""Contracts for staff: one contract with its next act, and the sending."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from econtract import calling_off, deputies, queries, sending
from econtract.errors import EContractError
from econtract.models import Contract, Decision
from econtract.rules import STEP_ACTS
from econtract.states import STATE_NAMES, ContractState
from econtract.template import KINDS
from portal.contracts import claims, life_view, making_view, presenting, timeline, waiting
from portal.contracts.drafting_pages import planned_route
from portal.contracts.guards import ensure_own, ensure_readable
from portal.contracts.inviting import issue_case_codes, reissue_case_codes
from portal.contracts.parts import alarms_recorded, letters, rules_of
from portal.pages import redirect, render
from portal.security import Allow, Identity, may, require
from portal.web import DbSession, get_service
from records import audit

router = APIRouter(prefix="/contracts")

Reader = Annotated[Identity, Depends(require("contract.read"))]
S = ContractState


@router.get("/{contract_id}")
def show(request: Request, session: DbSession, contract_id: str, user: Reader) -> Response:
    contract = queries.contract(session, contract_id)
    if user.kind == "vendor":
        return redirect(request, f"/vendor/contracts/{contract_id}")
    ensure_readable(session, user, contract)
    return render(
        request, "contracts/contract.html", _context(request, session, contract, user, codes=None)
    )


@router.get("/{contract_id}/progress")
def progress(request: Request, session: DbSession, contract_id: str, user: Reader) -> Response:
    """What the background does for this contract, for the bar on the page."""
    contract = queries.contract(session, contract_id)
    ensure_readable(session, user, contract)
    return progress_of(session, contract)


@router.post("/{contract_id}/sending")
def send(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Annotated[Identity, Depends(require("contract.send"))],
) -> Response:
    """Sends, and shows the case codes this once."""
    service = get_service(request)
    at = service.clock.now()
    ensure_own(user, "contract.send", queries.contract(session, contract_id))
    with alarms_recorded(service, session):
        was_sent = queries.locked(session, contract_id).sent_at is not None
        contract = sending.send(
            session,
            service.store,
            contract_id,
            rules=rules_of(service),
            notices=letters(service),
            certificates=service.certificates,
            actor=user.actor,
            at=at,
        )
    if was_sent:
        return redirect(request, f"/contracts/{contract_id}", notice="すでに送ってあります。")
    codes = issue_case_codes(service, session, contract, at)
    return render(
        request, "contracts/contract.html", _context(request, session, contract, user, codes=codes)
    )


@router.post("/{contract_id}/invitation")
def send_again(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Annotated[Identity, Depends(require("contract.remind"))],
) -> Response:
    service = get_service(request)
    ensure_own(user, "contract.remind", queries.contract(session, contract_id))
    party = sending.send_again(
        session,
        contract_id,
        rules=rules_of(service),
        notices=letters(service),
        certificates=service.certificates,
        actor=user.actor,
        at=service.clock.now(),
    )
    words = (
        f"{party.organisation} {party.person} 様へ新しい案内を送りました。前のリンクは使えません。"
    )
    return redirect(request, f"/contracts/{contract_id}", notice=words)


@router.post("/{contract_id}/calling-off")
def call_off(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Annotated[Identity, Depends(require("contract.call_off"))],
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """End a contract that was sent; all who were invited or have signed are told why."""
    service = get_service(request)
    ensure_own(user, "contract.call_off", queries.contract(session, contract_id))
    calling_off.call_off(
        session,
        contract_id,
        reason=reason,
        notices=letters(service),
        actor=user.actor,
        at=service.clock.now(),
    )
    words = "取り下げました。案内した相手の全員へ、理由をメールで知らせます。"
    return redirect(request, f"/contracts/{contract_id}", notice=words)


@router.post("/{contract_id}/case-codes")
def new_case_codes(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Annotated[Identity, Depends(require("contract.reissue"))],
) -> Response:
    """New case codes, shown once; the old ones stop working. Not by who drafted (four eyes)."""
    service = get_service(request)
    contract, codes = reissue_case_codes(service, session, user, contract_id, service.clock.now())
    return render(
        request, "contracts/contract.html", _context(request, session, contract, user, codes=codes)
    )


def progress_of(session: Session, contract: Contract, *, done_at: str | None = None) -> Response:
    """{done, percent, words, next} as the door's script reads it."""
    act = queries.open_act(session, contract)
    ja, _, _ = presenting.state_words(contract, act)
    busy = contract.current_state in {S.RENDERING, S.SIGNING}
    words = f"{ja}です。この画面を閉じても続きます。" if busy else ja
    return JSONResponse({"done": not busy, "percent": None, "words": words, "next": done_at})


def _context(
    request: Request, session: Session, contract: Contract, user: Identity, codes: Any
) -> dict[str, Any]:
    service = get_service(request)
    document = queries.document(session, contract)
    circulation = queries.circulation(session, contract)
    decisions = queries.decisions(session, circulation.id) if circulation else []
    act = queries.open_act(session, contract)
    following = queries.next_party(session, contract) if contract.sent_at else None
    state = contract.current_state
    turn = next((d for d in decisions if d.outcome == "waiting"), None)
    acts = queries.acts(session, document.id) if document else {}
    route: list[tuple[str, str]] = []
    route_problem: EContractError | None = None
    if state == S.READY:
        try:
            route = planned_route(request, session, contract)
        except EContractError as error:
            route_problem = error
    return {
        "contract": contract,
        "state": state.value,
        "words": presenting.state_words(contract, act),
        "bar": presenting.bar(contract, following.side if following else None),
        "kinds": KINDS,
        "document": document,
        "pages": queries.pages(session, document.id) if document else [],
        "decisions": [(d, STEP_ACTS[d.act][0]) for d in decisions],
        "turn": turn,
        "decides": decides(session, user, contract, turn, service.clock.now()),
        "deputy": deputies.covering(session, user.actor, turn, contract, service.clock.now())
        if turn is not None and turn.role not in user.roles
        else None,
        "route": route,
        "route_problem": route_problem,
        "parties": [(p, acts.get(p.slot)) for p in queries.parties(session, contract.id)],
        "following": following,
        "chain": life_view.chain(session, contract),
        "making": making_view.of_contract(session, contract, user),
        "codes": codes,
        "claims": claims.of_contract(service, session, contract),
        "timeline": sorted(
            timeline.lines(audit.history(session, f"contract:{contract.id}"))
            + claims.trail(session, contract),
            key=lambda line: line.at,
        ),
        "may": {
            action: isinstance(
                may(
                    user,
                    f"contract.{action}",
                    {
                        "vendor_id": contract.vendor_id,
                        "department": contract.department,
                        "drafted_by": contract.drafted_by,
                    },
                ),
                Allow,
            )
            for action in (
                "draft", "submit", "decide", "withdraw", "send", "remind", "reissue", "close",
                "call_off",
            )
        },
        "busy": state in {S.RENDERING, S.SIGNING},
        "waits": waiting.of_contract(session, contract),
        "overdue": bool(
            state == S.AWAITING_VENDOR
            and contract.sign_by
            and contract.sign_by < service.clock.now()
        ),
        "state_names": STATE_NAMES,
    }  # fmt: skip


def decides(
    session: Session, user: Identity, contract: Contract, turn: Decision | None, at: datetime
) -> bool:
    """Whether the page offers this person the two answers: by a role, or as a deputy (代決)."""
    if turn is None or contract.state != S.DECIDING or user.id == contract.drafted_by:
        return False
    if turn.role in user.roles:
        return turn.role != "department" or user.department == contract.department
    return deputies.covering(session, user.actor, turn, contract, at) is not None
