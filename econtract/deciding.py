"""決裁: a document passes the deciders its amount requires; each decides on exact bytes.

What a decider saw travels with the answer (`seen_sha256`): if the document was replaced between
page and button, the answer is refused. The last approval freezes the hash (O20); from then on
only these bytes can be sent or signed (econtract/binding.py).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from econtract import deputies, queries, route_tables, states
from econtract.deciding_models import Deputy
from econtract.errors import DecidedBytesDiffer, FourEyes, NotYourTurn, SeenBytesDiffer
from econtract.models import Circulation, Contract, Decision
from econtract.reasons import checked_reason
from econtract.routing import planned
from econtract.rules import STEP_ACTS, Rules
from econtract.states import ContractState
from records import Actor, audit, calendar, new_id


def submit(
    session: Session,
    contract_id: str,
    *,
    rules: Rules,
    seen_sha256: str,
    actor: Actor,
    at: datetime,
) -> Circulation:
    """Put the made document before its deciders. Raises NoRoute, SeenBytesDiffer, MoveRefused."""
    contract = queries.locked(session, contract_id)
    states.require(contract.current_state, "submit")
    document = queries.document(session, contract)
    if document is None or document.sha256 is None or document.sha256 != seen_sha256:
        raise SeenBytesDiffer()
    day = calendar.jst_date(at)
    rules = route_tables.in_force(session, rules, day)
    route, needs_vote = planned(rules, contract, day)
    circulation = Circulation(
        id=new_id(),
        contract_id=contract.id,
        document_id=document.id,
        document_sha256=document.sha256,
        route_id=route.id,
        rules_version=rules.version,
        outcome="open",
        signers=list(route.signers),
        needs_vote=needs_vote,
        submitted_by=actor.id,
        submitted_at=at,
    )
    session.add(circulation)
    session.flush()
    session.add_all(
        Decision(
            id=new_id(),
            circulation_id=circulation.id,
            position=position,
            role=step.role,
            title=step.title,
            act=step.act,
            outcome="waiting",
        )
        for position, step in enumerate(route.steps)
    )
    contract.drafted_by, contract.drafted_by_name = actor.id, actor.name
    contract.note = None
    contract.move(ContractState.DECIDING, at)
    audit.append(
        session,
        actor,
        "contract.submitted",
        f"contract:{contract.id}",
        {
            "sha256": document.sha256,
            "version": document.version,
            "route": route.id,
            "rules": rules.version,
        },
        at,
    )
    return circulation


def approve(
    session: Session,
    contract_id: str,
    *,
    roles: Collection[str],
    seen_sha256: str,
    actor: Actor,
    at: datetime,
    decision_id: str | None = None,
) -> Contract:
    """Approve (or countersign) the step whose turn it is. The last one decides the contract.

    `decision_id` names the step the page showed; pressed twice it is one decision, even for
    somebody whose turn comes twice. Raises NotYourTurn when another took that step meanwhile."""
    contract = queries.locked(session, contract_id)
    pressed = session.get(Decision, decision_id) if decision_id else None
    if pressed is not None and pressed.outcome == "approved" and pressed.decided_by == actor.id:
        return contract
    states.require(contract.current_state, "approve")
    circulation, step, deputy = _turn(session, contract, roles, actor, at)
    if decision_id is not None and step.id != decision_id:
        # Somebody else took the step the page showed; a press for 合議 is no press for 決裁.
        raise _turn_of(step)
    _same_bytes(session, contract, circulation, seen_sha256)
    _record(step, "approved", actor, at, seen_sha256, deputy)
    session.flush()
    last = all(d.outcome == "approved" for d in queries.decisions(session, circulation.id))
    if last:
        circulation.outcome, circulation.closed_at = "approved", at
        contract.current_sha256 = circulation.document_sha256
        contract.move(ContractState.APPROVED, at)
    audit.append(
        session,
        actor,
        "contract.decided" if last else "contract.step_approved",
        f"contract:{contract.id}",
        {"sha256": circulation.document_sha256, "step": _step_words(step), "act": step.act},
        at,
    )
    return contract


def send_back(
    session: Session,
    contract_id: str,
    *,
    roles: Collection[str],
    reason: str,
    seen_sha256: str,
    actor: Actor,
    at: datetime,
) -> Contract:
    """差戻し: back to the drafter with a reason; all approvals of this circulation end."""
    contract = queries.locked(session, contract_id)
    states.require(contract.current_state, "return")
    text = checked_reason(reason)
    circulation, step, deputy = _turn(session, contract, roles, actor, at)
    _same_bytes(session, contract, circulation, seen_sha256)
    _record(step, "returned", actor, at, seen_sha256, deputy)
    step.reason = text
    circulation.outcome, circulation.closed_at = "returned", at
    contract.note = {"reason": text, "by": actor.name, "title": step.title}
    contract.move(ContractState.DRAFTING, at)
    audit.append(
        session,
        actor,
        "contract.returned",
        f"contract:{contract.id}",
        {"sha256": circulation.document_sha256, "step": _step_words(step), "reason": text},
        at,
    )
    return contract


def recall(
    session: Session, contract_id: str, *, reason: str, actor: Actor, at: datetime
) -> Contract:
    """引戻し: the drafting side takes the document back before it is sent, even if approved."""
    contract = queries.locked(session, contract_id)
    states.require(contract.current_state, "recall")
    text = checked_reason(reason)
    circulation = queries.circulation(session, contract)
    if circulation is not None:
        circulation.outcome, circulation.closed_at = "recalled", at
    contract.current_sha256 = None
    contract.note = {"reason": text, "by": actor.name}
    contract.move(ContractState.DRAFTING, at)
    audit.append(
        session, actor, "contract.recalled", f"contract:{contract.id}", {"reason": text}, at
    )
    return contract


def _turn(
    session: Session, contract: Contract, roles: Collection[str], actor: Actor, at: datetime
) -> tuple[Circulation, Decision, Deputy | None]:
    """The open circulation and its first undecided step, if it is the actor's to decide: by a role
    of their own, or as the deputy of somebody who has it (代決)."""
    circulation = queries.circulation(session, contract)
    assert circulation is not None
    assert circulation.outcome == "open"
    step = next(d for d in queries.decisions(session, circulation.id) if d.outcome == "waiting")
    if actor.id in {contract.drafted_by, circulation.submitted_by}:
        raise FourEyes()
    if step.role in roles:
        return circulation, step, None
    deputy = deputies.covering(session, actor, step, contract, at)
    if deputy is None:
        raise _turn_of(step)
    return circulation, step, deputy


def _step_words(step: Decision) -> str:
    """'担当課長（代決: 道路 次郎）' in the trail."""
    return f"{step.title}（代決: {step.deputy_for}）" if step.deputy_for else step.title


def _turn_of(step: Decision) -> NotYourTurn:
    act_ja, act_en = STEP_ACTS[step.act]
    return NotYourTurn(whose_ja=f"{step.title}（{act_ja}）", whose_en=f"{step.title}, {act_en}")


def _same_bytes(
    session: Session, contract: Contract, circulation: Circulation, seen_sha256: str
) -> None:
    document = queries.document(session, contract)
    found = document.sha256 if document is not None else None
    if found != circulation.document_sha256:
        raise DecidedBytesDiffer(
            contract_id=contract.id, decided=circulation.document_sha256, found=found or "(none)"
        )
    if seen_sha256 != circulation.document_sha256:
        raise SeenBytesDiffer()


def _record(
    step: Decision,
    outcome: str,
    actor: Actor,
    at: datetime,
    seen_sha256: str,
    deputy: Deputy | None,
) -> None:
    step.outcome = outcome
    if deputy is not None:
        step.deputy_for, step.deputy_reason = deputy.principal_name, deputy.reason
    step.decided_by, step.decided_by_name = actor.id, actor.name
    step.decided_at = at
    step.seen_sha256 = seen_sha256
