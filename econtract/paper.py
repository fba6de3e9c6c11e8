"""A vendor takes back its consent to the electronic means: the case goes on on paper.

建設業法施行令5条の5: who consented may say that they want no electronic means any more. Before the
vendor's signature this ends the electronic contract; its number stays, and the award is free for
the paper procedure. After the signature it is a matter of cancelling, not of consent.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econtract import queries, states
from econtract.models import Contract
from econtract.reasons import checked_reason
from econtract.states import ContractState
from econtract.turns import vendor_turn
from records import Actor, audit


def switch(
    session: Session,
    *,
    contract_id: str,
    party_id: str,
    reason: str,
    actor: Actor,
    at: datetime,
) -> Contract:
    """End the electronic way at the vendor's wish; done twice it is done once.

    Raises MoveRefused, NotYourTurn, SigningOverdue, ReasonRequired."""
    contract = queries.locked(session, contract_id)
    if is_on_paper(contract):
        return contract
    states.require(contract.current_state, "decline")
    party = vendor_turn(session, contract, party_id, at)
    text = checked_reason(reason)
    for consent in queries.consents(session, contract.id):
        if consent.withdrawn_at is None:
            consent.withdrawn_at = at
    contract.note = {
        "paper": "yes",
        "reason": text,
        "by": f"{party.organisation} {party.person}",
    }
    contract.move(ContractState.WITHDRAWN, at)
    details = {"party": party.slot, "reason": text}
    audit.append(session, actor, "contract.to_paper", f"contract:{contract.id}", details, at)
    return contract


def is_on_paper(contract: Contract) -> bool:
    """Whether the contract ended here because it goes on on paper."""
    return contract.state == ContractState.WITHDRAWN and bool((contract.note or {}).get("paper"))
