"""Approving: 担当課 → 会計課 → 会計管理者, one person a step, each on what is true now.

The one who orders is not the one who reviews, and the one who reviews is not the one who pays
(地方自治法232条の4). Every act names the version of the invoice the person saw: when two clerks
press at once, the first one's act stands and the other is told who was faster; when one clerk
presses twice, the act stands once and the second press is answered like the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import delete
from sqlalchemy.orm import Session

from einvoice import queries
from einvoice.deps import Deps, Route
from einvoice.examining import move, rematch
from einvoice.matching import Level
from einvoice.models import Decision, DeductionRow, FindingRelease, FindingRow, ReceivedInvoice
from einvoice.payment_order import Deduction, DeductionKind
from einvoice.refusals import (
    DecidedMeanwhileError,
    MoveNotAllowedError,
    NotReleasableError,
    OnHoldError,
    OpenFindingsError,
    ReasonMissingError,
    SamePersonError,
)
from einvoice.states import (
    MOVE_NAMES,
    STATE_NAMES,
    STEP_OF_STATE,
    WAITING,
    Move,
    State,
    Step,
)
from records import Actor, audit, new_id

MAX_REASON = 2_000
STEP_NAMES: dict[Step, tuple[str, str]] = {
    Step.SECTION: ("担当課の確認", "the section's approval"),
    Step.ACCOUNTING: ("会計課の審査", "accounting's review"),
    Step.TREASURER: ("会計管理者の決裁", "the treasurer's approval"),
}


def approve(
    session: Session,
    deps: Deps,
    *,
    invoice_id: str,
    step: Step,
    seen: int,
    actor: Actor,
    at: datetime,
    comment: str = "",
) -> ReceivedInvoice:
    """Approve at `step`. Raises a `DeskError` that says why not.

    1 the row is locked and still as the person saw it · 2 it stands at this step and is not held ·
    3 the person did no earlier step · 4 the match is repeated, nothing stops or holds it ·
    5 the decision is kept with the hash of the document, the invoice moves on.
    """
    row = queries.invoice(session, invoice_id, lock=True)
    if already_done(session, row, seen, actor, Move.APPROVE):
        return row
    check_unchanged(session, row, seen)
    if row.status is not step.state:
        raise _not_allowed(row, Move.APPROVE)
    _check_not_held(row)
    _check_other_person(session, row, step, actor)
    rematch(session, deps, row, at=at, actor=actor if step is Step.SECTION else None)
    open_ids = [finding.check_id for finding in open_findings(session, row)]
    if open_ids:
        shown = "、".join(dict.fromkeys(open_ids))
        raise OpenFindingsError(field="findings", receipt=row.receipt_no, ids=shown)
    keep_decision(session, row, step, Move.APPROVE, actor=actor, at=at, reason=comment)
    to = next_state(step, deps.route, row.payable or Decimal(0))
    details: dict[str, object] = {"step": step.value, "sha256": row.original_sha256}
    move(session, row, Move.APPROVE, actor=actor, at=at, to=to, details=details)
    return row


def next_state(step: Step, route: Route, payable: Decimal) -> State:
    """Where an approval leads: the treasurer only from the route's amount on."""
    if step is Step.SECTION:
        return State.AT_ACCOUNTING
    if step is Step.ACCOUNTING and payable >= route.treasurer_from:
        return State.AT_TREASURER
    return State.APPROVED


def send_back(
    session: Session, *, invoice_id: str, seen: int, actor: Actor, at: datetime, reason: str
) -> ReceivedInvoice:
    """Give the invoice back to 担当課, with the reason, inside the house."""
    row = queries.invoice(session, invoice_id, lock=True)
    if already_done(session, row, seen, actor, Move.SEND_BACK):
        return row
    check_unchanged(session, row, seen)
    text = checked_reason(reason, Move.SEND_BACK)
    step = STEP_OF_STATE.get(row.status, Step.TREASURER)
    version = row.version
    move(session, row, Move.SEND_BACK, actor=actor, at=at, details={"reason": text})
    keep_decision(
        session, row, step, Move.SEND_BACK, actor=actor, at=at, reason=text, version=version
    )
    return row


def hold(
    session: Session, *, invoice_id: str, actor: Actor, at: datetime, reason: str
) -> ReceivedInvoice:
    """Put a mark on the invoice that stops every decision until it is lifted."""
    row = queries.invoice(session, invoice_id, lock=True)
    if row.status not in {*WAITING, State.APPROVED}:
        raise _not_allowed(row, Move.APPROVE, ("保留", "put on hold"))
    row.hold_reason = _reason(reason, ("保留", "put it on hold"))
    row.held_by = actor.name
    _noted(session, row, "invoice.held", actor, at, row.hold_reason)
    return row


def lift_hold(
    session: Session, *, invoice_id: str, actor: Actor, at: datetime, reason: str
) -> ReceivedInvoice:
    """Take the mark off."""
    row = queries.invoice(session, invoice_id, lock=True)
    if row.hold_reason is None:
        return row
    text = _reason(reason, ("保留の解除", "lift the hold"))
    row.hold_reason = row.held_by = None
    _noted(session, row, "invoice.hold_lifted", actor, at, text)
    return row


def release(
    session: Session,
    *,
    invoice_id: str,
    check_id: str,
    actor: Actor,
    at: datetime,
    reason: str,
) -> FindingRelease:
    """Answer for a held finding: who, when, why, and the words seen. STOP cannot be released."""
    row = queries.invoice(session, invoice_id, lock=True)
    if row.status not in WAITING:
        raise _not_allowed(row, Move.APPROVE, ("指摘の解除", "released from findings"))
    found = [f for f in queries.findings(session, row.id) if f.check_id == check_id]
    if not found or any(f.level == Level.STOP.value for f in found):
        raise NotReleasableError(field="check", id=check_id)
    text = _reason(reason, ("指摘の解除", "release the finding"))
    seen_words = _words(found)
    known = session.get(FindingRelease, (row.id, check_id))
    if known is not None and known.message_seen == seen_words:
        return known
    kept = known or FindingRelease(invoice_id=row.id, check_id=check_id)
    kept.message_seen, kept.reason = seen_words, text
    kept.actor_id, kept.actor_name, kept.at = actor.id, actor.name, at
    session.add(kept)
    _noted(session, row, "invoice.finding_released", actor, at, text, check=check_id)
    return kept


def open_findings(session: Session, row: ReceivedInvoice) -> list[FindingRow]:
    """Findings that stop the invoice: every STOP, and every HOLD nobody answered for as it reads
    now. A release of other words (the amount changed since) does not count."""
    findings = queries.findings(session, row.id)
    releases = queries.releases(session, row.id)
    still: list[FindingRow] = []
    for finding in findings:
        if finding.level == Level.STOP.value:
            still.append(finding)
        elif finding.level == Level.HOLD.value:
            release = releases.get(finding.check_id)
            same = [f for f in findings if f.check_id == finding.check_id]
            if release is None or release.message_seen != _words(same):
                still.append(finding)
    return still


def set_deductions(
    session: Session,
    deps: Deps,
    *,
    invoice_id: str,
    deductions: Sequence[Deduction],
    actor: Actor,
    at: datetime,
    reason: str = "",
) -> ReceivedInvoice:
    """Decide 控除 (withholding, damages …) while the invoice is with 担当課; matches anew."""
    row = queries.invoice(session, invoice_id, lock=True)
    if row.status is not State.AT_SECTION:
        raise _not_allowed(row, Move.APPROVE, ("控除の入力", "given deductions"))
    row.version += 1  # who looks at the invoice without them has not seen what is paid
    session.execute(delete(DeductionRow).where(DeductionRow.invoice_id == row.id))
    for seq, item in enumerate(deductions, start=1):
        session.add(
            DeductionRow(
                invoice_id=row.id,
                seq=seq,
                kind=DeductionKind(item.kind).value,
                base=item.base,
                amount=item.amount,
                income_number=item.income_number,
                payee=item.payee,
                decided_by=actor.name,
                reason=reason[:MAX_REASON],
            )
        )
    session.flush()
    listed = ", ".join(f"{item.kind.value} {int(item.amount)}" for item in deductions)
    _noted(session, row, "invoice.deductions_set", actor, at, reason, deductions=listed)
    rematch(session, deps, row, at=at)
    return row


def choose_contract(
    session: Session,
    deps: Deps,
    *,
    invoice_id: str,
    contract_no: str,
    actor: Actor,
    at: datetime,
) -> ReceivedInvoice:
    """Say which contract the invoice belongs to, where it named none; matches anew."""
    row = queries.invoice(session, invoice_id, lock=True)
    if row.status is not State.AT_SECTION:
        raise _not_allowed(row, Move.APPROVE, ("契約の選択", "given a contract"))
    row.version += 1
    row.contract_no, row.commitment_id = contract_no.strip()[:100], None
    _noted(session, row, "invoice.contract_chosen", actor, at, "", contract=row.contract_no)
    rematch(session, deps, row, at=at)
    return row


def checked_reason(reason: str, act: Move) -> str:
    """The reason without blanks around it. Raises `ReasonMissingError`."""
    return _reason(reason, MOVE_NAMES[act])


def _reason(reason: str, act: tuple[str, str]) -> str:
    text = reason.strip()
    if not 1 <= len(text) <= MAX_REASON:
        raise ReasonMissingError(field="reason", act_ja=act[0], act_en=act[1])
    return text


def keep_decision(
    session: Session,
    row: ReceivedInvoice,
    step: Step,
    act: Move,
    *,
    actor: Actor,
    at: datetime,
    reason: str,
    version: int | None = None,
) -> None:
    """Keep who decided what on which version, with the hash of the document that was before
    them. `version` is the one seen, where the row has already moved."""
    session.add(
        Decision(
            id=new_id(),
            invoice_id=row.id,
            version=version if version is not None else row.version,
            step=step.value,
            move=act.value,
            actor_id=actor.id,
            actor_name=actor.name,
            at=at,
            reason=reason[:MAX_REASON],
            original_sha256=row.original_sha256,
        )
    )
    session.flush()


def already_done(
    session: Session, row: ReceivedInvoice, seen: int, actor: Actor, act: Move
) -> bool:
    """Whether this very person already did this very act on this version (a double click)."""
    taken = queries.decision_on(session, row.id, seen)
    return taken is not None and taken.actor_id == actor.id and taken.move == act.value


def check_unchanged(session: Session, row: ReceivedInvoice, seen: int) -> None:
    """Raise `DecidedMeanwhileError` when the row is not the version the person saw."""
    if row.version == seen:
        return
    taken = queries.decision_on(session, row.id, seen)
    ja, en = STATE_NAMES[row.status]
    raise DecidedMeanwhileError(
        field="version",
        receipt=row.receipt_no,
        who=taken.actor_name if taken else "ほかの処理",
        state_ja=ja,
        state_en=en,
    )


def _check_not_held(row: ReceivedInvoice) -> None:
    if row.hold_reason is not None:
        raise OnHoldError(field="hold", receipt=row.receipt_no, reason=row.hold_reason)


def _check_other_person(session: Session, row: ReceivedInvoice, step: Step, actor: Actor) -> None:
    """BUD-007: since the invoice last came to 担当課, nobody takes two steps."""
    taken = list(queries.decisions(session, row.id))
    for decision in reversed(taken):
        if decision.move != Move.APPROVE.value:
            return
        if decision.actor_id == actor.id:
            earlier = STEP_NAMES[Step(decision.step)]
            raise SamePersonError(
                field="actor",
                who=decision.actor_name,
                step_ja=STEP_NAMES[step][0],
                step_en=STEP_NAMES[step][1],
                earlier_ja=earlier[0],
                earlier_en=earlier[1],
            )


def _words(findings: Sequence[FindingRow]) -> str:
    return "\n".join(finding.message_ja for finding in findings)


def _noted(
    session: Session,
    row: ReceivedInvoice,
    action: str,
    actor: Actor,
    at: datetime,
    reason: str,
    **details: str,
) -> None:
    session.flush()
    values = {"receipt": row.receipt_no, "reason": reason, **details}
    audit.append(session, actor, action, f"invoice:{row.id}", values, at)


def _not_allowed(
    row: ReceivedInvoice, act: Move, name: tuple[str, str] | None = None
) -> MoveNotAllowedError:
    state, shown = STATE_NAMES[row.status], name or MOVE_NAMES[act]
    return MoveNotAllowedError(
        receipt=row.receipt_no,
        state_ja=state[0],
        state_en=state[1],
        act_ja=shown[0],
        act_en=shown[1],
    )
