"""Keeping for the decades: the concluded file in long-term form (PAdES B-LTA).

Made `Deps.keep_after` after 確定, so that revocation answers issued after the signatures can be
embedded. The concluded file stays in the store beside the extended one: nothing is replaced.
"""

from __future__ import annotations

from datetime import timedelta

import signing
from econtract import alarms, queries
from econtract.alarms import SYSTEM
from econtract.binding import read_kept
from econtract.deps import Deps
from econtract.errors import Alarm, SignatureNotVerified
from econtract.states import ContractState
from records import audit, jobs
from signing.errors import RevocationUnavailable, TimestampError

AGAIN = timedelta(minutes=10)


def plan_keeping(deps: Deps, *, contract_id: str) -> None:
    """Job "econtract.plan_keeping": sets the time of the next one by the worker's setting."""
    with deps.database.transaction() as session:
        contract = queries.contract(session, contract_id)
        if contract.kept_sha256 is not None or contract.concluded_at is None:
            return
        jobs.enqueue(
            session,
            "econtract.keep",
            key=contract_id,
            args={"contract_id": contract_id},
            run_at=contract.concluded_at + deps.keep_after,
        )


def keep(deps: Deps, *, contract_id: str) -> None:
    """Job "econtract.keep". Without a timestamp or fresh revocation answers it tries again."""
    with deps.database.transaction() as session:
        contract = queries.contract(session, contract_id)
        if contract.state != ContractState.CONCLUDED or contract.kept_sha256 is not None:
            return
        concluded = contract.concluded_sha256
        slots = tuple(p.slot for p in queries.parties(session, contract_id))
    assert concluded is not None
    try:
        name = f"econtract/kept/{contract_id}"
        kept = deps.store.named(name)
        if kept is None:
            before = read_kept(deps.store, contract_id, concluded)
            extended = signing.extend(before, timestamper=deps.timestamper, trust=deps.trust)
            kept = deps.store.put(extended, name=name)
        pdf = read_kept(deps.store, contract_id, kept.sha256)
        verdict = signing.verify(pdf, deps.trust, at=deps.clock.now(), expected_slots=slots)
        if not verdict.is_passed or verdict.level != "B-LTA":
            why = "; ".join(r.en for r in verdict.reasons) or str(verdict.level)
            raise SignatureNotVerified(contract_id=contract_id, why_ja=f"（{why}）", why_en=why)
    except Alarm as alarm:
        with deps.database.transaction() as session:
            alarms.record(session, alarm, notices=deps.notices, at=deps.clock.now())
        return
    except (TimestampError, RevocationUnavailable):
        with deps.database.transaction() as session:
            jobs.enqueue(
                session,
                "econtract.keep",
                key=contract_id,
                args={"contract_id": contract_id},
                run_at=deps.clock.now() + AGAIN,
            )
        return
    with deps.database.transaction() as session:
        contract = queries.locked(session, contract_id)
        if contract.kept_sha256 is not None:
            return
        contract.kept_sha256, contract.kept_at = kept.sha256, deps.clock.now()
        contract.renewal_due = verdict.renewal_due
        contract.renewal_checked_at = contract.kept_at
        details = {"sha256": kept.sha256, "from": concluded, "level": "B-LTA"}
        if verdict.renewal_due is not None:
            details["renewal_due"] = verdict.renewal_due.isoformat()
        audit.append(
            session,
            SYSTEM,
            "contract.kept",
            f"contract:{contract_id}",
            details,
            deps.clock.now(),
        )
