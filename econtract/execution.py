"""The act of signing: an intent that a person leaves, and the result a job brings.

A press on the button writes one row (Act) with person, capacity, factors and the decided hash; a
second press finds that row. The job (econtract/signing_job.py) makes the signature and hands the
verified result to `apply`. The event's time is the timestamp's (proven), never ours and never
typed. 確定 is set here and nowhere else: when the last expected slot has verified.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from econtract import authorities, council, date_policy, queries, routing, states
from econtract.binding import decided_document
from econtract.errors import ConsentMissing, SecondFactorMissing, SeenBytesDiffer
from econtract.models import Act, Contract, Party
from econtract.notices import Notices
from econtract.own_key_errors import OwnKeyChosen
from econtract.own_key_models import HandOut
from econtract.rules import Rules
from econtract.sending import deadline
from econtract.states import ActState, ContractState
from econtract.turns import city_turn, vendor_turn
from records import Actor, audit, calendar, jobs, new_id
from signing import Validity

#: What counts as a second factor at the act itself (電子署名法3条Q&A: 2要素認証).
SECOND_FACTORS = frozenset({"mailed_code", "totp", "passkey"})

#: Beside the factors: the party's own key signed the digest (当事者型).
OWN_KEY = "own_key"

VENDOR_STATEMENT = "契約番号{number}の契約の内容に合意し、契約を締結します。"
CITY_STATEMENT = "契約番号{number}の契約を締結します。"


@dataclass(frozen=True, slots=True)
class Signatory:
    """Who the signature names where it is not the person the party names: a delegate."""

    person: str
    capacity: str
    authority_id: str


def request_vendor(
    session: Session,
    *,
    contract_id: str,
    party_id: str,
    seen_sha256: str,
    factors: Collection[str],
    evidence: Mapping[str, str],
    actor: Actor,
    at: datetime,
    signatory: Signatory | None = None,
    hand_out: HandOut | None = None,
) -> Act:
    """Leave the vendor party's intent to sign what it saw; the worker does the rest.

    `signatory` names a delegate, whose authority the caller has had judged for today; `hand_out`
    is a digest that the party has answered with a key of its own.

    Raises MoveRefused, NotYourTurn, SigningOverdue, ConsentMissing, SecondFactorMissing,
    SeenBytesDiffer, OwnKeyChosen, DecidedBytesDiffer (alarm)."""
    contract = queries.locked(session, contract_id)
    earlier = _earlier(session, contract, party_id)
    if earlier is not None:
        return earlier
    states.require(contract.current_state, "sign_vendor")
    party = vendor_turn(session, contract, party_id, at)
    if queries.consent(session, party.id, seen_sha256) is None:
        raise ConsentMissing()
    if signatory is not None:
        evidence = {**evidence, "authority": signatory.authority_id}
    return _request(
        session,
        contract,
        party,
        VENDOR_STATEMENT,
        seen_sha256,
        factors,
        evidence,
        actor,
        at,
        signatory=signatory,
        hand_out=hand_out,
    )


def request_city(
    session: Session,
    *,
    contract_id: str,
    rules: Rules,
    officer: str,
    seen_sha256: str,
    factors: Collection[str],
    evidence: Mapping[str, str],
    certificate: Validity,
    actor: Actor,
    at: datetime,
    date_reason: str = "",
    hand_out: HandOut | None = None,
) -> Act:
    """Leave the city's intent to close. `officer` names the person as the authority table does.

    `certificate` is that of the city's key: whoever brings a key of their own (`hand_out`) has had
    its certificate judged when the digest was handed out.

    Raises VoteMissing before the council's vote, AuthorityMissing when the officer may not conclude
    this contract today, DateReasonRequired when the printed day is too far from today without a
    `date_reason`; CertificateExpired or CertificateNotYetValid of `signing.errors`."""
    contract = queries.locked(session, contract_id)
    city = next(p for p in queries.parties(session, contract_id) if p.side == "city")
    earlier = _earlier(session, contract, city.id)
    if earlier is not None:
        return earlier
    states.require(contract.current_state, "sign_city")
    party = city_turn(session, contract)
    council.require_vote(session, contract)
    routing.require_signer(session, contract, officer)
    day = calendar.jst_date(at)
    require_city_authority(session, contract, rules=rules, officer=officer, actor=actor, day=day)
    if hand_out is None:
        certificate.check(at)
    reason = date_policy.reason_for(contract, day, rules, date_reason)
    kept = {**evidence, date_policy.REASON: reason} if reason else evidence
    return _request(
        session,
        contract,
        party,
        CITY_STATEMENT,
        seen_sha256,
        factors,
        kept,
        actor,
        at,
        hand_out=hand_out,
    )


def require_city_authority(
    session: Session, contract: Contract, *, rules: Rules, officer: str, actor: Actor, day: date
) -> None:
    """Raise AuthorityMissing, with the reason, unless the officer may conclude this on `day`.

    A recorded authority (econtract/authorities.py) of the person judges alone; who has none is
    judged by the standing table of the rules file."""
    if authorities.of_holder(session, authorities.CITY, actor.id):
        authorities.require(
            session,
            contract,
            organisation_id=authorities.CITY,
            holder_id=actor.id,
            holder_name=officer,
            day=day,
        )
    else:
        rules.require_authority(officer, contract.kind, contract.amount, day)


def note_problem(session: Session, act_id: str, *, code: str, words: str) -> None:
    """Remember what keeps an act from being done (an expired certificate, a missing key)."""
    act = _held(session, act_id)
    if act.state != ActState.SIGNED:
        act.attempts += 1
        act.problem = {"code": code, "message_ja": words}


def note_waiting(session: Session, act_id: str, *, code: str, at: datetime) -> None:
    """Remember that an act waits for a timestamp, so that the page can say it in words."""
    act = _held(session, act_id)
    if act.state == ActState.SIGNED:
        return
    act.attempts += 1
    act.problem = {"code": code}
    if act.state != ActState.WAITING_TSA:
        act.state = ActState.WAITING_TSA
        audit.append(
            session,
            Actor("system", "econtract", "warifu"),
            "contract.waiting_for_time",
            f"contract:{act.contract_id}",
            {"act": act.id, "slot": act.slot, "code": code},
            at,
        )


def apply(
    session: Session,
    act_id: str,
    *,
    result_sha256: str,
    signed_at: datetime,
    rules: Rules,
    notices: Notices,
    at: datetime,
) -> bool:
    """Take over a signed and verified file. Says whether this call did it (False: done before).

    The caller has verified the file: the act's slot, and for the last slot the whole document."""
    contract = queries.locked(session, session.get_one(Act, act_id).contract_id)
    act = _held(session, act_id)
    if act.state == ActState.SIGNED:
        return False
    assert contract.state == ContractState.SIGNING
    assert act.input_sha256 == contract.current_sha256
    act.state, act.problem = ActState.SIGNED, None
    act.result_sha256, act.signed_at = result_sha256, signed_at
    contract.current_sha256 = result_sha256
    session.flush()
    following = queries.next_party(session, contract)
    details: dict[str, Any] = {
        "act": act.id,
        "slot": act.slot,
        "person": act.person,
        "capacity": act.capacity,
        "factors": ",".join(act.factors),
        "input_sha256": act.input_sha256,
        "sha256": result_sha256,
        "time": signed_at.isoformat(),
    }
    if "certificate" in act.evidence:
        details["certificate"] = act.evidence["certificate"]
    actor = Actor(act.actor["kind"], act.actor["id"], act.actor["name"])
    if following is None:
        _conclude(session, contract, signed_at, at)
    elif following.side == "vendor":
        contract.sign_by = deadline(at, rules.sending_days)
        contract.move(ContractState.AWAITING_VENDOR, at)
    else:
        contract.move(ContractState.AWAITING_CITY, at)
    audit.append(session, actor, "contract.signed", f"contract:{contract.id}", details, at)
    if following is None:
        audit.append(
            session,
            Actor("system", "econtract", "warifu"),
            "contract.concluded",
            f"contract:{contract.id}",
            {"sha256": result_sha256, "time": signed_at.isoformat()},
            at,
        )
        notices.concluded(session, contract, at)
    elif following.side == "vendor":
        notices.vendor_turn(session, contract, following, at)
    else:
        notices.city_turn(session, contract, at)
    return True


def _conclude(session: Session, contract: Contract, signed_at: datetime, at: datetime) -> None:
    contract.concluded_at = signed_at
    contract.concluded_sha256 = contract.current_sha256
    contract.move(ContractState.CONCLUDED, at)
    args = {"contract_id": contract.id}
    jobs.enqueue(session, "econtract.certify", key=contract.id, args=args)
    jobs.enqueue(session, "econtract.plan_keeping", key=contract.id, args=args)


def _request(
    session: Session,
    contract: Contract,
    party: Party,
    statement: str,
    seen_sha256: str,
    factors: Collection[str],
    evidence: Mapping[str, str],
    actor: Actor,
    at: datetime,
    *,
    signatory: Signatory | None = None,
    hand_out: HandOut | None = None,
) -> Act:
    if party.own_key and hand_out is None:
        raise OwnKeyChosen(who=party.organisation)
    person = signatory.person if signatory is not None else party.person
    capacity = signatory.capacity if signatory is not None else party.capacity
    if not SECOND_FACTORS & set(factors):
        raise SecondFactorMissing()
    document = decided_document(session, contract)
    if document.sha256 != seen_sha256:
        raise SeenBytesDiffer()
    assert contract.current_sha256 is not None
    act_id = new_id()
    if hand_out is not None:
        # What was drawn into the document and answered by the party's key names this very act.
        act_id, person, capacity = hand_out.act_id, hand_out.person, hand_out.capacity
        factors = {*factors, OWN_KEY}
        evidence = {
            **evidence,
            "hand_out": hand_out.id,
            "certificate": hand_out.subject,
            "fingerprint": hand_out.fingerprint,
        }
    session.execute(
        insert(Act)
        .values(
            id=act_id,
            contract_id=contract.id,
            document_id=document.id,
            party_id=party.id,
            slot=party.slot,
            person=person,
            capacity=capacity,
            statement=statement.format(number=contract.number),
            factors=sorted(factors),
            evidence=dict(evidence),
            actor={"kind": actor.kind, "id": actor.id, "name": actor.name},
            decided_sha256=seen_sha256,
            input_sha256=contract.current_sha256,
            state=ActState.REQUESTED,
            attempts=0,
            requested_at=at,
        )
        .on_conflict_do_nothing()
    )
    act = session.scalars(
        select(Act).where(Act.document_id == document.id, Act.slot == party.slot)
    ).one()
    contract.move(ContractState.SIGNING, at)
    jobs.enqueue(session, "econtract.sign", key=act.id, args={"act_id": act.id})
    audit.append(
        session,
        actor,
        "contract.act_requested",
        f"contract:{contract.id}",
        {
            "act": act.id,
            "slot": party.slot,
            "person": person,
            "factors": ",".join(sorted(factors)),
            "decided_sha256": seen_sha256,
        },
        at,
    )
    return act


def _earlier(session: Session, contract: Contract, party_id: str) -> Act | None:
    return session.scalar(
        select(Act).where(Act.document_id == contract.document_id, Act.party_id == party_id)
    )


def _held(session: Session, act_id: str) -> Act:
    return session.scalars(
        select(Act)
        .where(Act.id == act_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
