"""A contract as it stands today: the original with what later acts have changed.

The original's row never changes after 確定. What holds now is read from it and from the rows of
its amendments, its vote and its cancellation; invoices, clocks and keeping all ask here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from econtract import queries
from econtract.life_errors import NoSuchEntry, NotConcluded
from econtract.life_models import (
    AdvanceGrant,
    Amendment,
    Cancellation,
    CouncilVote,
    Guarantee,
    PerformanceNotice,
)
from econtract.models import Contract
from econtract.states import ENDED, ContractState
from records import Actor, Store, audit


@dataclass(frozen=True, slots=True)
class Standing:
    """Terms in force. Amounts in yen with tax; `amendments` counts the concluded ones."""

    amount: Decimal
    tax: Decimal
    period_from: date
    period_to: date
    amendments: int
    amendment_pending: bool
    cancelled_on: date | None

    @property
    def in_force_until(self) -> date:
        return min(self.period_to, self.cancelled_on) if self.cancelled_on else self.period_to


def standing(session: Session, contract: Contract) -> Standing:
    """What holds now for a contract that is no amendment itself."""
    amount, tax, period_to = contract.amount, contract.tax, contract.period_to
    done, pending = 0, False
    for row, child in amendments(session, contract.id):
        if child.state in {ContractState.CONCLUDED, ContractState.DISPOSED}:
            done += 1
            amount, tax = amount + row.change, tax + row.tax_change
            period_to = child.period_to
        elif child.current_state not in ENDED:
            pending = True
    ended = cancelled(session, contract.id)
    return Standing(
        amount=amount,
        tax=tax,
        period_from=contract.period_from,
        period_to=period_to,
        amendments=done,
        amendment_pending=pending,
        cancelled_on=ended.effective_on if ended else None,
    )


def in_force(session: Session, contract_id: str, act: tuple[str, str]) -> Contract:
    """The contract, held, if it is 確定 and not cancelled. What stands beside it is part of it.

    Raises NotConcluded. A provisional contract is 確定 after the vote only (econtract.council)."""
    contract = queries.locked(session, contract_id)
    if contract.state != ContractState.CONCLUDED or cancelled(session, contract_id):
        raise NotConcluded(act_ja=act[0], act_en=act[1])
    if contract.parent_id is not None:
        raise NotConcluded(
            act_ja=f"{act[0]}（元の契約で行います）", act_en=f"{act[1]}, on a part of another"
        )
    return contract


def amendments(session: Session, parent_id: str) -> Sequence[tuple[Amendment, Contract]]:
    """Amendments of an original, oldest first, each with its own contract."""
    rows = session.execute(
        select(Amendment, Contract)
        .join(Contract, Contract.id == Amendment.contract_id)
        .where(Amendment.parent_id == parent_id)
        .order_by(Amendment.position)
    )
    return [(row[0], row[1]) for row in rows]


def amendment_of(session: Session, contract_id: str) -> Amendment | None:
    """The amendment that this contract is, if it is one."""
    return session.scalar(select(Amendment).where(Amendment.contract_id == contract_id))


def parts(session: Session, parent_id: str) -> Sequence[Contract]:
    """All that was written beside an original (変更契約, 覚書), oldest first."""
    return session.scalars(
        select(Contract)
        .where(Contract.parent_id == parent_id)
        .order_by(Contract.created_at, Contract.sequence)
    ).all()


def cancelled(session: Session, contract_id: str) -> Cancellation | None:
    """The decided cancellation."""
    return session.scalar(
        select(Cancellation).where(
            Cancellation.contract_id == contract_id, Cancellation.state == "decided"
        )
    )


def cancellations(session: Session, contract_id: str) -> Sequence[Cancellation]:
    return session.scalars(
        select(Cancellation)
        .where(Cancellation.contract_id == contract_id)
        .order_by(Cancellation.proposed_at)
    ).all()


def notices(session: Session, contract_id: str) -> Sequence[PerformanceNotice]:
    """What the vendor has given notice of, oldest first."""
    return session.scalars(
        select(PerformanceNotice)
        .where(PerformanceNotice.contract_id == contract_id)
        .order_by(PerformanceNotice.given_at, PerformanceNotice.id)
    ).all()


def waiting_notices(session: Session) -> Sequence[tuple[PerformanceNotice, Contract]]:
    """Notices that wait for the city, oldest first."""
    rows = session.execute(
        select(PerformanceNotice, Contract)
        .join(Contract, Contract.id == PerformanceNotice.contract_id)
        .where(PerformanceNotice.answer == "waiting")
        .order_by(PerformanceNotice.given_at)
        .limit(queries.MAX_LIST)
    )
    return [(row[0], row[1]) for row in rows]


def guarantees(session: Session, contract_id: str) -> Sequence[Guarantee]:
    return session.scalars(
        select(Guarantee)
        .where(Guarantee.contract_id == contract_id)
        .order_by(Guarantee.recorded_at, Guarantee.id)
    ).all()


def vote(session: Session, contract_id: str) -> CouncilVote | None:
    return session.get(CouncilVote, contract_id)


def grant(session: Session, contract_id: str) -> AdvanceGrant | None:
    return session.get(AdvanceGrant, contract_id)


def attached_file(
    session: Session, store: Store, contract_id: str, sha256: str, *, actor: Actor
) -> tuple[str, bytes]:
    """(name, bytes) of a file attached to one of this contract's own rows, or NoSuchEntry.

    The hash alone opens nothing: it must stand on a row of this contract (T-27). Files of
    guarantees are the city's own."""
    rows: list[PerformanceNotice | Guarantee | CouncilVote] = [*notices(session, contract_id)]
    if actor.kind == "staff":
        rows += guarantees(session, contract_id)
        if (voted := vote(session, contract_id)) is not None:
            rows.append(voted)
    for row in rows:
        for file in row.files:
            if file["sha256"] == sha256:
                return str(file["name"]), store.read(sha256)
    raise NoSuchEntry()


def note(
    session: Session,
    contract_id: str,
    actor: Actor,
    action: str,
    details: dict[str, Any],
    at: datetime,
) -> None:
    """An entry in the contract's trail."""
    session.flush()
    audit.append(session, actor, f"contract.{action}", f"contract:{contract_id}", details, at)
