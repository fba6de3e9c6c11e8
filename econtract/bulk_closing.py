"""Closing many contracts in one authenticated session (April 1st): each keeps an act of its own.

The officer's press writes one batch with a row a contract, each bound to the bytes shown. The job
`econtract.close_batch` turns row after row into a signing act, each in a transaction of its own:
killed in the middle, the next run goes on with the first row that is still waiting. Nothing is
done twice: a row changes state once, an act is one a slot, and the signature is adopted by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from econtract import alarms, date_policy, execution
from econtract.authority_errors import BatchNotFound, BatchRefused
from econtract.closing_models import ClosingBatch, ClosingItem
from econtract.deps import Deps
from econtract.errors import Alarm, EContractError, SecondFactorMissing
from econtract.models import Act, Contract, Document
from econtract.rules import Rules
from econtract.states import ActState, ContractState
from records import Actor, audit, calendar, jobs
from signing import Validity
from signing.errors import CredentialError

MOST = 1000


class ItemState(StrEnum):
    WAITING = "waiting"
    REQUESTED = "requested"
    REFUSED = "refused"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Closable:
    """A contract that waits for the city, and why this officer may not close it, if so."""

    contract: Contract
    sha256: str
    refusal: EContractError | CredentialError | None
    difference: date_policy.Difference | None


@dataclass(frozen=True, slots=True)
class Line:
    """One contract of a batch as the progress page shows it."""

    position: int
    contract_id: str
    number: str
    title: str
    state: str  # waiting, signing, waiting_tsa, problem, signed, refused, stopped
    words: str
    signed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Progress:
    batch: ClosingBatch
    lines: tuple[Line, ...]
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        return len(self.lines)

    @property
    def settled(self) -> int:
        """Signed, refused or stopped: nothing more will happen by itself."""
        return sum(self.counts.get(state, 0) for state in ("signed", "refused", "stopped"))

    @property
    def is_done(self) -> bool:
        return self.settled == self.total

    @property
    def percent(self) -> int:
        return 100 * self.settled // self.total if self.total else 100


def closable(
    session: Session, *, rules: Rules, certificate: Validity, actor: Actor, at: datetime
) -> list[Closable]:
    """Every contract that waits for the city, oldest first, with what stands in the way.

    `certificate` is that of the city's key."""
    day = calendar.jst_date(at)
    rows = session.execute(
        select(Contract, Document.sha256)
        .join(Document, Document.id == Contract.document_id)
        .where(Contract.state == ContractState.AWAITING_CITY)
        .order_by(Contract.state_since, Contract.number)
        .limit(MOST)
    )
    found = []
    for contract, sha256 in rows:
        refusal: EContractError | CredentialError | None = None
        try:
            execution.require_city_authority(
                session, contract, rules=rules, officer=actor.name, actor=actor, day=day
            )
            certificate.check(at)
        except (EContractError, CredentialError) as error:
            refusal = error
        differs = date_policy.difference(contract, day, rules)
        found.append(Closable(contract, sha256 or "", refusal, differs))
    return found


def begin(
    session: Session,
    *,
    batch_id: str,
    chosen: Sequence[tuple[str, str]],
    rules: Rules,
    officer: str,
    factors: Collection[str],
    evidence: Mapping[str, str],
    certificate: Validity,
    actor: Actor,
    at: datetime,
    date_reason: str = "",
) -> ClosingBatch:
    """Write down the officer's decision over `chosen` (contract id, SHA-256 shown).

    `batch_id` comes from the page: pressed twice it is one batch. What can be known at once is
    refused at once, as a whole. Raises BatchRefused, SecondFactorMissing, AuthorityMissing,
    DateReasonRequired; CertificateExpired or CertificateNotYetValid of `signing.errors`."""
    known = session.get(ClosingBatch, batch_id)
    if known is not None:
        return known
    if not execution.SECOND_FACTORS & set(factors):
        raise SecondFactorMissing()
    if not chosen:
        raise BatchRefused(
            why_ja="契約が選ばれていません。", why_en="No contract was chosen.", most=MOST
        )
    if len(chosen) > MOST:
        raise BatchRefused(
            why_ja=f"一度に{MOST}件までです。", why_en=f"At most {MOST} at once.", most=MOST
        )
    if len({contract_id for contract_id, _ in chosen}) != len(chosen):
        raise BatchRefused(
            why_ja="同じ契約が二度選ばれています。", why_en="A contract stands twice.", most=MOST
        )
    open_now = closable(session, rules=rules, certificate=certificate, actor=actor, at=at)
    waiting = {each.contract.id: each for each in open_now}
    day = calendar.jst_date(at)
    for contract_id, _ in chosen:
        each = waiting.get(contract_id)
        if each is None:
            continue  # moved on since the page was shown: its own row will say so
        if each.refusal is not None:
            raise each.refusal
        date_policy.reason_for(each.contract, day, rules, date_reason)
    batch = ClosingBatch(
        id=batch_id,
        officer=officer,
        actor={"kind": actor.kind, "id": actor.id, "name": actor.name},
        factors=sorted(factors),
        evidence=dict(evidence),
        date_reason=date_reason.strip(),
        asked_at=at,
    )
    session.add(batch)
    session.flush()
    session.execute(
        insert(ClosingItem),
        [
            {
                "batch_id": batch_id,
                "position": position,
                "contract_id": contract_id,
                "seen_sha256": sha256,
                "state": ItemState.WAITING,
            }
            for position, (contract_id, sha256) in enumerate(chosen, start=1)
        ],
    )
    jobs.enqueue(session, "econtract.close_batch", key=batch_id, args={"batch_id": batch_id})
    audit.append(
        session,
        actor,
        "closing.asked",
        f"closing:{batch_id}",
        {"contracts": len(chosen), "factors": ",".join(sorted(factors))},
        at,
    )
    return batch


def is_known(session: Session, batch_id: str) -> bool:
    """Whether this batch was asked for before."""
    return session.get(ClosingBatch, batch_id) is not None


def stop(session: Session, batch_id: str, *, actor: Actor, at: datetime) -> int:
    """Do not begin what has not begun; what is being signed is finished. Returns how many."""
    batch = _batch(session, batch_id, lock=True)
    if batch.stopped_at is not None:
        return 0
    batch.stopped_at = at
    stopped = session.scalars(
        update(ClosingItem)
        .where(ClosingItem.batch_id == batch_id, ClosingItem.state == ItemState.WAITING)
        .values(state=ItemState.STOPPED)
        .returning(ClosingItem.position)
    ).all()
    audit.append(
        session, actor, "closing.stopped", f"closing:{batch_id}", {"contracts": len(stopped)}, at
    )
    return len(stopped)


def close_batch(deps: Deps, *, batch_id: str) -> None:
    """Job "econtract.close_batch": row after row, each in its own transaction."""
    with deps.database.reader() as session:
        positions = session.scalars(
            select(ClosingItem.position)
            .where(ClosingItem.batch_id == batch_id, ClosingItem.state == ItemState.WAITING)
            .order_by(ClosingItem.position)
        ).all()
    for position in positions:
        _close_one(deps, batch_id, position)


def _close_one(deps: Deps, batch_id: str, position: int) -> None:
    at = deps.clock.now()
    alarm: Alarm | None = None
    with deps.database.transaction() as session:
        batch = session.get_one(ClosingBatch, batch_id)
        item = session.get_one(
            ClosingItem, (batch_id, position), with_for_update=True, populate_existing=True
        )
        if item.state != ItemState.WAITING:
            return
        try:
            with session.begin_nested():
                act = execution.request_city(
                    session,
                    contract_id=item.contract_id,
                    rules=deps.rules,
                    officer=batch.officer,
                    seen_sha256=item.seen_sha256,
                    factors=batch.factors,
                    evidence={**batch.evidence, "batch": batch_id},
                    certificate=deps.city_key.validity,
                    actor=Actor(**batch.actor),
                    at=at,
                    date_reason=batch.date_reason if _differs(session, item, deps, at) else "",
                )
        except (EContractError, CredentialError) as error:
            item.state = ItemState.REFUSED
            item.problem = {
                "code": error.code,
                "message_ja": error.message_ja,
                "message_en": error.message_en,
            }
            alarm = error if isinstance(error, Alarm) else None
            audit.append(
                session,
                Actor(**batch.actor),
                "closing.refused",
                f"contract:{item.contract_id}",
                {"batch": batch_id, "code": error.code},
                at,
            )
        else:
            item.state, item.act_id = ItemState.REQUESTED, act.id
    if alarm is not None:
        with deps.database.transaction() as session:
            alarms.record(session, alarm, notices=deps.notices, at=at)


def _differs(session: Session, item: ClosingItem, deps: Deps, at: datetime) -> bool:
    """The batch's reason is for those contracts whose printed day is another than today."""
    contract = session.get_one(Contract, item.contract_id)
    found = date_policy.difference(contract, calendar.jst_date(at), deps.rules)
    return found is not None and found.days != 0


def progress(session: Session, batch_id: str) -> Progress:
    """How far the batch is. Raises BatchNotFound."""
    batch = _batch(session, batch_id)
    rows = session.execute(
        select(ClosingItem, Contract, Act)
        .join(Contract, Contract.id == ClosingItem.contract_id)
        .outerjoin(Act, Act.id == ClosingItem.act_id)
        .where(ClosingItem.batch_id == batch_id)
        .order_by(ClosingItem.position)
    )
    lines = []
    for item, contract, act in rows:
        state, words = _state_of(item, contract, act)
        lines.append(
            Line(
                position=item.position,
                contract_id=contract.id,
                number=contract.number,
                title=contract.title,
                state=state,
                words=words,
                signed_at=act.signed_at if act is not None else None,
            )
        )
    return Progress(batch, tuple(lines), Counter(line.state for line in lines))


def batches(session: Session, *, most: int = 50) -> Sequence[tuple[ClosingBatch, int]]:
    """The newest batches with their numbers of contracts."""
    rows = session.execute(
        select(ClosingBatch).order_by(ClosingBatch.asked_at.desc()).limit(most)
    ).scalars()
    found = []
    for batch in rows:
        last = session.scalar(
            select(ClosingItem.position)
            .where(ClosingItem.batch_id == batch.id)
            .order_by(ClosingItem.position.desc())
            .limit(1)
        )
        found.append((batch, last or 0))
    return found


def _state_of(item: ClosingItem, contract: Contract, act: Act | None) -> tuple[str, str]:
    if item.state == ItemState.REFUSED:
        return "refused", str((item.problem or {}).get("message_ja", ""))
    if item.state == ItemState.STOPPED:
        return "stopped", "まとめ署名を止めたため、始めていません。"
    if act is None:
        return "waiting", ""
    if act.state == ActState.SIGNED:
        return "signed", ""
    if contract.state == ContractState.HALTED:
        return "refused", str((contract.note or {}).get("message_ja", ""))
    if act.state == ActState.WAITING_TSA:
        return "waiting_tsa", "時刻局が応答しだい、自動で続けます。"
    if act.problem:
        return "problem", str(act.problem.get("message_ja", ""))
    return "signing", ""


def _batch(session: Session, batch_id: str, *, lock: bool = False) -> ClosingBatch:
    found = session.get(ClosingBatch, batch_id, with_for_update=lock or None)
    if found is None:
        raise BatchNotFound()
    return found
