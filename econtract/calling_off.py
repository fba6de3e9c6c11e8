"""Calling a contract off after it was sent and before the city has signed.

The contract ends here, as one that was withdrawn; its number, its documents and the signatures
given stay in the register, and the award may be contracted anew. Nothing was final before the last
signature (地方自治法234条5項), so nothing has to be cancelled; but who was invited or has agreed is
told, with the reason, and their links end. While a signature is being made it waits for that.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econtract import queries, states
from econtract.models import Contract, Party
from econtract.notices import Notices
from econtract.reasons import checked_reason
from econtract.states import ContractState
from records import Actor, audit


def call_off(
    session: Session,
    contract_id: str,
    *,
    reason: str,
    notices: Notices,
    actor: Actor,
    at: datetime,
) -> Contract:
    """End a sent contract with a reason; done twice it is done, and told, once.

    Raises MoveRefused (not sent, being signed, or over), ReasonRequired."""
    contract = queries.locked(session, contract_id)
    if is_called_off(contract):
        return contract
    states.require(contract.current_state, "call_off")
    text = checked_reason(reason)
    told = invited(session, contract)
    was = contract.state
    contract.note = {"called_off": "yes", "reason": text, "by": actor.name}
    contract.move(ContractState.WITHDRAWN, at)
    details = {"reason": text, "was": was, "told": ",".join(party.slot for party in told)}
    audit.append(session, actor, "contract.called_off", f"contract:{contract.id}", details, at)
    notices.called_off(session, contract, told, at)
    return contract


def is_called_off(contract: Contract) -> bool:
    """Whether the city took the contract back after it was sent."""
    return contract.state == ContractState.WITHDRAWN and bool(
        (contract.note or {}).get("called_off")
    )


def invited(session: Session, contract: Contract) -> list[Party]:
    """The vendor parties that have heard of the contract: who signed, and whose turn it is."""
    following = queries.next_party(session, contract)
    return [
        party
        for party in queries.parties(session, contract.id)
        if party.side == "vendor" and (following is None or party.position <= following.position)
    ]
