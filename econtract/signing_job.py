"""One act becomes one signature, however often the job runs and wherever it is killed.

Steps, each safe to repeat:
1. read the intent and make the checks of econtract/binding.py again;
2. sign, unless the store already holds this act's result under its name (adopted after a crash);
3. verify the result as a whole: exactly the slots up to this one are signed, each names its act;
   at the last slot that is the whole list, and only then the contract is 確定;
4. apply in one transaction that compares the state it started from.
Without a timestamp nothing is signed: the act waits as 署名待ち（時刻局）and is tried again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import signing
from econtract import alarms, execution, queries
from econtract.binding import decided_document, read_kept
from econtract.deps import Deps
from econtract.errors import Alarm, DecidedBytesDiffer, SignatureNotVerified
from econtract.models import Act
from econtract.states import ActState
from records import jobs
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
        )


def _result(deps: Deps, intent: Intent) -> tuple[str, bytes]:
    """2. (SHA-256, bytes) of the signed file: adopted if it exists, else made and kept."""
    name = f"econtract/act/{intent.act_id}"
    kept = deps.store.named(name)
    if kept is None:
        before = read_kept(deps.store, intent.contract_id, intent.input_sha256)
        signed = signing.sign(
            before,
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
        kept = deps.store.put(signed, name=name)
    return kept.sha256, read_kept(deps.store, intent.contract_id, kept.sha256)


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
