"""履行の届: what the vendor gives notice of, and how the city answers.

A notice of completion or delivery starts the term in which the city inspects: 14 days for works,
10 for the rest (支払遅延防止法5条; the term itself is counted by the invoice half, which pays by
it). After a failed inspection the term runs anew from the notice that the repair is done. The
inspection is recorded once, on the invoice side; `inspected` tells this side of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session

from econtract import cells, living, queries
from econtract.attached import Attachment
from econtract.life_errors import LeadReports, NoSuchEntry, NotWaiting, refuse
from econtract.life_models import PerformanceNotice
from econtract.models import Contract
from econtract.reasons import checked_reason
from records import Actor, calendar, new_id

MAX_NOTE = 2000


class Kind(StrEnum):
    START = "start"
    SCHEDULE = "schedule"
    PARTIAL = "partial"
    COMPLETION = "completion"
    DELIVERY = "delivery"
    REPAIR = "repair"


class Answer(StrEnum):
    WAITING = "waiting"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    FAILED = "failed"


KIND_NAMES: dict[Kind, tuple[str, str]] = {
    Kind.START: ("着手届", "notice of start"),
    Kind.SCHEDULE: ("工程表・通知書", "schedule or notification"),
    Kind.PARTIAL: ("出来形・一部完成届", "notice of partial completion"),
    Kind.COMPLETION: ("完成届", "notice of completion"),
    Kind.DELIVERY: ("納品書", "delivery note"),
    Kind.REPAIR: ("手直し完了届", "notice that the repair is done"),
}
ANSWER_NAMES: dict[Answer, tuple[str, str]] = {
    Answer.WAITING: ("市の確認待ち", "waiting for the city"),
    Answer.ACCEPTED: ("受理・合格", "accepted"),
    Answer.RETURNED: ("返却", "returned"),
    Answer.FAILED: ("検査不合格", "inspection failed"),
}

#: Kinds that start the term of inspection.
INSPECTED = frozenset({Kind.PARTIAL, Kind.COMPLETION, Kind.DELIVERY, Kind.REPAIR})


def kinds_for(contract_kind: str) -> tuple[Kind, ...]:
    """What a vendor may give notice of, in the order of a contract's life."""
    if contract_kind == "goods":
        return (Kind.DELIVERY, Kind.REPAIR)
    return (Kind.START, Kind.SCHEDULE, Kind.PARTIAL, Kind.COMPLETION, Kind.DELIVERY, Kind.REPAIR)


def give(
    session: Session,
    contract_id: str,
    *,
    kind: Kind,
    performed_on: date,
    note: str,
    files: Sequence[Attachment],
    vendor_id: str,
    press: str | None,
    actor: Actor,
    at: datetime,
) -> PerformanceNotice:
    """The vendor's notice. `press` is the shown form's id: its button pressed twice gives one.

    Raises NotConcluded (O1), LeadReports, EntryRefused."""
    words = KIND_NAMES[kind]
    contract = living.in_force(session, contract_id, (f"{words[0]}の提出", f"give a {words[1]}"))
    if press is not None:
        done = session.get(PerformanceNotice, press)
        if done is not None and done.contract_id == contract_id:
            return done
    if vendor_id != contract.vendor_id:
        raise LeadReports(lead=contract.vendor_name)
    _check(session, contract, kind, performed_on, calendar.jst_date(at))
    text = cells.text(note.replace("\r\n", " ").replace("\n", " "), longest=MAX_NOTE)
    row = PerformanceNotice(
        id=press or new_id(),
        contract_id=contract_id,
        kind=kind,
        performed_on=performed_on,
        note=text,
        files=[file.to_json() for file in files],
        given_by=actor.id,
        given_by_name=actor.name,
        given_at=at,
        answer=Answer.WAITING,
    )
    session.add(row)
    details = {
        "notice": row.id,
        "kind": kind.value,
        "performed_on": performed_on.isoformat(),
        "files": ",".join(file.sha256 for file in files),
    }
    living.note(session, contract_id, actor, "notice_given", details, at)
    return row


def accept(
    session: Session, contract_id: str, notice_id: str, *, actor: Actor, at: datetime
) -> PerformanceNotice:
    """受理 of a notice that no inspection follows (着手届, 工程表). Pressed twice it is once."""
    row = _held(session, contract_id, notice_id)
    if row.answer == Answer.ACCEPTED:
        return row
    if row.answer != Answer.WAITING or Kind(row.kind) in INSPECTED:
        raise NotWaiting(
            what_ja=KIND_NAMES[Kind(row.kind)][0], what_en=KIND_NAMES[Kind(row.kind)][1]
        )
    _answer(row, Answer.ACCEPTED, actor, at)
    living.note(session, contract_id, actor, "notice_accepted", _named(row), at)
    return row


def send_back(
    session: Session,
    contract_id: str,
    notice_id: str,
    *,
    reason: str,
    actor: Actor,
    at: datetime,
) -> PerformanceNotice:
    """Return a notice that cannot stand (wrong contract, papers missing), with the reason."""
    row = _held(session, contract_id, notice_id)
    text = checked_reason(reason)
    if row.answer == Answer.RETURNED and row.reason == text:
        return row
    if row.answer != Answer.WAITING:
        raise NotWaiting(
            what_ja=KIND_NAMES[Kind(row.kind)][0], what_en=KIND_NAMES[Kind(row.kind)][1]
        )
    _answer(row, Answer.RETURNED, actor, at)
    row.reason = text
    living.note(session, contract_id, actor, "notice_returned", _named(row) | {"reason": text}, at)
    return row


def inspected(
    session: Session,
    *,
    contract_number: str,
    notified_on: date,
    inspection_id: str,
    inspection_number: str,
    passed: bool,
    recorded_at: datetime,
    actor: Actor,
    at: datetime,
) -> Sequence[PerformanceNotice]:
    """An inspection was recorded: it answers the waiting notices received by `notified_on`.

    Called in the transaction that records the inspection; a second call changes nothing, also
    when another notice came since (`recorded_at`)."""
    contract = queries.by_number(session, contract_number)
    if contract is None:
        return []
    waiting = session.scalars(
        select(PerformanceNotice)
        .where(
            PerformanceNotice.contract_id == contract.id,
            PerformanceNotice.answer == Answer.WAITING,
            PerformanceNotice.kind.in_(sorted(INSPECTED)),
        )
        .with_for_update()
    ).all()
    answered = [
        row
        for row in waiting
        if calendar.jst_date(row.given_at) <= notified_on and row.given_at <= recorded_at
    ]
    for row in answered:
        _answer(row, Answer.ACCEPTED if passed else Answer.FAILED, actor, at)
        row.inspection_id, row.inspection_number = inspection_id, inspection_number
        details = _named(row) | {"inspection": inspection_number}
        action = "notice_passed" if passed else "notice_failed"
        living.note(session, contract.id, actor, action, details, at)
    return answered


def completed_on(session: Session, contract_id: str) -> date | None:
    """完了日: the day the last accepted notice of completion or delivery speaks of."""
    days = [
        row.performed_on
        for row in living.notices(session, contract_id)
        if row.answer == Answer.ACCEPTED and Kind(row.kind) in INSPECTED - {Kind.PARTIAL}
    ]
    return max(days, default=None)


def _check(
    session: Session, contract: Contract, kind: Kind, performed_on: date, today: date
) -> None:
    label = ("実際の日", "the day it was done")
    if kind not in kinds_for(contract.kind):
        raise refuse(
            "kind",
            ("届の種類", "kind of notice"),
            ("この契約では使いません。", "This contract does not use it."),
        )
    if performed_on > today:
        raise refuse("performed_on", label, ("未来の日付です。", "It is in the future."))
    if kind is not Kind.SCHEDULE and performed_on < contract.period_from:
        first = calendar.wareki(contract.period_from)
        raise refuse(
            "performed_on",
            label,
            (f"履行期間の始まり（{first}）より前です。", "It is before the term begins."),
        )
    earlier = living.notices(session, contract.id)
    standing = [row for row in earlier if row.answer in {Answer.WAITING, Answer.ACCEPTED}]
    if kind in {Kind.START, Kind.COMPLETION} and any(row.kind == kind for row in standing):
        raise refuse(
            "kind",
            KIND_NAMES[kind],
            ("すでに出されています。", "It was given already."),
            ("履行の画面で、出した届を確かめてください。", "Look at the notices given."),
        )
    failed = [row for row in earlier if row.answer == Answer.FAILED]
    if kind is Kind.REPAIR and not failed:
        raise refuse(
            "kind",
            KIND_NAMES[kind],
            ("不合格の検査がありません。", "No inspection has failed."),
            ("完成届か納品書を出してください。", "Give a notice of completion or delivery."),
        )


def _held(session: Session, contract_id: str, notice_id: str) -> PerformanceNotice:
    row = session.scalar(
        select(PerformanceNotice)
        .where(PerformanceNotice.id == notice_id, PerformanceNotice.contract_id == contract_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NoSuchEntry()
    return row


def _answer(row: PerformanceNotice, answer: Answer, actor: Actor, at: datetime) -> None:
    row.answer, row.answered_by_name, row.answered_at = answer, actor.name, at


def _named(row: PerformanceNotice) -> dict[str, str]:
    return {"notice": row.id, "kind": row.kind}
