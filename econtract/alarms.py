"""What happens when bytes are not what they must be: recorded, told, and the contract stopped.

The act that found it was rolled back with its transaction, so this runs in one of its own, called
by whoever stands at the boundary (request, job) with the Alarm it caught.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econtract import queries
from econtract.errors import Alarm
from econtract.notices import Notices
from econtract.states import ActState, ContractState
from records import Actor, audit

SYSTEM = Actor("system", "econtract", "warifu")


def record(session: Session, alarm: Alarm, *, notices: Notices, at: datetime) -> None:
    """Stop the contract and write down why. A concluded contract keeps its state: it stays
    final, but the alarm is in its trail and somebody is told."""
    contract = queries.locked(session, alarm.contract_id)
    stopped = contract.concluded_at is None and contract.state != ContractState.HALTED
    if stopped:
        contract.note = {
            "code": alarm.code,
            "message_ja": alarm.message_ja,
            "message_en": alarm.message_en,
            "from": contract.state,
        }
        contract.move(ContractState.HALTED, at)
        act = queries.open_act(session, contract)
        if act is not None:
            # What was asked for will never be done on these bytes: say so beside the person.
            act.state = ActState.REFUSED
            act.problem = {"code": alarm.code, "message_ja": alarm.message_ja}
    audit.append(
        session,
        SYSTEM,
        "contract.alarm",
        f"contract:{contract.id}",
        {"code": alarm.code, **{k: str(v) for k, v in sorted(alarm.values.items())}},
        at,
    )
    notices.alarm(session, contract, alarm.code, at)
