"""代決: deciding in somebody's place, for a period and a reason that they gave themselves.

A holder of a role names a deputy; the deputy's decisions carry whose they are and why. It never
widens what one person may do alone: who drafted still decides nothing (four eyes), and a deputy
for a department decides for that department only. Ended, it ends at once; what was decided stands.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from econtract import queries
from econtract.deciding_models import Deputy
from econtract.making_errors import DeputyRefused
from econtract.models import Contract, Decision
from econtract.reasons import checked_reason
from records import Actor, audit, calendar, new_id

LONGEST = timedelta(days=366)
DEPARTMENT_ROLE = "department"


def name(
    session: Session,
    *,
    role: str,
    department: str,
    deputy: Actor,
    valid_from: date,
    valid_until: date,
    reason: str,
    actor: Actor,
    at: datetime,
) -> Deputy:
    """`actor`, who holds `role`, names `deputy`. The same twice is once. Raises DeputyRefused."""
    text = checked_reason(reason)
    today = calendar.jst_date(at)
    for field, wrong, ja, en in (
        ("deputy", deputy.id == actor.id, "自分自身です。", "It is yourself."),
        ("valid_until", valid_until < valid_from, "終わりが始まりより前です。", "Ends too early."),
        ("valid_until", valid_until < today, "終わりが過ぎています。", "The period is over."),
        (
            "valid_until",
            valid_until - valid_from > LONGEST,
            "期間が1年を超えます。",
            "It is longer than a year.",
        ),
    ):
        if wrong:
            raise DeputyRefused(field=field, why_ja=ja, why_en=en)
    same = session.scalar(
        select(Deputy).where(
            Deputy.principal_id == actor.id,
            Deputy.role == role,
            Deputy.deputy_id == deputy.id,
            Deputy.valid_from == valid_from,
            Deputy.valid_until == valid_until,
            Deputy.ended_at.is_(None),
        )
    )
    if same is not None:
        return same
    row = Deputy(
        id=new_id(),
        principal_id=actor.id,
        principal_name=actor.name,
        role=role,
        department=department,
        deputy_id=deputy.id,
        deputy_name=deputy.name,
        valid_from=valid_from,
        valid_until=valid_until,
        reason=text,
        named_at=at,
        ended_at=None,
    )
    session.add(row)
    session.flush()
    details = {
        "role": role,
        "deputy": deputy.name,
        "from": valid_from.isoformat(),
        "until": valid_until.isoformat(),
        "reason": text,
    }
    audit.append(session, actor, "decision.deputy_named", f"deputy:{row.id}", details, at)
    return row


def end(session: Session, deputy_id: str, *, actor: Actor, at: datetime) -> Deputy:
    """The principal takes it back from now on. Ended twice it is ended once."""
    row = session.get(Deputy, deputy_id, with_for_update=True)
    if row is None or row.principal_id != actor.id:
        raise DeputyRefused(
            why_ja="あなたが登録した代決者ではありません。", why_en="You did not name this deputy."
        )
    if row.ended_at is None:
        row.ended_at = at
        details = {"deputy": row.deputy_name}
        audit.append(session, actor, "decision.deputy_ended", f"deputy:{row.id}", details, at)
    return row


def of_principal(session: Session, principal_id: str) -> Sequence[Deputy]:
    """What somebody has handed over, newest first."""
    return session.scalars(
        select(Deputy)
        .where(Deputy.principal_id == principal_id)
        .order_by(Deputy.named_at.desc())
        .limit(100)
    ).all()


def held_by(session: Session, deputy_id: str, day: date) -> Sequence[Deputy]:
    """In whose place somebody may decide on `day` (JST, both ends included)."""
    return session.scalars(
        select(Deputy)
        .where(
            Deputy.deputy_id == deputy_id,
            Deputy.ended_at.is_(None),
            Deputy.valid_from <= day,
            Deputy.valid_until >= day,
        )
        .order_by(Deputy.named_at)
    ).all()


def covering(
    session: Session, actor: Actor, step: Decision, contract: Contract, at: datetime
) -> Deputy | None:
    """The record by which `actor` may take `step` in another's place, if there is one."""
    for row in held_by(session, actor.id, calendar.jst_date(at)):
        own_department = row.role != DEPARTMENT_ROLE or row.department == contract.department
        if row.role == step.role and own_department:
            return row
    return None


def inbox(
    session: Session,
    *,
    actor_id: str,
    roles: Collection[str],
    department: str | None,
    at: datetime,
) -> list[tuple[Contract, Decision, Deputy | None]]:
    """What waits for somebody: by their own roles, then in whose place."""
    found: list[tuple[Contract, Decision, Deputy | None]] = [
        (contract, decision, None)
        for contract, decision in queries.inbox(session, roles=sorted(roles), department=department)
    ]
    seen = {decision.id for _, decision, _ in found}
    for row in held_by(session, actor_id, calendar.jst_date(at)):
        waiting = queries.inbox(session, roles=[row.role], department=row.department)
        for contract, decision in waiting:
            if decision.id not in seen:
                seen.add(decision.id)
                found.append((contract, decision, row))
    return found
