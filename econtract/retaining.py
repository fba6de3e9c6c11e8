"""保存年限: until when a contract's files are kept, and what forbids to dispose of them.

The years run from the end of the contract (満了・完了・解除), never from its signature: from the
1 April after it, for the years of its kind in the city's rules. A legal hold (訴訟, 監査, 開示請求)
stops disposal until it is lifted. An amendment is kept and disposed of with its original.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from econtract import living, performance, queries
from econtract.keeping_models import LegalHold
from econtract.life_errors import NoSuchEntry
from econtract.life_rules import LifeRules, kept_until
from econtract.models import Contract
from econtract.reasons import checked_reason
from econtract.renewals import PARTS_OF_ANOTHER
from econtract.states import ContractState
from records import Actor, calendar, new_id

S = ContractState
#: Contracts that may be disposed of: in force once, or ended before. A halted one is evidence.
DISPOSABLE = frozenset({S.CONCLUDED, S.DECLINED, S.WITHDRAWN, S.VOTED_DOWN})
MAX_LIST = 1000


@dataclass(frozen=True, slots=True)
class Kept:
    """Until when a contract is kept. `hold` is the reason of a standing legal hold."""

    contract: Contract
    ended_on: date
    years: int
    until: date
    at_end: str
    hold: str | None

    def is_over(self, today: date) -> bool:
        return self.until < today


def ended_on(session: Session, contract: Contract) -> date:
    """The day from which the years run: 解除の日, else the later of 満了日 and 完了日."""
    if contract.state != S.CONCLUDED:
        return calendar.jst_date(contract.state_since)
    stands = living.standing(session, contract)
    if stands.cancelled_on is not None:
        return stands.cancelled_on
    completed = performance.completed_on(session, contract.id)
    return max(stands.period_to, completed) if completed else stands.period_to


def keeping_of(session: Session, contract: Contract, rules: LifeRules) -> Kept:
    """The term of keeping of an original contract, as of now."""
    ended = ended_on(session, contract)
    found = rules.retention_of(contract.kind)
    hold = standing_hold(session, contract.id)
    return Kept(
        contract,
        ended,
        found.years,
        kept_until(ended, found.years),
        found.at_end,
        hold.reason if hold else None,
    )


def over(session: Session, *, rules: LifeRules, today: date) -> Sequence[Kept]:
    """Dry run: contracts whose term of keeping is over, held ones included. Writes nothing."""
    # Nothing that ends later can be over: kept at least for the fewest years of any class.
    fewest = min(each.years for each in rules.retention)
    if today.year - fewest <= date.min.year:
        return []
    latest = date(today.year - fewest, 12, 31)
    query = (
        select(Contract)
        .where(
            Contract.state.in_(sorted(DISPOSABLE)),
            Contract.form.not_in(PARTS_OF_ANOTHER),
            or_(Contract.state != S.CONCLUDED, Contract.period_to <= latest),
        )
        .order_by(Contract.period_to, Contract.number)
        .limit(MAX_LIST)
    )
    found = [keeping_of(session, contract, rules) for contract in session.scalars(query)]
    return [each for each in found if each.is_over(today)]


def hold(
    session: Session, contract_id: str, *, reason: str, actor: Actor, at: datetime
) -> LegalHold:
    """Forbid disposal. A hold that stands already is given back; its reason stays."""
    contract = queries.locked(session, contract_id)
    standing = standing_hold(session, contract.id)
    if standing is not None:
        return standing
    row = LegalHold(
        id=new_id(),
        contract_id=contract.id,
        reason=checked_reason(reason),
        set_by_name=actor.name,
        set_at=at,
    )
    session.add(row)
    living.note(session, contract.id, actor, "held", {"hold": row.id, "reason": row.reason}, at)
    return row


def lift(
    session: Session, contract_id: str, hold_id: str, *, reason: str, actor: Actor, at: datetime
) -> LegalHold:
    """Allow disposal again, with the reason why nothing stands against it any more."""
    row = session.scalar(
        select(LegalHold)
        .where(LegalHold.id == hold_id, LegalHold.contract_id == contract_id)
        .with_for_update()
    )
    if row is None:
        raise NoSuchEntry()
    if row.lifted_at is not None:
        return row
    row.lifted_at, row.lifted_by_name, row.lifted_why = at, actor.name, checked_reason(reason)
    details = {"hold": row.id, "reason": row.lifted_why}
    living.note(session, contract_id, actor, "hold_lifted", details, at)
    return row


def standing_hold(session: Session, contract_id: str) -> LegalHold | None:
    """The hold that forbids disposal now."""
    return session.scalar(
        select(LegalHold).where(LegalHold.contract_id == contract_id, LegalHold.lifted_at.is_(None))
    )


def holds(session: Session) -> Sequence[tuple[LegalHold, Contract]]:
    """All standing holds, oldest first."""
    rows = session.execute(
        select(LegalHold, Contract)
        .join(Contract, Contract.id == LegalHold.contract_id)
        .where(LegalHold.lifted_at.is_(None))
        .order_by(LegalHold.set_at)
        .limit(MAX_LIST)
    )
    return [(row[0], row[1]) for row in rows]
