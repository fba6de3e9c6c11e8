"""Reminding the vendor whose turn it is: by itself some days before the day, by hand once a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from econtract import queries, states
from econtract.errors import EContractError
from econtract.models import Contract, Party
from econtract.reminder_models import SigningReminder
from econtract.states import STATE_NAMES, ContractState
from econtract.turns import vendor_turn
from records import Actor, audit, calendar

#: Days before the last day on which a reminder goes out by itself; 0 is the last day.
DAYS_BEFORE = (5, 2, 0)


class RemindedToday(EContractError):
    """One reminder a day is enough for anybody."""

    code = "econtract.reminded_today"
    status = 409
    ja = "今日はすでに催促を送りました。催促は1日1回までです。"
    en = "A reminder went out today already; one a day is the most."
    mend_ja = "急ぐときは、受注者に電話してください。"
    mend_en = "Phone the vendor if it is urgent."


def remind(
    session: Session, contract_id: str, *, by_hand: bool, actor: Actor, at: datetime
) -> tuple[Contract, Party]:
    """Note the reminder of today and say whom to remind; the door sends the mail.

    Raises RemindedToday, MoveRefused, SigningOverdue (then a new invitation is due)."""
    contract = queries.locked(session, contract_id)
    states.require(contract.current_state, "resend")
    party = queries.next_party(session, contract)
    assert party is not None, STATE_NAMES[contract.current_state]
    vendor_turn(session, contract, party.id, at)
    noted = session.scalar(
        insert(SigningReminder)
        .values(
            contract_id=contract.id,
            day=calendar.jst_date(at),
            slot=party.slot,
            by_hand=by_hand,
            sent_at=at,
        )
        .on_conflict_do_nothing()
        .returning(SigningReminder.contract_id)
    )
    if noted is None:
        raise RemindedToday()
    details = {"to": party.slot, "how": "by_hand" if by_hand else "by_itself"}
    audit.append(session, actor, "contract.reminded", f"contract:{contract.id}", details, at)
    return contract, party


def due(session: Session, at: datetime) -> Sequence[str]:
    """Contracts whose vendor is reminded by itself today and was not yet."""
    today = calendar.jst_date(at)
    rows = session.scalars(
        select(Contract)
        .where(
            Contract.state == ContractState.AWAITING_VENDOR,
            Contract.sign_by.is_not(None),
            ~select(SigningReminder.contract_id)
            .where(SigningReminder.contract_id == Contract.id, SigningReminder.day == today)
            .exists(),
        )
        .order_by(Contract.sign_by)
    )
    return [
        row.id
        for row in rows
        if row.sign_by is not None
        and (calendar.jst_date(row.sign_by) - today).days in DAYS_BEFORE
        and row.sent_at is not None
        and calendar.jst_date(row.sent_at) != today
    ]
