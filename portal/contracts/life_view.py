"""A contract's life as people and programs see it: one view for the pages and the JSON API."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from econtract import beside, council, guarantees, life_rules, living, performance
from econtract.life_models import PerformanceNotice
from econtract.life_rules import LifeRules
from econtract.models import Contract
from econtract.performance import INSPECTED, Answer, Kind
from econtract.states import STATE_NAMES, ContractState
from einvoice import queries as invoices
from einvoice.due_dates import inspection_due
from portal.service import Service
from records import calendar


@cache
def _life_rules(path: Path | None) -> LifeRules:
    return life_rules.load(path)


def life_rules_of(service: Service) -> LifeRules:
    """The city's rules for a contract after 確定, from the same file as its routes."""
    return _life_rules(service.settings.contract.rules)


@dataclass(frozen=True, slots=True)
class Due:
    """By when the city inspects, and how near that is. `words` say it without colour."""

    on: date
    inspect_by: date
    days_left: int
    tone: str
    words: str


def due_of(contract: Contract, row: PerformanceNotice, today: date, warning: int) -> Due | None:
    """The term of 支払遅延防止法5条 that a waiting notice has started; None where none runs.

    The law does not move a last day that is a holiday: the last open day before it is named."""
    if row.answer != Answer.WAITING or Kind(row.kind) not in INSPECTED:
        return None
    on = inspection_due(calendar.jst_date(row.given_at), is_works=contract.kind == "works")
    by = on if calendar.is_business_day(on) else calendar.previous_business_day(on)
    left = (by - today).days
    if today > on:
        tone, words = "error", f"期限を{(today - on).days}日過ぎています"
    elif left < 0:
        tone, words = "error", "期限が迫っています（開庁日は残っていません）"
    elif left == 0:
        tone, words = "warning", "今日が期限です"
    else:
        tone, words = ("warning" if left <= warning else "info"), f"あと{left}日"
    if by != on and today <= on:
        words += f"（期限の{on.month}月{on.day}日は閉庁日）"
    return Due(on, by, left, tone, words)


def notices(
    session: Session, contract: Contract, today: date, warning: int
) -> list[dict[str, Any]]:
    """Notices with their names and clocks, newest first."""
    return [
        {
            "row": row,
            "kind": performance.KIND_NAMES[Kind(row.kind)],
            "answer": performance.ANSWER_NAMES[Answer(row.answer)],
            "tone": _ANSWER_TONES[Answer(row.answer)],
            "inspected": Kind(row.kind) in INSPECTED,
            "due": due_of(contract, row, today, warning),
        }
        for row in reversed(living.notices(session, contract.id))
    ]


_ANSWER_TONES = {
    Answer.WAITING: "waiting",
    Answer.ACCEPTED: "success",
    Answer.RETURNED: "warning",
    Answer.FAILED: "error",
}


def gates(session: Session, contract: Contract, rules: LifeRules) -> list[guarantees.Gate]:
    """The checklist: 議決, 確定, 契約保証, 前払金, and what stops payment now."""
    made = []
    if council.needs_vote(session, contract):
        vote = living.vote(session, contract.id)
        if vote is None:
            made.append(_gate("議会の議決", "council's vote", False, "まだ記録がありません。"))
        else:
            words = f"{calendar.wareki(vote.voted_on)}　{vote.bill_number}"
            made.append(_gate("議会の議決", "council's vote", vote.passed, words))
    concluded = contract.concluded_at is not None
    when = (
        calendar.wareki(calendar.jst_date(contract.concluded_at)) if contract.concluded_at else ""
    )
    made.append(
        _gate(
            "契約の確定",
            "conclusion",
            concluded,
            when or "署名がそろうまで、着手も支払もできません。",
        )
    )
    made.append(guarantees.performance_gate(session, contract, rules))
    made.append(guarantees.advance_gate(session, contract))
    stands = living.standing(session, contract)
    if stands.amendment_pending:
        made.append(
            _gate("変更契約", "amendment", False, "手続き中です。終わるまで請求は保留されます。")
        )
    return made


def _gate(ja: str, en: str, met: bool, detail: str) -> guarantees.Gate:
    return guarantees.Gate(ja, en, "met" if met else "open", detail)


#: What is said first of a change; the database keeps no order of names.
FIRST = ("契約金額（税込）", "うち消費税", "履行期間の終わり")


def chain(session: Session, contract: Contract, *, for_vendor: bool = False) -> dict[str, Any]:
    """The original with its amendments and memoranda, for whichever of them is shown.

    A vendor sees an amendment from the day it was sent, like every contract."""
    parent = beside.original(session, contract.id)
    amendments = {child.id: row for row, child in living.amendments(session, parent.id)}
    lines = []
    running = parent.amount
    memoranda = 0
    for child in living.parts(session, parent.id):
        row = amendments.get(child.id)
        memoranda += row is None
        if for_vendor and child.sent_at is None:
            continue
        counts = child.state in {ContractState.CONCLUDED, ContractState.DISPOSED}
        line: dict[str, Any] = {
            "row": row,
            "contract": child,
            "state": STATE_NAMES[child.current_state],
            "counts": counts,
        }
        if row is None:
            line |= {"name": f"覚書{memoranda}", "words": child.fields.get("subject", "")}
        else:
            names = sorted(row.before, key=lambda n: FIRST.index(n) if n in FIRST else len(FIRST))
            running += row.change if counts else 0
            line |= {
                "name": f"第{row.position}回変更",
                "rows": [(item, row.before[item], row.after[item]) for item in names],
                "cumulative": (child.amount - parent.amount) * 100 / parent.amount,
            }
        lines.append(line)
    own = next((line["name"] for line in lines if line["contract"].id == contract.id), None)
    return {"own": own, "parent": parent, "lines": lines, "amount": running}


def inspections(session: Session, contract: Contract) -> Sequence[Any]:
    """What the invoice side recorded: one inspection, seen from both."""
    return invoices.inspections(session, contract.number)


def as_json(
    session: Session,
    contract: Contract,
    rules: LifeRules,
    now: datetime,
    *,
    for_vendor: bool = False,
) -> dict[str, Any]:
    """The whole life for the API. The 認証キー is never in it."""
    stands = living.standing(session, contract)
    today = calendar.jst_date(now)
    ended = living.cancelled(session, contract.id)
    vote = living.vote(session, contract.id)
    lines = chain(session, contract, for_vendor=for_vendor)["lines"]
    return {
        "contract_id": contract.id,
        "number": contract.number,
        "terms": {
            "amount": int(stands.amount),
            "tax": int(stands.tax),
            "period_from": stands.period_from.isoformat(),
            "period_to": stands.period_to.isoformat(),
            "amendments": stands.amendments,
            "amendment_pending": stands.amendment_pending,
            "cancelled_on": stands.cancelled_on.isoformat() if stands.cancelled_on else None,
        },
        "gates": [
            {"name": {"ja": g.name_ja, "en": g.name_en}, "state": g.state, "detail": g.detail_ja}
            for g in gates(session, contract, rules)
        ],
        "notices": [
            notice_json(contract, n["row"], today, rules.inspection_warning_days)
            for n in notices(session, contract, today, rules.inspection_warning_days)
        ],
        "guarantees": [
            {
                "id": g.id,
                "purpose": g.purpose,
                "form": g.form,
                "guarantor": g.guarantor,
                "number": g.number,
                "has_key": g.sealed_key is not None,
                "amount": int(g.amount),
                "valid_until": g.valid_until.isoformat() if g.valid_until else None,
                "checked_by": g.checked_by_name or None,
                "checked_at": g.checked_at.isoformat() if g.checked_at else None,
                "ended_at": g.ended_at.isoformat() if g.ended_at else None,
            }
            for g in living.guarantees(session, contract.id)
        ],
        "amendments": [
            {
                "contract_id": line["contract"].id,
                "number": line["contract"].number,
                "position": line["row"].position,
                "state": line["contract"].state,
                "change": int(line["row"].change),
                "before": line["row"].before,
                "after": line["row"].after,
                "vote_needed": line["row"].vote_needed,
                "vote_reason": line["row"].vote_reason,
            }
            for line in lines
            if line["row"] is not None
        ],
        "memoranda": [
            {
                "contract_id": line["contract"].id,
                "number": line["contract"].number,
                "state": line["contract"].state,
                "subject": line["words"],
            }
            for line in lines
            if line["row"] is None
        ],
        "vote": vote
        and {
            "voted_on": vote.voted_on.isoformat(),
            "bill_number": vote.bill_number,
            "passed": vote.passed,
        },
        "cancellation": ended
        and {
            "ground": ended.ground,
            "effective_on": ended.effective_on.isoformat(),
            "decided_at": ended.decided_at.isoformat() if ended.decided_at else None,
        },
    }


def notice_json(
    contract: Contract, row: PerformanceNotice, today: date, warning: int
) -> dict[str, Any]:
    """One notice; `inspect_by` is the last open day of the lawful term."""
    due = due_of(contract, row, today, warning)
    return {
        "id": row.id,
        "kind": row.kind,
        "performed_on": row.performed_on.isoformat(),
        "note": row.note,
        "files": row.files,
        "given_at": row.given_at.isoformat(),
        "answer": row.answer,
        "reason": row.reason,
        "inspection_number": row.inspection_number,
        "due_on": due.on.isoformat() if due else None,
        "inspect_by": due.inspect_by.isoformat() if due else None,
    }
