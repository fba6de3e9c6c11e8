"""解除: proposed by one member of staff, decided by another, told to the vendor by mail and page.

The concluded contract stays what it is: signed, kept, downloadable. From the day the cancellation
takes effect nothing more is performed on it; what was accepted before is still paid.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from econtract import living, queries
from econtract.life_errors import AnotherPerson, NoSuchEntry, NotConcluded, NotWaiting, refuse
from econtract.life_models import Cancellation
from econtract.models import Contract
from econtract.reasons import checked_reason
from records import Actor, calendar, new_id

Told = Callable[[Session, Contract, Cancellation], None]


class Ground(StrEnum):
    DEFAULT = "default"
    BREACH = "breach"
    AGREED = "agreed"
    CITY = "city"
    VENDOR = "vendor"
    BUDGET = "budget"


GROUND_NAMES: dict[Ground, tuple[str, str]] = {
    Ground.DEFAULT: ("受注者の債務不履行（催告後）", "default of the vendor, after a warning"),
    Ground.BREACH: ("受注者の重大な違反（催告なし）", "grave breach of the vendor"),
    Ground.AGREED: ("合意による解除", "by agreement"),
    Ground.CITY: ("市の都合", "for reasons of the city"),
    Ground.VENDOR: ("受注者からの解除", "by the vendor"),
    Ground.BUDGET: (
        "予算の減額・削除（長期継続契約）",
        "budget cut or deleted (long-term contract)",
    ),
}


def propose(
    session: Session,
    contract_id: str,
    *,
    ground: Ground,
    reason: str,
    effective_on: date,
    actor: Actor,
    at: datetime,
) -> Cancellation:
    """Put a cancellation before the contracting officer. One open proposal at a time."""
    contract = queries.locked(session, contract_id)
    text = checked_reason(reason)
    open_one = session.scalar(
        select(Cancellation).where(
            Cancellation.contract_id == contract_id, Cancellation.state == "proposed"
        )
    )
    if open_one is not None:
        same = (open_one.ground, open_one.reason, open_one.effective_on)
        if same == (ground, text, effective_on):
            return open_one
        raise NotWaiting(what_ja="解除の伺い", what_en="a proposal to cancel")
    living.in_force(session, contract_id, ("解除", "cancel"))
    stands = living.standing(session, contract)
    label = ("解除の日", "day of cancellation")
    if effective_on < calendar.jst_date(at):
        raise refuse(
            "effective_on",
            label,
            ("過ぎた日です。", "It has passed."),
            (
                "解除は通知が届いて効力を生じます。今日以後の日にしてください。",
                "A cancellation works when the notice arrives: today or later.",
            ),
        )
    if effective_on > stands.period_to + timedelta(days=366):
        raise refuse("effective_on", label, ("履行期間から離れすぎです。", "It is too far away."))
    row = Cancellation(
        id=new_id(),
        contract_id=contract_id,
        ground=ground,
        reason=text,
        effective_on=effective_on,
        state="proposed",
        proposed_by=actor.id,
        proposed_by_name=actor.name,
        proposed_at=at,
    )
    session.add(row)
    details = {"ground": ground.value, "effective_on": effective_on.isoformat(), "reason": text}
    living.note(session, contract_id, actor, "cancellation_proposed", details, at)
    return row


def decide(
    session: Session,
    contract_id: str,
    cancellation_id: str,
    *,
    agreed: bool,
    answer: str,
    tell: Told,
    actor: Actor,
    at: datetime,
) -> Cancellation:
    """The second person's answer. Agreed: it binds, and the vendor is told in this transaction.

    Raises AnotherPerson, NotWaiting, EntryRefused (the day passed while it waited)."""
    contract = queries.locked(session, contract_id)
    row = _held(session, contract_id, cancellation_id)
    wanted = "decided" if agreed else "refused"
    if row.state == wanted:
        return row
    if row.state != "proposed":
        raise NotWaiting(what_ja="解除の伺い", what_en="the proposal to cancel")
    if row.proposed_by == actor.id:
        raise AnotherPerson(act_ja="解除の決裁", first_ja="伺いを起こした", act_en="decide it")
    if living.cancelled(session, contract_id) is not None:
        raise NotConcluded(act_ja="解除", act_en="cancel")
    if agreed and row.effective_on < calendar.jst_date(at):
        raise refuse(
            "effective_on",
            ("解除の日", "day of cancellation"),
            ("伺いの間に過ぎました。", "It passed while the proposal waited."),
            ("この伺いを退け、新しい日で起こし直してください。", "Refuse it; propose a new day."),
        )
    text = answer.strip()[:1000] if agreed else checked_reason(answer)
    row.state, row.answer = wanted, text
    row.decided_by_name, row.decided_at = actor.name, at
    details = {"cancellation": row.id, "effective_on": row.effective_on.isoformat()}
    if agreed:
        living.note(session, contract_id, actor, "cancelled", details, at)
        tell(session, contract, row)
    else:
        details["reason"] = text
        living.note(session, contract_id, actor, "cancellation_refused", details, at)
    return row


def note_seen(session: Session, contract_id: str, *, actor: Actor, at: datetime) -> None:
    """The vendor has opened the notice of cancellation: that day is evidence that it arrived."""
    row = living.cancelled(session, contract_id)
    if row is not None and row.seen_by_vendor_at is None and actor.kind == "vendor":
        row.seen_by_vendor_at = at
        details = {"cancellation": row.id}
        living.note(session, contract_id, actor, "cancellation_seen", details, at)


def _held(session: Session, contract_id: str, cancellation_id: str) -> Cancellation:
    row = session.scalar(
        select(Cancellation)
        .where(Cancellation.id == cancellation_id, Cancellation.contract_id == contract_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchEntry()
    return row
