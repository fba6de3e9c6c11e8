"""Sending the decided document to whoever signs first, and asking again.

The way the invitation travels (mailed link, case code by another route) is the door's; this module
decides whether anything may go out at all, and until when. Other bytes than the decided ones are
an alarm, not a refusal to be retried.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy.orm import Session

from econtract import queries, states
from econtract.binding import decided_document, read_kept
from econtract.drafting import checked_reason
from econtract.errors import MoveRefused
from econtract.models import Contract, Party
from econtract.notices import Notices
from econtract.rules import Rules
from econtract.states import STATE_NAMES, ActState, ContractState
from econtract.turns import TOKYO, vendor_turn
from records import Actor, Store, audit
from signing import Validity


def send(
    session: Session,
    store: Store,
    contract_id: str,
    *,
    rules: Rules,
    notices: Notices,
    certificates: Sequence[Validity],
    actor: Actor,
    at: datetime,
) -> Contract:
    """Open the contract for the first vendor's signature and have it told so.

    `certificates` are those of the keys that will sign: each must last until the last party's
    turn would end, or the round would be begun in vain.

    Sent twice by a double click, the second press finds it sent and changes nothing. Raises
    DecidedBytesDiffer or KeptBytesDamaged (alarms), MoveRefused; CertificateExpiresTooSoon,
    CertificateExpired or CertificateNotYetValid of `signing.errors`."""
    contract = queries.locked(session, contract_id)
    if contract.state == ContractState.AWAITING_VENDOR:
        return contract
    states.require(contract.current_state, "send")
    document = decided_document(session, contract)
    assert document.sha256 is not None
    read_kept(store, contract.id, document.sha256)
    first = queries.next_party(session, contract)
    assert first is not None
    _check_certificates(session, contract, certificates, rules, at)
    contract.sent_at = at
    contract.sign_by = deadline(at, rules.sending_days)
    contract.move(ContractState.AWAITING_VENDOR, at)
    audit.append(
        session,
        actor,
        "contract.sent",
        f"contract:{contract.id}",
        {
            "sha256": document.sha256,
            "to": first.slot,
            "sign_by": contract.sign_by.isoformat(),
        },
        at,
    )
    notices.vendor_turn(session, contract, first, at)
    return contract


def send_again(
    session: Session,
    contract_id: str,
    *,
    rules: Rules,
    notices: Notices,
    certificates: Sequence[Validity],
    actor: Actor,
    at: datetime,
) -> Party:
    """A new invitation to whose turn it is, with a new deadline. Old links stop working.

    `certificates` as in `send`."""
    contract = queries.locked(session, contract_id)
    states.require(contract.current_state, "resend")
    party = queries.next_party(session, contract)
    if party is None or party.side != "vendor":
        state_ja, state_en = STATE_NAMES[contract.current_state]
        raise MoveRefused(
            state_ja=state_ja, state_en=state_en, act_ja="送り直す", act_en="send again"
        )
    _check_certificates(session, contract, certificates, rules, at)
    contract.sign_by = deadline(at, rules.sending_days)
    audit.append(
        session,
        actor,
        "contract.sent_again",
        f"contract:{contract.id}",
        {"to": party.slot, "sign_by": contract.sign_by.isoformat()},
        at,
    )
    notices.vendor_turn(session, contract, party, at)
    return party


def decline(
    session: Session,
    *,
    contract_id: str,
    party_id: str,
    reason: str,
    notices: Notices,
    actor: Actor,
    at: datetime,
) -> Contract:
    """The vendor whose turn it is does not sign, and says why. The contract ends here."""
    contract = queries.locked(session, contract_id)
    if contract.state == ContractState.DECLINED:
        return contract
    states.require(contract.current_state, "decline")
    party = vendor_turn(session, contract, party_id, at)
    text = checked_reason(reason)
    contract.note = {"reason": text, "by": f"{party.organisation} {party.person}"}
    contract.move(ContractState.DECLINED, at)
    audit.append(
        session,
        actor,
        "contract.declined",
        f"contract:{contract.id}",
        {"party": party.slot, "reason": text},
        at,
    )
    notices.declined(session, contract, party, at)
    return contract


def _check_certificates(
    session: Session,
    contract: Contract,
    certificates: Sequence[Validity],
    rules: Rules,
    at: datetime,
) -> None:
    """Each party, the city last, may take `sending_days`: until then the certificates must last."""
    done = queries.acts(session, contract.document_id) if contract.document_id else {}
    waiting = [
        party
        for party in queries.parties(session, contract.id)
        if party.slot not in done or done[party.slot].state != ActState.SIGNED
    ]
    until = deadline(at, rules.sending_days * len(waiting))
    for certificate in certificates:
        certificate.check(at, until=until)


def deadline(at: datetime, days: int) -> datetime:
    """The end (23:59:59 in Japan) of the day `days` after `at`."""
    last_day = at.astimezone(TOKYO).date() + timedelta(days=days)
    return datetime.combine(last_day, time(23, 59, 59), TOKYO)
