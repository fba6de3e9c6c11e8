"""当事者型: a party signs with a key of its own, which never comes here.

1. `choose`: who signs how, set when the contract is made and by the party until it signs.
2. `ask`: the party presents its certificate; it must be one the verifier accepts today and name the
   person who signs or the organisation. The worker opens the slot (econtract/opening_job.py).
3. The party's machine answers the digest (`warifu sign`) within `remote.VALID_FOR`.
4. `take_answer`: the signature is checked at once; then the same act as everyone's is left
   (econtract/execution.py), and the signing job embeds the answer instead of making a signature.
Until 4 nothing is held back: the party may decline, the city may call off, a colleague may sign by
the other way; whatever moves the document on makes the digest worthless.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from econtract import queries, states
from econtract.binding import decided_document
from econtract.errors import NotYourTurn, SeenBytesDiffer
from econtract.models import Contract, Party
from econtract.own_key_errors import (
    AnswerRefused,
    CertificateOfAnother,
    HandOutGone,
    HandOutNotReady,
)
from econtract.own_key_models import HandOut
from econtract.turns import city_turn, vendor_turn
from records import Actor, audit, jobs, new_id
from records.name_folding import fold
from signing import Trust, presented, remote
from signing.errors import SigningError
from signing.presented import Presented

LIVE = ("opening", "ready", "refused")


def choose(
    session: Session, *, contract_id: str, party_id: str, own_key: bool, actor: Actor, at: datetime
) -> Party:
    """Whether the party signs with its own key; may be changed until it has signed."""
    contract = queries.locked(session, contract_id)
    states.require(contract.current_state, "choose_way")
    party = _party(session, contract, party_id)
    if party.own_key != own_key:
        party.own_key = own_key
        audit.append(
            session,
            actor,
            "contract.way_chosen",
            f"contract:{contract.id}",
            {"party": party.slot, "own_key": "yes" if own_key else "no"},
            at,
        )
    return party


def ask(
    session: Session,
    *,
    contract_id: str,
    party_id: str,
    certificate: Presented,
    trust: Trust,
    person: str,
    capacity: str,
    statement: str,
    seen_sha256: str,
    actor: Actor,
    at: datetime,
    also_named: Collection[str] = (),
) -> HandOut:
    """Have the digest made that this certificate's key is to sign; asked twice it is one.

    The caller has judged who the person is and whether they may sign; `also_named` are further
    names that the certificate may bear (the city's office, the officer). Raises NotYourTurn,
    SigningOverdue, SeenBytesDiffer, CertificateOfAnother, signing's CredentialErrors."""
    contract = queries.locked(session, contract_id)
    party = _party(session, contract, party_id)
    if party.side == "vendor":
        states.require(contract.current_state, "sign_vendor")
        vendor_turn(session, contract, party_id, at)
    else:
        states.require(contract.current_state, "sign_city")
        city_turn(session, contract)
    document = decided_document(session, contract)
    if document.sha256 != seen_sha256:
        raise SeenBytesDiffer()
    certificate.check(trust, at)
    check_named(certificate, person=person, organisation=party.organisation, also=also_named)
    assert contract.current_sha256 is not None
    live = current(session, contract, party, at)
    if (
        live is not None
        and live.state != "refused"
        and live.fingerprint == certificate.fingerprint
        and live.asked_by["id"] == actor.id
    ):
        return live
    session.execute(
        update(HandOut)
        .where(HandOut.party_id == party.id, HandOut.state.in_(LIVE))
        .values(state="replaced")
    )
    row = HandOut(
        id=new_id(),
        contract_id=contract.id,
        party_id=party.id,
        act_id=new_id(),
        slot=party.slot,
        person=person,
        capacity=capacity,
        statement=statement,
        certificates=presented.pem(certificate.certificate, certificate.chain).decode(),
        subject=certificate.subject,
        fingerprint=certificate.fingerprint,
        decided_sha256=seen_sha256,
        input_sha256=contract.current_sha256,
        state="opening",
        asked_by={"kind": actor.kind, "id": actor.id, "name": actor.name},
        asked_at=at,
    )
    session.add(row)
    session.flush()
    jobs.enqueue(session, "econtract.open_slot", key=row.id, args={"hand_out_id": row.id})
    audit.append(
        session,
        actor,
        "contract.digest_asked",
        f"contract:{contract.id}",
        {"party": party.slot, "certificate": row.subject, "fingerprint": row.fingerprint},
        at,
    )
    return row


def current(session: Session, contract: Contract, party: Party, at: datetime) -> HandOut | None:
    """The digest that may still be answered, is being made, or could not be made (`problem`)."""
    row = _newest(session, contract, party)
    if row is None or row.input_sha256 != contract.current_sha256:
        return None
    return None if row.expires_at is not None and row.expires_at < at else row


def ready(session: Session, contract: Contract, party: Party, at: datetime) -> HandOut:
    """The digest that may be given out and answered now. Raises HandOutGone, HandOutNotReady."""
    row = _newest(session, contract, party)
    if row is None:
        raise HandOutGone(
            why_ja="依頼がないか、すでに使われました。", why_en="There is none, or it was used."
        )
    if row.input_sha256 != contract.current_sha256:
        raise HandOutGone(
            why_ja="依頼の後に、書類の状態が変わりました。",
            why_en="The document has moved on since.",
        )
    if row.state == "opening":
        raise HandOutNotReady()
    if row.state == "refused":
        problem = row.problem or {}
        raise HandOutGone(
            why_ja=problem.get("message_ja", ""), why_en=problem.get("message_en", "")
        )
    assert row.expires_at is not None
    if at > row.expires_at:
        raise HandOutGone(
            why_ja="有効時間（30分）が過ぎました。", why_en="Its thirty minutes have passed."
        )
    return row


def take_answer(
    session: Session, *, contract_id: str, party_id: str, text: str, actor: Actor, at: datetime
) -> HandOut:
    """The digest whose answer this is, answered. The caller leaves the act in this transaction.

    Raises HandOutGone, HandOutNotReady, AnswerRefused."""
    contract = queries.locked(session, contract_id)
    party = _party(session, contract, party_id)
    row = ready(session, contract, party, at)
    if row.asked_by["id"] != actor.id:
        raise HandOutGone(
            why_ja="ほかの人が受け取った依頼です。", why_en="Somebody else took this request."
        )
    assert row.request is not None
    try:
        given = remote.Answer.from_json(text)
        remote.check_answer(remote.Request.from_json(row.request), given, at)
    except SigningError as error:
        raise AnswerRefused(why_ja=error.message_ja, why_en=error.message_en) from error
    row.answer, row.answered_at, row.state = given.to_json(), at, "answered"
    return row


def check_named(
    certificate: Presented, *, person: str, organisation: str, also: Collection[str] = ()
) -> None:
    """Raise CertificateOfAnother unless it names the person, or is the organisation's own.

    The organisation's own is one that names no other person: a common name that is the company's,
    is missing, or has no letters (商業登記 writes a number there)."""
    people = {fold(name) for name in certificate.people}
    if people & {fold(name) for name in (person, organisation, *also)}:
        return
    named = {fold(name) for name in certificate.organisations}
    if fold(organisation) in named and not any(c.isalpha() for name in people for c in name):
        return
    raise CertificateOfAnother(
        field="certificate",
        names="、".join(dict.fromkeys((*certificate.organisations, *certificate.people))) or "なし",
        person=person,
        organisation=organisation,
    )


def _newest(session: Session, contract: Contract, party: Party) -> HandOut | None:
    """One at most: a newer request replaces it, an answer ends it."""
    return session.scalar(
        select(HandOut).where(
            HandOut.contract_id == contract.id,
            HandOut.party_id == party.id,
            HandOut.state.in_(LIVE),
        )
    )


def _party(session: Session, contract: Contract, party_id: str) -> Party:
    party = session.get(Party, party_id)
    if party is None or party.contract_id != contract.id:
        raise NotYourTurn(whose_ja="契約の当事者", whose_en="a party of the contract")
    return party
