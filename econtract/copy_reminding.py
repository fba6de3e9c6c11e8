"""Reminding a vendor that has not taken its copy of a concluded contract.

Putting a contract up for viewing is not enough: it has to be recorded in the recipient's own file
(建設業法施行規則13条の4第1項1号ロ), and the vendor keeps it as data (電子帳簿保存法7条). So the
service asks again, on business days, 3, 10, 30 and 60 days after 確定, and then lets staff phone:
the contract stays on their list of missing copies.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from econtract import queries
from econtract.alarms import SYSTEM
from econtract.deps import Deps
from econtract.models import Contract
from records import audit, calendar

AFTER_DAYS = (3, 10, 30, 60)


def due(concluded_on: date, already: int, today: date) -> bool:
    """Whether one more reminder is due today, after `already` of them."""
    if already >= len(AFTER_DAYS) or not calendar.is_business_day(today):
        return False
    return (today - concluded_on).days >= AFTER_DAYS[already]


def remind_copies(deps: Deps) -> None:
    """Job "econtract.remind_copies", daily. Each contract is its own transaction: a crash in the
    middle neither loses a reminder nor sends one twice."""
    with deps.database.reader() as session:
        waiting = session.scalars(
            select(Contract.id).where(
                Contract.concluded_at.is_not(None),
                Contract.vendor_has_copy_at.is_(None),
                Contract.copy_reminders < len(AFTER_DAYS),
            )
        ).all()
    for contract_id in waiting:
        at = deps.clock.now()
        with deps.database.transaction() as session:
            contract = queries.locked(session, contract_id)
            if contract.concluded_at is None or contract.vendor_has_copy_at is not None:
                continue
            concluded_on = calendar.jst_date(contract.concluded_at)
            if not due(concluded_on, contract.copy_reminders, calendar.jst_date(at)):
                continue
            contract.copy_reminders += 1
            for party in queries.parties(session, contract_id):
                if party.side == "vendor":
                    deps.notices.copy_missing(session, contract, party, at)
            audit.append(
                session,
                SYSTEM,
                "contract.copy_reminded",
                f"contract:{contract_id}",
                {"reminder": contract.copy_reminders},
                at,
            )
