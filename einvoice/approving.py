"""Approving: 担当課 → (課長) → 会計課 → 会計管理者, one person a step, each on what is true now.

The one who orders is not the one who reviews, and the one who reviews is not the one who pays
(地方自治法232条の4). Every act names the version of the invoice the person saw: when two clerks
press at once, the first one's act stands and the other is told who was faster; when one clerk
presses twice, the act stands once and the second press is answered like the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from einvoice import queries, routing
from einvoice.deps import Deps
from einvoice.examining import move, rematch
from einvoice.matching import Level, Match
from einvoice.matching.background import Approver
from einvoice.models import Decision, FindingRelease, FindingRow, ReceivedInvoice
from einvoice.refusals import (
    AboveLimitError,
    DecidedMeanwhileError,
    HeldByOthersError,
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
    Step.HEAD: ("課の決裁", "the section head's approval"),
    Step.ACCOUNTING: ("会計課の審査", "accounting's review"),
    Step.TREASURER: ("会計管理者の決裁", "the treasurer's approval"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """As what a person decides: by a title (課長), and for whom where they are a deputy (代決)."""

    title: str = ""
    for_name: str = ""


HIMSELF = Capacity()


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
    capacity: Capacity = HIMSELF,
) -> ReceivedInvoice:
    """Approve at `step`. Raises a `DeskError` that says why not.

    1 the row is locked and still as the person saw it · 2 it stands at this step and is not held ·
    3 the person did no earlier step · 4 the match is repeated, nothing stops or holds it, and the
    amount is within the person's limit · 5 the decision is kept with the hash of the document, the
    invoice moves on.
    """
    row = queries.invoice(session, invoice_id, lock=True)
    if already_done(session, row, seen, actor, Move.APPROVE):
        return row
    check_unchanged(session, row, seen)
    if row.status is not step.state:
        raise not_allowed(row, Move.APPROVE)
    _check_not_held(row)
    _check_other_person(session, row, step, actor)
    approver = _approver(session, row, step, actor, capacity)
    drafter = actor if step is Step.SECTION else None
    done = rematch(session, deps, row, at=at, actor=drafter, approver=approver)
    _check_authority(done)
    open_ids = [finding.check_id for finding in open_findings(session, row)]
    if open_ids:
        shown = "、".join(dict.fromkeys(open_ids))
        raise OpenFindingsError(field="findings", receipt=row.receipt_no, ids=shown)
    named = replace(actor, name=_named(actor, capacity))
    keep_decision(session, row, step, Move.APPROVE, actor=named, at=at, reason=comment)
    to = routing.next_state(session, deps.route, row, step)
    details: dict[str, object] = {"step": step.value, "sha256": row.original_sha256}
    if capacity.for_name:
        details["deputy_for"] = capacity.for_name
    move(session, row, Move.APPROVE, actor=actor, at=at, to=to, details=details)
    return row


def _named(actor: Actor, capacity: Capacity) -> str:
    return f"{actor.name}（{capacity.for_name} の代決）" if capacity.for_name else actor.name


def _approver(
    session: Session, row: ReceivedInvoice, step: Step, actor: Actor, capacity: Capacity
) -> Approver:
    limit = routing.limit_of(session, row, capacity.title) if step is Step.HEAD else None
    return Approver(id=actor.id, limit=limit, took=_took(session, row))


def _check_authority(done: Match) -> None:
    """BUD-006 in its own words: the amount is known only after the match."""
    for finding in done.findings:
        if finding.id == "BUD-006":
            words = finding.finding.message
            raise AboveLimitError(field="actor", words_ja=words.ja, words_en=words.en)


def _took(session: Session, row: ReceivedInvoice) -> tuple[str, ...]:
    """Who took a step since the invoice last came to 担当課."""
    found: list[str] = []
    for decision in reversed(list(queries.decisions(session, row.id))):
        if decision.move != Move.APPROVE.value:
            break
        found.append(decision.actor_id)
    return tuple(found)


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
    session: Session,
    *,
    invoice_id: str,
    actor: Actor,
    at: datetime,
    reason: str,
    desk: Step = Step.SECTION,
) -> ReceivedInvoice:
    """Put a mark on the invoice that stops every decision until this desk lifts it."""
    row = queries.invoice(session, invoice_id, lock=True)
    if row.status not in {*WAITING, State.APPROVED}:
        raise not_allowed(row, Move.APPROVE, ("保留", "put on hold"))
    row.hold_reason = _reason(reason, ("保留", "put it on hold"))
    row.held_by, row.held_at = actor.name, desk.value
    noted(session, row, "invoice.held", actor, at, row.hold_reason)
    return row


def lift_hold(
    session: Session,
    *,
    invoice_id: str,
    actor: Actor,
    at: datetime,
    reason: str,
    desk: Step = Step.SECTION,
) -> ReceivedInvoice:
    """Take the mark off. Raises `HeldByOthersError` where another desk put it."""
    row = queries.invoice(session, invoice_id, lock=True)
    if row.hold_reason is None:
        return row
    if row.held_at is not None and row.held_at != desk.value:
        raise HeldByOthersError(receipt=row.receipt_no, who=row.held_by or "")
    text = _reason(reason, ("保留の解除", "lift the hold"))
    row.hold_reason = row.held_by = row.held_at = None
    noted(session, row, "invoice.hold_lifted", actor, at, text)
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
        raise not_allowed(row, Move.APPROVE, ("指摘の解除", "released from findings"))
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
    noted(session, row, "invoice.finding_released", actor, at, text, check=check_id)
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


def noted(
    session: Session,
    row: ReceivedInvoice,
    action: str,
    actor: Actor,
    at: datetime,
    reason: str,
    **details: str,
) -> None:
    """Write an act on the invoice into the trail. Last of all: its head is everybody's lock."""
    session.flush()
    values = {"receipt": row.receipt_no, "reason": reason, **details}
    audit.append(session, actor, action, f"invoice:{row.id}", values, at)


def not_allowed(
    row: ReceivedInvoice, act: Move, name: tuple[str, str] | None = None
) -> MoveNotAllowedError:
    """The error of an act that the invoice's state does not allow."""
    state, shown = STATE_NAMES[row.status], name or MOVE_NAMES[act]
    return MoveNotAllowedError(
        receipt=row.receipt_no,
        state_ja=state[0],
        state_en=state[1],
        act_ja=shown[0],
        act_en=shown[1],
    )
