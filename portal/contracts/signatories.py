"""Who signs for a vendor: the person the contract names, or a delegate with recorded authority.

Whoever holds the mailbox could otherwise press the button for anybody (無権代理).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econtract import authorities, queries, states
from econtract.authority_errors import AuthorityFallsShort, ForwardRefused
from econtract.execution import Signatory
from econtract.models import Contract, Party
from econtract.turns import vendor_turn
from portal.accounts.models import VendorUser
from portal.contracts.letters import Letters
from portal.security import Identity
from records import Actor, audit, calendar


def signatory(
    session: Session, user: Identity, contract: Contract, party: Party, at: datetime
) -> Signatory | None:
    """None: the person whom the contract itself names. Otherwise the delegate, with capacity.

    Raises AuthorityFallsShort with the reason, for today and this contract."""
    if user.mail == party.email.lower():
        return None
    row = authorities.require(
        session,
        contract,
        organisation_id=party.vendor_id or "-",
        holder_id=user.id,
        holder_name=user.name,
        day=calendar.jst_date(at),
    )
    return Signatory(
        person=user.name,
        capacity=f"{party.role}　{party.organisation}　{row.capacity}",
        authority_id=row.id,
    )


def shown(
    session: Session, user: Identity, contract: Contract, party: Party, at: datetime
) -> tuple[Signatory | None, AuthorityFallsShort | None]:
    """For the page: the delegate as the signature will show them, or why they may not sign."""
    try:
        return signatory(session, user, contract, party, at), None
    except AuthorityFallsShort as short:
        return None, short


def forward(
    session: Session,
    letters: Letters,
    *,
    contract: Contract,
    party: Party,
    to: VendorUser | None,
    note: str,
    by: Identity,
    actor: Actor,
    at: datetime,
) -> VendorUser:
    """Hand the contract on to another person of the same vendor, who gets a link of their own.

    Whether that person may sign is judged when they sign. Raises ForwardRefused, MoveRefused,
    NotYourTurn, SigningOverdue."""
    contract = queries.locked(session, contract.id)
    states.require(contract.current_state, "consent")
    vendor_turn(session, contract, party.id, at)
    if to is None or to.vendor_id != party.vendor_id or not to.active:
        raise ForwardRefused(
            why_ja="自社の利用者ではありません。", why_en="It is nobody of your company."
        )
    if to.id == by.id:
        raise ForwardRefused(why_ja="あなた自身です。", why_en="It is yourself.")
    audit.append(
        session,
        actor,
        "contract.forwarded",
        f"contract:{contract.id}",
        {"party": party.slot, "to": to.name, "person": to.id, "note": note.strip()[:200]},
        at,
    )
    letters.forwarded(session, contract, party, to, by=by.name, note=note.strip()[:200], at=at)
    return to
