"""JSON API of the contract's walk on the city's side: /api/v1/contracts…

Every act answers with the whole contract, so that a program always sees where it stands.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from econtract import calling_off, deciding, drafting, own_keys, queries, reissuing, sending
from econtract.states import ContractState
from portal.contracts import presenting
from portal.contracts.guards import ensure_own, ensure_readable, seen_department
from portal.contracts.inviting import ToldOnce, issue_case_codes, reissue_case_codes
from portal.contracts.parts import alarms_recorded, city_office, letters, rules_of
from portal.security import Identity, require
from portal.web import DbSession, get_service

router = APIRouter(prefix="/api/v1")

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Reason = Annotated[str, Field(max_length=1000)]


class NewContract(BaseModel):
    award_id: Annotated[str, Field(max_length=36)]
    form: Annotated[str, Field(max_length=40)] = ""


class Changes(BaseModel):
    revision: int
    changes: Annotated[dict[str, Annotated[str, Field(max_length=2000)]], Field(max_length=100)]


class Seen(BaseModel):
    sha256: Sha256


class Approval(Seen):
    decision_id: Annotated[str, Field(max_length=36)] | None = None


class Return(Seen):
    reason: Reason


class Because(BaseModel):
    reason: Reason


@router.post("/contracts")
def draft(
    request: Request,
    session: DbSession,
    body: NewContract,
    user: Annotated[Identity, Depends(require("contract.draft"))],
) -> dict[str, Any]:
    service = get_service(request)
    contract = drafting.draft(
        session,
        award_id=body.award_id,
        city=city_office(service),
        actor=user.actor,
        at=service.clock.now(),
        form=body.form,
    )
    ensure_own(user, "contract.draft", contract)
    return presenting.full(session, contract)


@router.get("/contracts")
def list_contracts(
    session: DbSession,
    user: Annotated[Identity, Depends(require("contract.list"))],
    state: ContractState | None = None,
    kind: str | None = None,
    q: str = "",
) -> dict[str, Any]:
    found = queries.listed(
        session,
        states=[state] if state else (),
        department=seen_department(user),
        vendor_id=user.vendor_id if user.kind == "vendor" else None,
        kind=kind,
        text=q[:100],
    )
    return {"contracts": [presenting.summary(session, c) for c in found]}


@router.get("/contracts/{contract_id}")
def show(
    session: DbSession,
    contract_id: str,
    user: Annotated[Identity, Depends(require("contract.read"))],
) -> dict[str, Any]:
    contract = queries.contract(session, contract_id)
    ensure_readable(session, user, contract)
    return presenting.full(session, contract)


@router.patch("/contracts/{contract_id}")
def edit(
    request: Request,
    session: DbSession,
    contract_id: str,
    body: Changes,
    user: Annotated[Identity, Depends(require("contract.draft"))],
) -> dict[str, Any]:
    ensure_own(user, "contract.draft", queries.contract(session, contract_id))
    contract = drafting.edit(
        session,
        contract_id,
        changes=body.changes,
        seen_revision=body.revision,
        actor=user.actor,
        at=get_service(request).clock.now(),
    )
    return presenting.full(session, contract)


class Way(BaseModel):
    own_key: bool


@router.put("/contracts/{contract_id}/parties/{party_id}/way")
def choose_way(
    request: Request,
    session: DbSession,
    contract_id: str,
    party_id: str,
    body: Way,
    user: Annotated[Identity, Depends(require("contract.draft"))],
) -> dict[str, Any]:
    """Whether the party signs with a certificate of its own (当事者型)."""
    contract = queries.contract(session, contract_id)
    ensure_own(user, "contract.draft", contract)
    own_keys.choose(
        session,
        contract_id=contract_id,
        party_id=party_id,
        own_key=body.own_key,
        actor=user.actor,
        at=get_service(request).clock.now(),
    )
    return presenting.full(session, contract)


@router.post("/contracts/{contract_id}/document", status_code=202)
def make_document(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Annotated[Identity, Depends(require("contract.draft"))],
) -> dict[str, Any]:
    """Have the PDF made; ask for the contract until its state is "ready"."""
    service = get_service(request)
    ensure_own(user, "contract.draft", queries.contract(session, contract_id))
    drafting.make_document(
        session, contract_id, rules=rules_of(service), actor=user.actor, at=service.clock.now()
    )
    return presenting.full(session, queries.contract(session, contract_id))


@router.post("/contracts/{contract_id}/submission")
def submit(
    request: Request,
    session: DbSession,
    contract_id: str,
    body: Seen,
    user: Annotated[Identity, Depends(require("contract.submit"))],
) -> dict[str, Any]:
    service = get_service(request)
    ensure_own(user, "contract.submit", queries.contract(session, contract_id))
    deciding.submit(
        session,
        contract_id,
        rules=rules_of(service),
        seen_sha256=body.sha256,
        actor=user.actor,
        at=service.clock.now(),
    )
    return presenting.full(session, queries.contract(session, contract_id))


@router.post("/contracts/{contract_id}/approval")
def approve(
    request: Request,
    session: DbSession,
    contract_id: str,
    body: Approval,
    user: Annotated[Identity, Depends(require("contract.decide"))],
) -> dict[str, Any]:
    service = get_service(request)
    ensure_own(user, "contract.decide", queries.contract(session, contract_id))
    with alarms_recorded(service, session):
        contract = deciding.approve(
            session,
            contract_id,
            roles={role.value for role in user.roles},
            seen_sha256=body.sha256,
            actor=user.actor,
            at=service.clock.now(),
            decision_id=body.decision_id,
        )
    return presenting.full(session, contract)


@router.post("/contracts/{contract_id}/return")
def send_back(
    request: Request,
    session: DbSession,
    contract_id: str,
    body: Return,
    user: Annotated[Identity, Depends(require("contract.decide"))],
) -> dict[str, Any]:
    service = get_service(request)
    ensure_own(user, "contract.decide", queries.contract(session, contract_id))
    with alarms_recorded(service, session):
        contract = deciding.send_back(
            session,
            contract_id,
            roles={role.value for role in user.roles},
            reason=body.reason,
            seen_sha256=body.sha256,
            actor=user.actor,
            at=service.clock.now(),
        )
    return presenting.full(session, contract)


@router.post("/contracts/{contract_id}/recall")
def recall(
    request: Request,
    session: DbSession,
    contract_id: str,
    body: Because,
    user: Annotated[Identity, Depends(require("contract.withdraw"))],
) -> dict[str, Any]:
    ensure_own(user, "contract.withdraw", queries.contract(session, contract_id))
    at = get_service(request).clock.now()
    contract = deciding.recall(session, contract_id, reason=body.reason, actor=user.actor, at=at)
    return presenting.full(session, contract)


@router.post("/contracts/{contract_id}/withdrawal")
def withdraw(
    request: Request,
    session: DbSession,
    contract_id: str,
    body: Because,
    user: Annotated[Identity, Depends(require("contract.withdraw"))],
) -> dict[str, Any]:
    ensure_own(user, "contract.withdraw", queries.contract(session, contract_id))
    at = get_service(request).clock.now()
    contract = drafting.withdraw(session, contract_id, reason=body.reason, actor=user.actor, at=at)
    return presenting.full(session, contract)


@router.post("/contracts/{contract_id}/calling-off")
def call_off(
    request: Request,
    session: DbSession,
    contract_id: str,
    body: Because,
    user: Annotated[Identity, Depends(require("contract.call_off"))],
) -> dict[str, Any]:
    """End a sent contract; all who were invited or have signed are told why."""
    service = get_service(request)
    ensure_own(user, "contract.call_off", queries.contract(session, contract_id))
    contract = calling_off.call_off(
        session,
        contract_id,
        reason=body.reason,
        notices=letters(service),
        actor=user.actor,
        at=service.clock.now(),
    )
    return presenting.full(session, contract)


@router.post("/contracts/{contract_id}/release")
def release(
    request: Request,
    session: DbSession,
    contract_id: str,
    body: Because,
    user: Annotated[Identity, Depends(require("contract.release"))],
) -> dict[str, Any]:
    """Let the award of an ended contract be drafted again, by somebody else (four eyes)."""
    contract = queries.contract(session, contract_id)
    ensure_own(user, "contract.release", contract)
    at = get_service(request).clock.now()
    reissuing.release(session, contract_id, reason=body.reason, actor=user.actor, at=at)
    return presenting.full(session, contract)


@router.post("/contracts/{contract_id}/sending")
def send(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Annotated[Identity, Depends(require("contract.send"))],
) -> dict[str, Any]:
    """Send; `case_codes` are told once, here, and are empty when it was sent before."""
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
    codes = [] if was_sent else issue_case_codes(service, session, contract, at)
    return presenting.full(session, contract) | {"case_codes": _told(codes)}


@router.post("/contracts/{contract_id}/case-codes")
def new_case_codes(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Annotated[Identity, Depends(require("contract.reissue"))],
) -> dict[str, Any]:
    """New case codes, told once, here; the old ones stop working. Not by who drafted."""
    service = get_service(request)
    contract, codes = reissue_case_codes(service, session, user, contract_id, service.clock.now())
    return presenting.full(session, contract) | {"case_codes": _told(codes)}


@router.post("/contracts/{contract_id}/invitation")
def send_again(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Annotated[Identity, Depends(require("contract.remind"))],
) -> dict[str, Any]:
    """A new link to whose turn it is; the old ones stop working. The case code stays."""
    service = get_service(request)
    ensure_own(user, "contract.remind", queries.contract(session, contract_id))
    sending.send_again(
        session,
        contract_id,
        rules=rules_of(service),
        notices=letters(service),
        certificates=service.certificates,
        actor=user.actor,
        at=service.clock.now(),
    )
    return presenting.full(session, queries.contract(session, contract_id))


def _told(codes: Sequence[ToldOnce]) -> list[dict[str, str]]:
    return [
        {"slot": c.party.slot, "organisation": c.party.organisation, "code": c.code} for c in codes
    ]
