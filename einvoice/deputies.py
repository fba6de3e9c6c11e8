"""Deputies (代決・代理): who decides for whom during which days, with the reason on record.

A deputy decides by the holder's right and within the holder's limit; the decision names both. The
rule that nobody takes two steps holds for the deputy as a person.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from einvoice.models import Deputy
from einvoice.refusals import DeputyError
from records import Actor, audit, new_id

LONGEST = timedelta(days=366)
MAX_REASON = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DeputyForm:
    """A deputy as it is entered; both days included."""

    holder_id: str
    holder_name: str
    deputy_id: str
    deputy_name: str
    valid_from: date
    valid_until: date
    reason: str


def appoint(session: Session, form: DeputyForm, *, actor: Actor, at: datetime) -> Deputy:
    """Enter a deputy. The same one twice is entered once. Raises `DeputyError`."""
    reason = form.reason.strip()
    if form.holder_id == form.deputy_id:
        raise _error("deputy", "本人を代理にはできません", "nobody deputises for themselves")
    if not timedelta(0) <= form.valid_until - form.valid_from <= LONGEST:
        raise _error("valid_until", "期間は1年以内にしてください", "the period is at most a year")
    if not 1 <= len(reason) <= MAX_REASON:
        raise _error("reason", "理由がありません", "there is no reason")
    known = session.scalar(
        select(Deputy).where(
            Deputy.holder_id == form.holder_id,
            Deputy.deputy_id == form.deputy_id,
            Deputy.valid_from == form.valid_from,
            Deputy.valid_until == form.valid_until,
            Deputy.ended_at.is_(None),
        )
    )
    if known is not None:
        return known
    row = Deputy(
        id=new_id(),
        holder_id=form.holder_id,
        holder_name=form.holder_name,
        deputy_id=form.deputy_id,
        deputy_name=form.deputy_name,
        valid_from=form.valid_from,
        valid_until=form.valid_until,
        reason=reason,
        made_by_name=actor.name,
        made_at=at,
    )
    session.add(row)
    _noted(session, row, "deputy.appointed", actor, at)
    return row


def end(session: Session, *, deputy_id: str, actor: Actor, at: datetime) -> Deputy:
    """End it now; ending it twice is the same as once. Raises `DeputyError` for no such row."""
    row = session.get(Deputy, deputy_id, with_for_update=True)
    if row is None:
        raise _error("deputy", "この代理は登録されていません", "there is no such deputy")
    if row.ended_at is None:
        row.ended_at = at
        _noted(session, row, "deputy.ended", actor, at)
    return row


def acting_for(session: Session, deputy_id: str, today: date) -> Sequence[Deputy]:
    """For whom this person decides today."""
    return session.scalars(
        select(Deputy)
        .where(
            Deputy.deputy_id == deputy_id,
            Deputy.valid_from <= today,
            Deputy.valid_until >= today,
            Deputy.ended_at.is_(None),
        )
        .order_by(Deputy.made_at)
    ).all()


def listed(session: Session, *, limit: int = 200) -> Sequence[Deputy]:
    """All deputies, the latest first."""
    return session.scalars(
        select(Deputy).order_by(Deputy.valid_until.desc(), Deputy.made_at.desc()).limit(limit)
    ).all()


def _noted(session: Session, row: Deputy, action: str, actor: Actor, at: datetime) -> None:
    session.flush()
    details = {
        "holder": row.holder_name,
        "deputy": row.deputy_name,
        "from": row.valid_from.isoformat(),
        "until": row.valid_until.isoformat(),
        "reason": row.reason,
    }
    audit.append(session, actor, action, f"deputy:{row.id}", details, at)


def _error(field: str, ja: str, en: str) -> DeputyError:
    return DeputyError(field=field, reason_ja=ja, reason_en=en)
