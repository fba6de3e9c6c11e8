"""Where contracts in force stand against their end, in SQL: 満了が近い, 満了, 解除, 取下げ.

The term is the one in force: moved by the last concluded amendment (econtract/living.py says the
same of one contract). What stands beside a contract ends with it and is in none of these lists.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from econtract.life_models import Amendment, Cancellation
from econtract.models import Contract
from econtract.states import ContractState

SOON = timedelta(days=90)
_child = aliased(Contract)


class Standing(StrEnum):
    EXPIRING = "expiring"
    ENDED = "ended"
    CANCELLED = "cancelled"
    CALLED_OFF = "called_off"


NAMES: dict[Standing, str] = {
    Standing.EXPIRING: f"満了まで{SOON.days}日以内",
    Standing.ENDED: "満了した",
    Standing.CANCELLED: "解除した",
    Standing.CALLED_OFF: "取り下げた・辞退・否決",
}

#: The last day of the term in force.
ends_on: ColumnElement[date] = func.coalesce(
    select(_child.period_to)
    .join(Amendment, Amendment.contract_id == _child.id)
    .where(
        Amendment.parent_id == Contract.id,
        _child.state.in_([ContractState.CONCLUDED, ContractState.DISPOSED]),
    )
    .order_by(Amendment.position.desc())
    .limit(1)
    .correlate(Contract)
    .scalar_subquery(),
    Contract.period_to,
)

is_cancelled: ColumnElement[bool] = (
    select(Cancellation.id)
    .where(Cancellation.contract_id == Contract.id, Cancellation.state == "decided")
    .correlate(Contract)
    .exists()
)


def standing(name: Standing, today: date) -> list[ColumnElement[bool]]:
    """What makes a contract stand so on `today` (JST)."""
    if name is Standing.CALLED_OFF:
        ended = (ContractState.WITHDRAWN, ContractState.DECLINED, ContractState.VOTED_DOWN)
        return [Contract.state.in_(ended)]
    if name is Standing.CANCELLED:
        return [is_cancelled]
    concluded = [
        Contract.concluded_at.is_not(None),
        Contract.parent_id.is_(None),
        ~is_cancelled,
    ]
    if name is Standing.EXPIRING:
        return [*concluded, ends_on.between(today, today + SOON)]
    return [*concluded, ends_on < today]
