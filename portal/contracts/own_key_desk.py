"""Signing with a party's own key (当事者型), as pages and API share it: who, with what, how far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import Request
from sqlalchemy.orm import Session

from econtract import execution, own_keys, queries
from econtract.binding import read_kept
from econtract.errors import EContractError
from econtract.models import Contract, Party
from econtract.own_key_models import HandOut
from portal.contracts import ceremony, signatories
from portal.contracts.ceremony import Given, Place
from portal.contracts.parts import rules_of
from portal.security import Identity
from portal.service import Service
from records import audit, calendar
from signing import presented
from signing.errors import SigningError

MAX_CERTIFICATE = presented.MAX_FILE
MAX_ANSWER = 64 * 1024

#: What the party's person types on the own machine; the files are downloaded from the page.
COMMANDS = (
    (
        "ファイルの証明書（.p12 / .pfx）のとき",
        "warifu sign request.json --document contract.pdf --pkcs12 証明書.p12 --answer answer.json",
    ),
    (
        "ICカードのとき（PKCS#11）",
        "warifu sign request.json --document contract.pdf --pkcs11 カードのライブラリ"
        " --token カードの名前 --label 鍵の名前 --answer answer.json",
    ),
)
CERTIFICATE_COMMAND = "warifu sign --certificate certificate.pem --pkcs12 証明書.p12"


@dataclass(frozen=True, slots=True)
class Signer:
    """Whom the signature will name, for which party."""

    contract: Contract
    party: Party
    person: str
    capacity: str
    statement: str


def vendor(session: Session, user: Identity, here: Place, at: datetime) -> Signer:
    """The vendor's person, or delegate. Raises CodeRefused, AuthorityFallsShort."""
    ceremony.require_opened(here, at)
    delegate = signatories.signatory(session, user, here.contract, here.party, at)
    return Signer(
        here.contract,
        here.party,
        delegate.person if delegate else here.party.person,
        delegate.capacity if delegate else here.party.capacity,
        execution.VENDOR_STATEMENT.format(number=here.contract.number),
    )


def city(service: Service, session: Session, user: Identity, contract: Contract) -> Signer:
    """The contracting officer. Raises AuthorityMissing."""
    execution.require_city_authority(
        session,
        contract,
        rules=rules_of(service),
        officer=user.name,
        actor=user.actor,
        day=calendar.jst_date(service.clock.now()),
    )
    party = next(p for p in queries.parties(session, contract.id) if p.side == "city")
    return Signer(
        contract,
        party,
        party.person,
        party.capacity,
        execution.CITY_STATEMENT.format(number=contract.number),
    )


def ask(
    service: Service, session: Session, user: Identity, signer: Signer, data: bytes, sha256: str
) -> HandOut:
    """Present a certificate; the worker makes the digest. A refused one stands in the trail.

    Raises EContractError or SigningError, both with words for the person."""
    at = service.clock.now()
    party = signer.party
    try:
        certificate = presented.read(data)
        return own_keys.ask(
            session,
            contract_id=signer.contract.id,
            party_id=party.id,
            certificate=certificate,
            trust=service.trust,
            person=signer.person,
            capacity=signer.capacity,
            statement=signer.statement,
            also_named=(party.title, user.name) if party.side == "city" else (),
            seen_sha256=sha256,
            actor=user.actor,
            at=at,
        )
    except (EContractError, SigningError) as refused:
        _note(service, user, signer, "contract.certificate_refused", refused.code)
        raise


def sign_vendor(
    request: Request, service: Service, session: Session, user: Identity, here: Place, text: str
) -> None:
    """Take the answer and leave the vendor's act. A second press changes nothing."""
    at = service.clock.now()
    if here.has_acted:
        return
    signer = vendor(session, user, here, at)
    row = _answer(service, session, user, signer, text)
    ceremony.sign(request, service, session, user, here, row.decided_sha256, hand_out=row)


def sign_city(
    request: Request,
    service: Service,
    session: Session,
    user: Identity,
    contract: Contract,
    text: str,
    given: Given,
    *,
    date_reason: str = "",
) -> None:
    """Take the answer and leave the city's act. A second press changes nothing."""
    signer = city(service, session, user, contract)
    acts = queries.acts(session, contract.document_id) if contract.document_id else {}
    if signer.party.slot in acts:
        return
    row = _answer(service, session, user, signer, text)
    ceremony.close(
        request,
        service,
        session,
        user,
        contract.id,
        row.decided_sha256,
        given,
        date_reason=date_reason,
        hand_out=row,
    )


def document(service: Service, row: HandOut) -> bytes:
    """The PDF as it will be signed, to be compared on the party's machine."""
    assert row.opened_sha256 is not None
    return read_kept(service.store, row.contract_id, row.opened_sha256)


def shown(session: Session, contract: Contract, party: Party, at: datetime) -> dict[str, Any]:
    """For a page or an API answer: how far the digest is."""
    row = own_keys.current(session, contract, party, at)
    return {
        "hand_out": row,
        "minutes_left": int((row.expires_at - at).total_seconds() // 60)
        if row is not None and row.expires_at is not None
        else None,
        "commands": COMMANDS,
        "certificate_command": CERTIFICATE_COMMAND,
    }


def facts(row: HandOut | None) -> dict[str, Any]:
    """JSON-safe, for the API and for the script that waits."""
    if row is None:
        return {"state": "none"}
    return {
        "state": row.state,
        "certificate": row.subject,
        "fingerprint": row.fingerprint,
        "expires_at": row.expires_at.isoformat() if row.expires_at else None,
        "problem": row.problem,
    }


def _answer(
    service: Service, session: Session, user: Identity, signer: Signer, text: str
) -> HandOut:
    try:
        return own_keys.take_answer(
            session,
            contract_id=signer.contract.id,
            party_id=signer.party.id,
            text=text[:MAX_ANSWER],
            actor=user.actor,
            at=service.clock.now(),
        )
    except EContractError as refused:
        _note(service, user, signer, "contract.answer_refused", refused.code)
        raise


def _note(service: Service, user: Identity, signer: Signer, action: str, code: str) -> None:
    """In a transaction of its own, which the request's undoing does not undo. The request's has
    written nothing to the trail yet, so that neither waits for the other."""
    with service.database.transaction() as own:
        audit.append(
            own,
            user.actor,
            action,
            f"contract:{signer.contract.id}",
            {"party": signer.party.slot, "why": code},
            service.clock.now(),
        )
