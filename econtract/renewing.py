"""Renewing what is kept, before a time-stamping certificate or an algorithm runs out.

A contract kept for thirty years outlives every certificate in it; each new archive timestamp
proves the ones before (EN 319 142-1 §5.5, RFC 3161). When the next is due is worked out from the
file (18 months before its newest timestamp runs out) and written beside the contract. Twice a
night's work: what is due is renewed; and the dates of the files looked at longest ago are worked
out anew, because a sunset that is set for an algorithm changes them.

Earlier forms stay in the store, and the new one begins with the old one's bytes: no signature is
touched. A run that was cut short is simply run again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

import signing
from econtract import alarms, queries
from econtract.alarms import SYSTEM
from econtract.binding import read_kept
from econtract.deps import Deps
from econtract.errors import Alarm, SignatureNotVerified
from econtract.models import Contract
from records import audit, jobs
from signing.errors import NotRenewable, RevocationUnavailable, TimestampError

AGAIN = timedelta(hours=1)
REVIEWED_A_NIGHT = 2_000
REVIEW_EVERY = timedelta(days=90)


def due(
    session: Session, before: datetime, *, limit: int | None = None, department: str | None = None
) -> list[Contract]:
    """Kept contracts whose next archive timestamp is due before `before`, the earliest first."""
    query = (
        select(Contract)
        .where(Contract.kept_sha256.is_not(None), Contract.renewal_due < before)
        .order_by(Contract.renewal_due, Contract.id)
    )
    if department is not None:
        query = query.where(Contract.department == department)
    return list(session.scalars(query if limit is None else query.limit(limit)))


def kept_ids(session: Session) -> list[str]:
    """Every contract in long-term form."""
    query = select(Contract.id).where(Contract.kept_sha256.is_not(None)).order_by(Contract.id)
    return list(session.scalars(query))


def is_renewed(session: Session, contract_id: str, was_due: datetime) -> bool:
    """Whether the contract's next archive timestamp is due later than it was."""
    found = queries.contract(session, contract_id).renewal_due
    return found is not None and found > was_due


def due_by_year(session: Session, *, department: str | None = None) -> dict[int, int]:
    """How many archive timestamps fall due in each calendar year (Asia/Tokyo)."""
    year = func.extract("year", func.timezone("Asia/Tokyo", Contract.renewal_due))
    query = (
        select(year, func.count())
        .where(Contract.kept_sha256.is_not(None), Contract.renewal_due.is_not(None))
        .group_by(year)
        .order_by(year)
    )
    if department is not None:
        query = query.where(Contract.department == department)
    return {int(found): count for found, count in session.execute(query)}


def plan_renewals(deps: Deps) -> None:
    """Job "econtract.plan_renewals", nightly: orders what is due, reviews the oldest dates."""
    now = deps.clock.now()
    with deps.database.transaction() as session:
        for contract in due(session, now):
            jobs.enqueue(
                session,
                "econtract.renew",
                key=contract.id,
                args={"contract_id": contract.id, "before": now.isoformat()},
            )
        unknown = select(Contract.id).where(
            Contract.kept_sha256.is_not(None),
            or_(
                Contract.renewal_checked_at.is_(None),
                Contract.renewal_checked_at < now - REVIEW_EVERY,
            ),
        )
        oldest = unknown.order_by(Contract.renewal_checked_at.asc().nulls_first())
        stale = session.scalars(oldest.limit(REVIEWED_A_NIGHT)).all()
    for contract_id in stale:
        review(deps, contract_id)


def review(deps: Deps, contract_id: str) -> datetime | None:
    """Work out anew when the contract's file is due; None when it can no longer be renewed."""
    with deps.database.reader() as session:
        kept = queries.contract(session, contract_id).kept_sha256
    if kept is None:
        return None
    try:
        pdf = read_kept(deps.store, contract_id, kept)
        found: datetime | None = signing.renewal_due(pdf, deps.trust, deps.clock.now())
    except Alarm as alarm:
        _record(deps, alarm)
        found = None
    except NotRenewable as lost:
        _record(deps, _lost(contract_id, lost))
        found = None
    with deps.database.transaction() as session:
        contract = queries.locked(session, contract_id)
        if contract.kept_sha256 == kept:
            contract.renewal_due, contract.renewal_checked_at = found, deps.clock.now()
    return found


def renew(deps: Deps, *, contract_id: str, before: str) -> None:
    """Job "econtract.renew": one more archive timestamp when one is due before `before` (ISO).

    Without a timestamp or revocation answers it tries again in an hour."""
    limit = datetime.fromisoformat(before)
    with deps.database.reader() as session:
        contract = queries.contract(session, contract_id)
        kept = contract.kept_sha256
        slots = tuple(p.slot for p in queries.parties(session, contract_id))
    if kept is None:
        return
    try:
        old = read_kept(deps.store, contract_id, kept)
        # One try a month: a stamp that gains nothing (see below) is not bought every night.
        month = f"{deps.clock.now():%Y-%m}"
        name = f"econtract/renewed/{contract_id}/{kept[:32]}/{month}"
        stored = deps.store.named(name)
        if stored is None:
            new = signing.renew(old, timestamper=deps.timestamper, trust=deps.trust, before=limit)
            if new == old:
                return
            stored = deps.store.put(new, name=name)
        new = read_kept(deps.store, contract_id, stored.sha256)
        verdict = signing.verify(new, deps.trust, at=deps.clock.now(), expected_slots=slots)
        if not verdict.is_passed or not new.startswith(old):
            why = "; ".join(r.en for r in verdict.reasons) or "earlier bytes changed"
            raise SignatureNotVerified(contract_id=contract_id, why_ja=f"（{why}）", why_en=why)
    except Alarm as alarm:
        _record(deps, alarm)
        return
    except NotRenewable as lost:
        _record(deps, _lost(contract_id, lost))
        return
    except (TimestampError, RevocationUnavailable):
        with deps.database.transaction() as session:
            jobs.enqueue(
                session,
                "econtract.renew",
                key=contract_id,
                args={"contract_id": contract_id, "before": before},
                run_at=deps.clock.now() + AGAIN,
            )
        return
    with deps.database.transaction() as session:
        contract = queries.locked(session, contract_id)
        now = deps.clock.now()
        if contract.kept_sha256 != kept:
            return
        if _gains_nothing(contract.renewal_due, verdict.renewal_due):
            # The authority's certificate runs out no later than the one before: its next one will.
            contract.renewal_checked_at = now
            return
        contract.kept_sha256, contract.kept_at = stored.sha256, now
        contract.renewal_due, contract.renewal_checked_at = verdict.renewal_due, now
        details = {"sha256": stored.sha256, "from": kept}
        if verdict.renewal_due is not None:
            details["renewal_due"] = verdict.renewal_due.isoformat()
        audit.append(session, SYSTEM, "contract.renewed", f"contract:{contract_id}", details, now)


def _gains_nothing(before: datetime | None, after: datetime | None) -> bool:
    return before is not None and after is not None and after <= before


def _lost(contract_id: str, lost: NotRenewable) -> SignatureNotVerified:
    return SignatureNotVerified(
        contract_id=contract_id, why_ja=f"（{lost.message_ja}）", why_en=lost.message_en
    )


def _record(deps: Deps, alarm: Alarm) -> None:
    with deps.database.transaction() as session:
        alarms.record(session, alarm, notices=deps.notices, at=deps.clock.now())
