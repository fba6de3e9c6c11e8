"""Contracting anew: the way out after a contract ended without being concluded.

A contract that was halted, withdrawn, declined or voted down stays as it is, with its number and
its trail. Its award is released by somebody who did not draft it, and drafted again by somebody
who did not release it: so nobody alone replaces a contract that a vendor refused, or whose bytes
raised an alarm, by another one. The new contract says which one it takes the place of.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from econtract import queries, states
from econtract.making_errors import FourEyesReissue, ReleaseNeeded
from econtract.models import Award, Contract
from econtract.reasons import checked_reason
from econtract.reissue_models import Reissue
from econtract.states import FAILED
from records import Actor, audit


def release(
    session: Session, contract_id: str, *, reason: str, actor: Actor, at: datetime
) -> Reissue:
    """Let the award of an ended contract be drafted again. Twice has the effect of once.

    Raises MoveRefused, FourEyesReissue (who drafted it), ReasonRequired."""
    contract = queries.locked(session, contract_id)
    earlier = session.get(Reissue, contract_id)
    if earlier is not None:
        return earlier
    states.require(contract.current_state, "contract_anew")
    if actor.id == contract.drafted_by:
        raise FourEyesReissue()
    row = Reissue(
        ended_contract_id=contract.id,
        award_id=contract.award_id,
        reason=checked_reason(reason),
        released_by=actor.id,
        released_by_name=actor.name,
        released_at=at,
        new_contract_id=None,
    )
    session.add(row)
    session.flush()
    audit.append(
        session,
        actor,
        "contract.award_released",
        f"contract:{contract.id}",
        {"reason": row.reason, "ended_as": contract.state},
        at,
    )
    return row


def ended_before(session: Session, award_id: str) -> Contract | None:
    """The newest contract of an award that ended without being concluded."""
    return session.scalar(
        select(Contract)
        .where(Contract.award_id == award_id, Contract.state.in_(sorted(FAILED)))
        .order_by(Contract.created_at.desc(), Contract.sequence.desc())
        .limit(1)
    )


def require_release(session: Session, award_id: str, actor: Actor) -> Reissue | None:
    """The release under which `actor` may draft anew; None for an award's first contract.

    Raises ReleaseNeeded, or FourEyesReissue for whoever released it."""
    ended = ended_before(session, award_id)
    if ended is None:
        return None
    row = session.get(Reissue, ended.id)
    if row is None:
        raise ReleaseNeeded(number=ended.number)
    if row.released_by == actor.id:
        raise FourEyesReissue()
    return row


def waiting(session: Session, *, department: str | None = None) -> Sequence[tuple[Contract, Award]]:
    """Ended contracts whose award has no other contract and was not released: newest first."""
    other = aliased(Contract)
    living = (
        select(other.id)
        .where(other.award_id == Award.id, other.state.not_in(sorted(FAILED)))
        .exists()
    )
    released = select(Reissue).where(Reissue.ended_contract_id == Contract.id).exists()
    query = (
        select(Contract, Award)
        .join(Award, Award.id == Contract.award_id)
        .where(Contract.state.in_(sorted(FAILED)), ~living, ~released)
    )
    if department is not None:
        query = query.where(Contract.department == department)
    rows = session.execute(query.order_by(Contract.state_since.desc()).limit(queries.MAX_LIST))
    return [(row[0], row[1]) for row in rows]


def lineage(session: Session, contract: Contract) -> tuple[Contract | None, Contract | None]:
    """(the contract this one takes the place of, the one that takes this one's place)."""
    before = session.get(Contract, contract.replaces_id) if contract.replaces_id else None
    after = session.scalar(select(Contract).where(Contract.replaces_id == contract.id))
    return before, after
