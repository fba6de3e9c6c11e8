"""廃棄: a list prepared by one, decided by another, done by a job, certified.

Only the text and the people's data go: files from the store, words of pages, the draft's values,
circumstances of signing. The register's line (number, title, vendor, amount, days, state) stays,
and the audit trail is not touched: it holds hashes, not contents, and stays whole.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econtract import retaining
from econtract.keeping_models import DisposalItem, DisposalList
from econtract.life_errors import AnotherPerson, NoSuchEntry, NotWaiting, UnderHold, refuse
from econtract.life_rules import LifeRules
from econtract.models import Contract
from econtract.reasons import checked_reason
from records import Actor, audit, calendar, jobs, new_id

ONE_LIST = 0x646973706F  # "dispo": the key of the lock


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a list with its contract."""

    item: DisposalItem
    contract: Contract


def prepare(
    session: Session,
    contract_ids: Collection[str],
    *,
    rules: LifeRules,
    actor: Actor,
    at: datetime,
) -> DisposalList:
    """A list of contracts whose term is over, to be decided by another person.

    Raises UnderHold, EntryRefused (a contract that is not over, or stands on an open list)."""
    today = calendar.jst_date(at)
    session.execute(select(func.pg_advisory_xact_lock(ONE_LIST)))
    wanted = set(contract_ids)
    over = {k.contract.id: k for k in retaining.over(session, rules=rules, today=today)}
    if not wanted or not wanted <= set(over):
        raise refuse(
            "contract",
            ("廃棄する契約", "contracts to dispose of"),
            (
                "選ばれていないか、保存年限が過ぎていない契約があります。",
                "None was chosen, or the term of one is not over.",
            ),
            ("一覧を開き直して選んでください。", "Reload the list and choose again."),
        )
    if standing := _on_open_list(session, wanted):
        raise refuse(
            "contract",
            ("廃棄する契約", "contracts to dispose of"),
            (f"ほかの一覧（{standing}）にある契約です。", f"It stands on list {standing}."),
        )
    for contract_id in sorted(wanted):
        kept = over[contract_id]
        if kept.hold is not None:
            raise UnderHold(number=kept.contract.number, reason=kept.hold)
    row = DisposalList(
        id=new_id(),
        number=_number(session, calendar.fiscal_year(today)),
        state="proposed",
        prepared_by=actor.id,
        prepared_by_name=actor.name,
        prepared_at=at,
    )
    session.add(row)
    session.flush()
    for contract_id in sorted(wanted, key=lambda each: over[each].contract.number):
        kept = over[contract_id]
        session.add(
            DisposalItem(
                id=new_id(),
                list_id=row.id,
                contract_id=contract_id,
                ended_on=kept.ended_on,
                years=kept.years,
                kept_until=kept.until,
                outcome="transfer" if kept.at_end == "transfer" else "waiting",
            )
        )
    _note(session, row, actor, "prepared", {"contracts": len(wanted)}, at)
    return row


def decide(
    session: Session, list_id: str, *, agreed: bool, answer: str, actor: Actor, at: datetime
) -> DisposalList:
    """The second person's answer; agreed, the job begins. Pressed twice it is once."""
    row = _held(session, list_id)
    wanted = "decided" if agreed else "refused"
    if row.state == wanted or (agreed and row.state == "done"):
        return row
    if row.state != "proposed":
        raise NotWaiting(what_ja=f"廃棄の一覧 {row.number}", what_en=f"disposal list {row.number}")
    if row.prepared_by == actor.id:
        raise AnotherPerson(
            act_ja="廃棄の決裁", first_ja="一覧を作った", act_en="decide on disposal"
        )
    row.answer = answer.strip()[:1000] if agreed else checked_reason(answer)
    row.state, row.decided_by_name, row.decided_at = wanted, actor.name, at
    if agreed:
        jobs.enqueue(session, "econtract.dispose", key=row.id, args={"list_id": row.id})
    _note(session, row, actor, wanted, {"reason": row.answer}, at)
    return row


def lists(session: Session) -> Sequence[DisposalList]:
    """All lists, newest first."""
    return session.scalars(
        select(DisposalList).order_by(DisposalList.prepared_at.desc()).limit(retaining.MAX_LIST)
    ).all()


def found(session: Session, list_id: str) -> DisposalList:
    """The list, or NoSuchEntry."""
    row = session.get(DisposalList, list_id)
    if row is None:
        raise NoSuchEntry()
    return row


def lines(session: Session, list_id: str) -> Sequence[Line]:
    rows = session.execute(
        select(DisposalItem, Contract)
        .join(Contract, Contract.id == DisposalItem.contract_id)
        .where(DisposalItem.list_id == list_id)
        .order_by(Contract.number)
    )
    return [Line(row[0], row[1]) for row in rows]


def disposed_on(session: Session, contract_id: str) -> date | None:
    """The day a contract's files were destroyed, for who asks for them later."""
    at = session.scalar(
        select(DisposalItem.done_at).where(
            DisposalItem.contract_id == contract_id, DisposalItem.outcome == "destroyed"
        )
    )
    return calendar.jst_date(at) if at is not None else None


def _on_open_list(session: Session, wanted: set[str]) -> str | None:
    return session.scalar(
        select(DisposalList.number)
        .join(DisposalItem, DisposalItem.list_id == DisposalList.id)
        .where(
            DisposalItem.contract_id.in_(wanted), DisposalList.state.in_(["proposed", "decided"])
        )
        .limit(1)
    )


def _number(session: Session, fiscal_year: int) -> str:
    """廃-2026-001: the lists of a fiscal year in order (the caller holds the lock)."""
    stem = f"廃-{fiscal_year}-"
    count = session.scalar(
        select(func.count()).select_from(DisposalList).where(DisposalList.number.startswith(stem))
    )
    return f"{stem}{(count or 0) + 1:03d}"


def _held(session: Session, list_id: str) -> DisposalList:
    row = session.scalar(
        select(DisposalList)
        .where(DisposalList.id == list_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchEntry()
    return row


def _note(
    session: Session,
    row: DisposalList,
    actor: Actor,
    action: str,
    details: dict[str, str | int],
    at: datetime,
) -> None:
    session.flush()
    subject = f"disposal:{row.id}"
    audit.append(
        session, actor, f"disposal.{action}", subject, {"number": row.number, **details}, at
    )
