"""One act becomes one signature, however often the job runs and wherever it is killed.

Steps, each safe to repeat:
1. read the intent and make the checks of econtract/binding.py again;
2. sign, or embed what the party's own key signed, unless the store already holds this act's result
   under its name (adopted after a crash);
3. verify the result as a whole: exactly the slots up to this one are signed, each names its act;
   at the last slot that is the whole list, and only then the contract is 確定;
4. apply in one transaction that compares the state it started from.
Without a timestamp nothing is signed: the act waits as 署名待ち（時刻局）and is tried again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

import signing
from econtract import alarms, execution, queries
from econtract.binding import decided_document, read_kept
from econtract.deps import Deps
from econtract.errors import Alarm, DecidedBytesDiffer, SignatureNotVerified
from econtract.models import Act
from econtract.own_key_models import HandOut
from econtract.states import ActState
from records import jobs
from signing import remote
from signing.errors import SigningError, TimestampError

FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=15), timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Intent:
    act_id: str
    contract_id: str
    slot: str
    side: str
    person: str
    capacity: str
    statement: str
    input_sha256: str
    slots: tuple[str, ...]
    acts_by_slot: dict[str, str]
    attempts: int
    answered: Answered | None


@dataclass(frozen=True, slots=True)
class Answered:
    """What a party's own key has signed: the document without the value, and the value."""

    opened_sha256: str
    request: str
    answer: str
    at: datetime


def sign(deps: Deps, *, act_id: str) -> None:
    """Job "econtract.sign"."""
    try:
        intent = _intent(deps, act_id)
        if intent is None:
            return
        result_sha256, pdf = _result(deps, intent)
        signed_at = _verified(deps, intent, pdf)
    except Alarm as alarm:
        with deps.database.transaction() as session:
            alarms.record(session, alarm, notices=deps.notices, at=deps.clock.now())
        return
    except TimestampError as error:
        _wait(deps, act_id, error)
        return
    except SigningError as error:
        with deps.database.transaction() as session:
            execution.note_problem(session, act_id, code=error.code, words=error.message_ja)
        raise
    with deps.database.transaction() as session:
        execution.apply(
            session,
            act_id,
            result_sha256=result_sha256,
            signed_at=signed_at,
            rules=deps.rules,
            notices=deps.notices,
            at=deps.clock.now(),
        )


def _intent(deps: Deps, act_id: str) -> Intent | None:
    """1. None when the act is done, or refused with its contract."""
    with deps.database.transaction() as session:
        act = session.get_one(Act, act_id)
        if act.state in {ActState.SIGNED, ActState.REFUSED}:
            return None
        contract = queries.contract(session, act.contract_id)
        document = decided_document(session, contract)
        if act.decided_sha256 != document.sha256 or act.input_sha256 != contract.current_sha256:
            raise DecidedBytesDiffer(
                contract_id=contract.id,
                decided=act.decided_sha256,
                found=contract.current_sha256 or "(none)",
            )
        parties = queries.parties(session, contract.id)
        signed = queries.acts(session, document.id)
        return Intent(
            act_id=act.id,
            contract_id=contract.id,
            slot=act.slot,
            side=next(p.side for p in parties if p.slot == act.slot),
            person=act.person,
            capacity=act.capacity,
            statement=act.statement,
            input_sha256=act.input_sha256,
            slots=tuple(p.slot for p in parties),
            acts_by_slot={slot: a.id for slot, a in signed.items()},
            attempts=act.attempts,
            answered=_answered(session, act),
        )


def _answered(session: Session, act: Act) -> Answered | None:
    found = act.evidence.get("hand_out")
    if found is None:
        return None
    row = session.get_one(HandOut, found)
    assert row.opened_sha256 is not None
    assert row.request is not None
    assert row.answer is not None
    assert row.answered_at is not None
    return Answered(row.opened_sha256, row.request, row.answer, row.answered_at)


def _result(deps: Deps, intent: Intent) -> tuple[str, bytes]:
    """2. (SHA-256, bytes) of the signed file: adopted if it exists, else made and kept."""
    name = f"econtract/act/{intent.act_id}"
    kept = deps.store.named(name)
    if kept is None:
        signed = (
            _sealed(deps, intent)
            if intent.answered is None
            else _embedded(deps, intent, intent.answered)
        )
        kept = deps.store.put(signed, name=name)
    return kept.sha256, read_kept(deps.store, intent.contract_id, kept.sha256)


def _sealed(deps: Deps, intent: Intent) -> bytes:
    """By the city's key, or the service's for a vendor (立会人型)."""
    return signing.sign(
        read_kept(deps.store, intent.contract_id, intent.input_sha256),
        intent.slot,
        signing.Act(
            name=intent.person,
            capacity=intent.capacity,
            statement=intent.statement,
            act_id=intent.act_id,
        ),
        key=deps.city_key if intent.side == "city" else deps.service_key,
        timestamper=deps.timestamper,
        trust=deps.trust,
    )


def _embedded(deps: Deps, intent: Intent, answered: Answered) -> bytes:
    """The party's own signature in its slot (当事者型), with the timestamp."""
    opened = remote.Opened(
        read_kept(deps.store, intent.contract_id, answered.opened_sha256),
        remote.Request.from_json(answered.request),
    )
    return remote.complete(
        opened,
        remote.Answer.from_json(answered.answer),
        timestamper=deps.timestamper,
        trust=deps.trust,
        answered_at=answered.at,
    )


def _verified(deps: Deps, intent: Intent, pdf: bytes) -> datetime:
    """3. The proven time of this act's signature. Raises SignatureNotVerified."""
    expected = intent.slots[: intent.slots.index(intent.slot) + 1]
    verdict = signing.verify(pdf, deps.trust, at=deps.clock.now(), expected_slots=expected)
    problem = "" if verdict.is_passed else "; ".join(r.en for r in verdict.reasons)
    proven: datetime | None = None
    for signature in verdict.signatures:
        if signature.act_id != intent.acts_by_slot.get(signature.field):
            problem = problem or f"{signature.field}: act {signature.act_id}"
        if signature.field == intent.slot:
            proven = signature.proven_time
    if problem or proven is None:
        why = problem or verdict.status
        raise SignatureNotVerified(contract_id=intent.contract_id, why_ja=f"（{why}）", why_en=why)
    return proven


def _wait(deps: Deps, act_id: str, error: TimestampError) -> None:
    """Say so, and try again: soon at first, then every ten minutes, for as long as it takes."""
    with deps.database.transaction() as session:
        execution.note_waiting(session, act_id, code=error.code, at=deps.clock.now())
        attempts = session.get_one(Act, act_id).attempts
        pause = min(FIRST_WAIT * 2 ** min(attempts - 1, 10), LONGEST_WAIT)
        jobs.enqueue(
            session,
            "econtract.sign",
            key=act_id,
            args={"act_id": act_id},
            run_at=deps.clock.now() + pause,
        )
