"""The vendor's way to a signature: case code → second factor → read → consent → sign.

1. The mailed link signed the person in (portal.security.login_links): possession of the mailbox.
2. The case code, told by another route, opens this contract in this session: three tries.
3. A second factor checks the person again, now: passkey, authenticator app, or mailed code (spent
   with the act). A passkey belongs to the person and to this host, so it also stands for 2.
4. The pages are shown; the person says that they were read (which bytes is remembered).
5. Consent to the electronic means, then the act.
A step is open only when those before it are done; each is remembered for one session only.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from econtract import execution, queries
from econtract.errors import NoSuchContract
from econtract.models import Act, Contract, Party
from econtract.own_key_models import HandOut
from econtract.states import ContractState
from portal.contracts import signatories
from portal.contracts.models import Ceremony
from portal.contracts.parts import letters, rules_of
from portal.errors import CodeRefused
from portal.security import Identity, case_code, one_time_code, second_factor
from portal.security.server_secret import server_secret
from portal.security.tokens import digest
from portal.service import Service
from records import audit, new_id

#: The one-time code counts for the act while the person is plausibly still at the screen.
CODE_COUNTS_FOR = timedelta(minutes=60)

Step = Literal["case-code", "one-time-code", "read", "consent", "sign", "done"]


@dataclass(frozen=True, slots=True)
class Given:
    """What a form brings as second factor: digits, or a passkey's answer to a question."""

    digits: str = ""
    asked: str = ""
    answer: str = ""

    def proved(
        self, service: Service, session: Session, user: Identity, subject: str, sha256: str
    ) -> second_factor.Proved:
        """Raises CodeRefused, TooManyTries."""
        if self.answer:
            return second_factor.prove_by_passkey(
                service,
                session,
                holder_id=user.id,
                subject=f"{subject}:{sha256}",
                asked=self.asked,
                answer=self.answer,
            )
        return second_factor.prove_by_digits(
            service, session, holder_id=user.id, subject=subject, given=self.digits
        )


@dataclass(frozen=True, slots=True)
class Place:
    """A vendor's person before a contract: who, for which party, how far."""

    contract: Contract
    party: Party
    row: Ceremony
    is_turn: bool
    has_acted: bool

    def step(self, session: Session, at: datetime) -> Step:
        """What comes next for this person."""
        if not self.is_turn or self.contract.state != ContractState.AWAITING_VENDOR:
            return "done"
        if self.row.case_code_at is None and not self.by_passkey(at):
            return "case-code"
        if not self.is_proved(at):
            return "one-time-code"
        document = queries.document(session, self.contract)
        assert document is not None
        if self.row.read_sha256 != document.sha256:
            return "read"
        assert document.sha256 is not None
        if queries.consent(session, self.party.id, document.sha256) is None:
            return "consent"
        return "sign"

    def is_proved(self, at: datetime) -> bool:
        """A second factor was given while the person is plausibly still at the screen."""
        return self.row.code_at is not None and self.row.code_at + CODE_COUNTS_FOR > at

    def by_passkey(self, at: datetime) -> bool:
        return self.row.factor == "passkey" and self.is_proved(at)

    @property
    def passkey_subject(self) -> str:
        """What a passkey is asked about here: this contract, these bytes."""
        return f"{_subject(self.contract)}:{self.contract.current_sha256}"


def place(session: Session, user: Identity, contract_id: str, at: datetime) -> Place:
    """Where the person stands. Raises NoSuchContract for contracts not sent to this vendor."""
    contract = queries.contract(session, contract_id)
    party = (
        queries.party_of_vendor(session, contract_id, user.vendor_id) if user.vendor_id else None
    )
    if party is None or contract.sent_at is None:
        raise NoSuchContract()
    turn = queries.next_party(session, contract)
    return Place(
        contract=contract,
        party=party,
        row=_row(session, user, contract_id),
        is_turn=turn is not None and turn.id == party.id,
        has_acted=_act(session, contract, party) is not None,
    )


def give_case_code(
    service: Service, session: Session, user: Identity, here: Place, given: str
) -> None:
    """Check the case code; right, it opens the contract here and mails the one-time code."""
    at = service.clock.now()
    with _refusals_noted(service, user, here, "case_code"):
        case_code.check(
            service.database,
            secret=server_secret(service.settings),
            subject=_subject(here.contract),
            holder_id=here.party.vendor_id or "",
            given=given,
            at=at,
        )
    if here.row.case_code_at is None:
        here.row.case_code_at = at
        audit.append(
            session,
            user.actor,
            "contract.opened",
            _subject(here.contract),
            {"party": here.party.slot, "factor": "case_code"},
            at,
        )


def send_code(service: Service, session: Session, user: Identity, contract: Contract) -> None:
    """Mail a one-time code to the person's own address. Raises TooManyTries."""
    at = service.clock.now()
    one_time_code.limit_issues(service.database, user.id, at)
    minutes = service.settings.security.code_minutes
    issued = one_time_code.issue(
        session,
        secret=server_secret(service.settings),
        subject=_subject(contract),
        holder_id=user.id,
        at=at,
        minutes=minutes,
    )
    letters(service).one_time_code(
        session,
        contract,
        to=user.mail,
        person=user.name,
        code=issued.placeholder,
        code_id=issued.id,
        minutes=minutes,
    )


def give_one_time_code(
    service: Service, session: Session, user: Identity, here: Place, given: str
) -> None:
    """Check the app's or the mailed code and remember it for the act."""
    with _refusals_noted(service, user, here, "code"):
        proved = second_factor.prove_by_digits(
            service, session, holder_id=user.id, subject=_subject(here.contract), given=given
        )
    _remember(here, proved, service.clock.now())


def give_passkey(
    service: Service, session: Session, user: Identity, here: Place, asked: str, answer: str
) -> None:
    """Check the passkey's answer about these bytes and remember it for the act."""
    with _refusals_noted(service, user, here, "passkey"):
        proved = second_factor.prove_by_passkey(
            service,
            session,
            holder_id=user.id,
            subject=here.passkey_subject,
            asked=asked,
            answer=answer,
        )
    at = service.clock.now()
    if here.row.case_code_at is None and here.row.code_at is None:
        details = {"party": here.party.slot, "factor": "passkey"}
        audit.append(session, user.actor, "contract.opened", _subject(here.contract), details, at)
    _remember(here, proved, at)


def _remember(here: Place, proved: second_factor.Proved, at: datetime) -> None:
    here.row.code_id, here.row.factor, here.row.code_at = proved.code_id, proved.factor, at


def note_read(session: Session, user: Identity, here: Place, sha256: str, at: datetime) -> None:
    """The person says that these bytes' pages were read."""
    if here.row.read_sha256 == sha256:
        return
    here.row.read_at, here.row.read_sha256 = at, sha256
    audit.append(
        session,
        user.actor,
        "contract.read",
        _subject(here.contract),
        {"party": here.party.slot, "sha256": sha256},
        at,
    )


def agreed(session: Session, here: Place, sha256: str) -> bool:
    """The party has consented to the electronic means for exactly these bytes."""
    return queries.consent(session, here.party.id, sha256) is not None


def factors(user: Identity, row: Ceremony, at: datetime) -> tuple[str, ...]:
    """How the person at the screen was checked, as evidence of the act."""
    found = set(user.factors)
    if row.case_code_at is not None:
        found.add("case_code")
    if row.code_at is not None and row.code_at + CODE_COUNTS_FOR > at:
        found.add(row.factor or "mailed_code")
    return tuple(sorted(found))


def require_opened(here: Place, at: datetime) -> None:
    """Case code and second factor (or a passkey) in this session. Raises CodeRefused otherwise."""
    if here.row.case_code_at is None and not here.by_passkey(at):
        raise CodeRefused(
            "none", restart_ja="案件コードを入力してください。", restart_en="Give the case code."
        )
    if not here.is_proved(at):
        raise CodeRefused("none")


def sign(
    request: Request,
    service: Service,
    session: Session,
    user: Identity,
    here: Place,
    sha256: str,
    *,
    hand_out: HandOut | None = None,
) -> None:
    """The vendor's act; the one-time code is used up with it. A second press changes nothing."""
    at = service.clock.now()
    asked = _act(session, here.contract, here.party)
    if asked is not None:
        return
    require_opened(here, at)
    execution.request_vendor(
        session,
        contract_id=here.contract.id,
        party_id=here.party.id,
        seen_sha256=sha256,
        factors=factors(user, here.row, at),
        evidence=circumstances(request, user),
        actor=user.actor,
        at=at,
        signatory=signatories.signatory(session, user, here.contract, here.party, at),
        hand_out=hand_out,
    )
    if here.row.code_id is not None:
        one_time_code.spend(session, here.row.code_id, at)
    here.row.code_id, here.row.code_at = None, None


def close(
    request: Request,
    service: Service,
    session: Session,
    user: Identity,
    contract_id: str,
    sha256: str,
    given: Given,
    *,
    date_reason: str = "",
    hand_out: HandOut | None = None,
) -> None:
    """The city's act by a signed-in officer with a second factor. A second press changes nothing.

    Raises CodeRefused, TooManyTries, AuthorityMissing, DateReasonRequired; CertificateExpired or
    CertificateNotYetValid of `signing.errors`."""
    at = service.clock.now()
    contract = queries.contract(session, contract_id)
    city = next(p for p in queries.parties(session, contract_id) if p.side == "city")
    if _act(session, contract, city) is not None:
        return
    proved = given.proved(service, session, user, _subject(contract), sha256)
    execution.request_city(
        session,
        contract_id=contract_id,
        rules=rules_of(service),
        officer=user.name,
        seen_sha256=sha256,
        factors={*user.factors, proved.factor},
        evidence=circumstances(request, user),
        certificate=service.certificates[0],
        actor=user.actor,
        at=at,
        date_reason=date_reason,
        hand_out=hand_out,
    )
    proved.spend(session, at)


def _act(session: Session, contract: Contract, party: Party) -> Act | None:
    if contract.document_id is None:
        return None
    return queries.acts(session, contract.document_id).get(party.slot)


def circumstances(request: Request, user: Identity) -> dict[str, str]:
    """What is kept about the moment of an act: network address, program, request number."""
    return {
        "address": request.client.host if request.client else "",
        "program": request.headers.get("user-agent", "")[:200],
        "request": str(getattr(request.state, "request_id", "")),
        "mail": user.mail,
    }


def _subject(contract: Contract) -> str:
    return f"contract:{contract.id}"


def _row(session: Session, user: Identity, contract_id: str) -> Ceremony:
    session_hash = user.session_hash or digest(f"api:{user.id}")
    session.execute(
        insert(Ceremony)
        .values(id=new_id(), session_hash=session_hash, contract_id=contract_id, holder_id=user.id)
        .on_conflict_do_nothing()
    )
    return session.scalars(
        select(Ceremony).where(
            Ceremony.session_hash == session_hash, Ceremony.contract_id == contract_id
        )
    ).one()


@contextmanager
def _refusals_noted(service: Service, user: Identity, here: Place, factor: str) -> Iterator[None]:
    """A refused code goes into the trail, in a transaction that survives the request's undoing."""
    try:
        yield
    except CodeRefused as refused:
        with service.database.transaction() as session:
            audit.append(
                session,
                user.actor,
                "contract.code_refused",
                _subject(here.contract),
                {"factor": factor, "why": refused.why, "party": here.party.slot},
                service.clock.now(),
            )
        raise
