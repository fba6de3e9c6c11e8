"""満了: contracts whose term ends soon, by the terms in force, and who was reminded of what.

A term moved by an amendment counts as moved; a cancelled contract ends no more. Each reminder is
a row of its own (contract, kind, day), so that a job run twice or late tells nobody twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from econtract import endings
from econtract.life_models import LifeReminder
from econtract.life_rules import LifeRules
from econtract.models import Contract
from econtract.queries import MAX_LIST
from econtract.states import ContractState
from records import calendar

PARTS_OF_ANOTHER = ("amendment", "memorandum")


@dataclass(frozen=True, slots=True)
class Ending:
    """A contract and the last day of its term in force. `spans_years`: several fiscal years."""

    contract: Contract
    ends_on: date
    days_left: int
    spans_years: bool


def ending(
    session: Session, *, first: date, last: date, today: date, department: str | None = None
) -> Sequence[Ending]:
    """Contracts in force that end from `first` to `last`, the nearest first."""
    query = (
        select(Contract, endings.ends_on)
        .where(
            Contract.state == ContractState.CONCLUDED,
            Contract.form.not_in(PARTS_OF_ANOTHER),
            endings.ends_on.between(first, last),
            ~endings.is_cancelled,
        )
        .order_by(endings.ends_on, Contract.number)
        .limit(MAX_LIST)
    )
    if department is not None:
        query = query.where(Contract.department == department)
    return [
        Ending(contract, ends_on, (ends_on - today).days, _spans_years(contract, ends_on))
        for contract, ends_on in session.execute(query)
    ]


def _spans_years(contract: Contract, ends_on: date) -> bool:
    return calendar.fiscal_year(contract.period_from) != calendar.fiscal_year(ends_on)


def due_reminders(session: Session, *, rules: LifeRules, at: datetime) -> Sequence[Ending]:
    """Contracts whose section is to be told today; noted as told in this transaction.

    Of several steps that have passed (90, 30 days) only the nearest is told."""
    today = calendar.jst_date(at)
    if not rules.reminder_days:
        return []
    told = []
    last = today + timedelta(days=max(rules.reminder_days))
    for found in ending(session, first=today, last=last, today=today):
        step = min(days for days in rules.reminder_days if days >= found.days_left)
        if note_once(session, found.contract.id, f"end-{step}", found.ends_on, at):
            told.append(found)
    return told


def note_once(session: Session, contract_id: str, kind: str, day: date, at: datetime) -> bool:
    """Whether this reminder is new; it is noted either way."""
    made = session.scalar(
        insert(LifeReminder)
        .values(contract_id=contract_id, kind=kind[:40], day=day, sent_at=at)
        .on_conflict_do_nothing()
        .returning(LifeReminder.contract_id)
    )
    return made is not None
