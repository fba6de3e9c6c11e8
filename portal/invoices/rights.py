"""Which right of the role table each step of the invoice's route asks for."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from einvoice import deputies, queries, routing
from einvoice.approving import Capacity
from einvoice.models import ReceivedInvoice
from einvoice.states import STEP_OF_STATE, State, Step
from portal.errors import Forbidden
from portal.security import Allow, Identity, Role, ensure, may, people
from portal.security.rights import Facts

ACCOUNTING_ALONE = "A"
"""`who` of a check in einvoice/matching/checks."""

ACTION_OF_STEP = {
    Step.SECTION: "invoice.inspect",
    Step.HEAD: "invoice.decide",
    Step.ACCOUNTING: "invoice.approve",
    Step.TREASURER: "payment.release",
}


def facts(session: Session, row: ReceivedInvoice) -> dict[str, str | None]:
    """What the role table's conditions look at."""
    inspected_by = None
    if row.inspection_no:
        found = queries.inspection(session, row.inspection_no)
        inspected_by = found.inspector_id if found else None
    return {
        "vendor_id": row.vendor_id,
        "department": row.section,
        "inspected_by": inspected_by,
    }


def desk_of(user: Identity) -> Step:
    """The desk a person puts a hold from, and lifts it at."""
    accounts = bool(user.roles & {Role.ACCOUNTING, Role.TREASURER})
    return Step.ACCOUNTING if accounts else Step.SECTION


def capacity_at(
    session: Session, user: Identity, row: ReceivedInvoice, step: Step, today: date
) -> Capacity | None:
    """As what this person may decide at this step: by an own right, or as somebody's deputy today;
    None where neither."""
    known = facts(session, row)
    if _may_decide(session, user, row, step, known):
        return Capacity(title=user.title)
    for deputy in deputies.acting_for(session, user.id, today):
        holder = people.of_holder(session, "staff", deputy.holder_id, factors=frozenset())
        if holder is None or not _may_decide(session, holder, row, step, known):
            continue
        # Who inspected or drafted does not decide, for whomever else.
        if known["inspected_by"] != user.id:
            return Capacity(title=holder.title, for_name=holder.name)
    return None


def _may_decide(
    session: Session, user: Identity, row: ReceivedInvoice, step: Step, known: Facts
) -> bool:
    if not isinstance(may(user, ACTION_OF_STEP[step], known), Allow):
        return False
    return step is not Step.HEAD or user.title in routing.titles(session)


def ensure_step(
    session: Session, user: Identity, row: ReceivedInvoice, step: Step, today: date
) -> Capacity:
    """As what this person decides. Raises `Forbidden` unless they may at this step."""
    capacity = capacity_at(session, user, row, step, today)
    if capacity is None:
        ensure(user, ACTION_OF_STEP[step], **facts(session, row))
        raise Forbidden(
            reason_ja="この課の決裁者の職名ではありません。",
            reason_en="Your title does not decide in this section.",
        )
    return capacity


def ensure_release(session: Session, user: Identity, row: ReceivedInvoice, check_id: str) -> None:
    """Raise `Forbidden` where the finding is for 会計課 alone to answer (the payee's account, the
    lawful day): the section that wants the payment does not wave it through."""
    whos = {f.resolver for f in queries.findings(session, row.id) if f.check_id == check_id}
    if whos == {ACCOUNTING_ALONE} and Role.ACCOUNTING not in user.roles:
        raise Forbidden(
            reason_ja=f"指摘 {check_id} を解除できるのは会計課だけです。",
            reason_en=f"Only accounting may release finding {check_id}.",
        )


def is_at_hand(user: Identity, row: ReceivedInvoice) -> bool:
    """The section answers for an invoice while it is with the section; later 会計課 does."""
    accounts = bool(user.roles & {Role.ACCOUNTING, Role.TREASURER})
    return accounts or row.status in (State.RECEIVED, State.AT_SECTION, State.AT_HEAD)


def ensure_at_hand(user: Identity, row: ReceivedInvoice) -> None:
    """Raise `Forbidden` where the invoice has left this person's desk."""
    if not is_at_hand(user, row):
        raise Forbidden(
            reason_ja="この請求書は会計課へ進んでいます。返戻や保留の解除は会計課が行います。",
            reason_en="The invoice has gone on to accounting, who return it or lift its hold.",
        )


def step_for(session: Session, user: Identity, row: ReceivedInvoice, today: date) -> Step | None:
    """The step this person may decide now; None where the invoice waits for others."""
    step = STEP_OF_STATE.get(row.status)
    if step is None or capacity_at(session, user, row, step, today) is None:
        return None
    return step
