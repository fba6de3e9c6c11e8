"""決裁簿: who decided what, when, on which bytes. Only decisions taken, none planned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from econtract import forms, spreadsheet
from econtract.models import Circulation, Contract, Decision
from econtract.rules import STEP_ACTS
from econtract.turns import TOKYO

MOST_SHOWN = 500
MOST_WRITTEN = 50_000
OUTCOMES = {"approved": "承認", "returned": "差戻し"}
HEADINGS = (
    "決裁日時（日本時間）", "結果", "決裁者", "役", "区分", "代決（だれの代わり）", "理由",
    "契約番号", "件名", "種類", "担当課", "相手方", "契約金額（税込）", "経路", "経路の版",
    "契約書の版のSHA-256",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the register: days in Japan (both included), a department, words of any column."""

    since: date | None = None
    until: date | None = None
    department: str | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    contract: Contract
    circulation: Circulation
    decision: Decision

    @property
    def outcome(self) -> str:
        return OUTCOMES[self.decision.outcome]

    @property
    def act(self) -> str:
        return STEP_ACTS[self.decision.act][0]

    @property
    def kind(self) -> str:
        return forms.name(self.contract.kind, self.contract.form)[0]


def lines(session: Session, wanted: Wanted, *, limit: int = MOST_SHOWN) -> Sequence[Line]:
    """Decisions taken, newest first."""
    query = (
        select(Contract, Circulation, Decision)
        .join(Circulation, Circulation.contract_id == Contract.id)
        .join(Decision, Decision.circulation_id == Circulation.id)
        .where(Decision.decided_at.is_not(None))
    )
    if wanted.since is not None:
        query = query.where(Decision.decided_at >= _start(wanted.since))
    if wanted.until is not None:
        query = query.where(Decision.decided_at < _start(wanted.until + timedelta(days=1)))
    if wanted.department is not None:
        query = query.where(Contract.department == wanted.department)
    if text := wanted.words.strip():
        columns = (
            Contract.number, Contract.title, Contract.vendor_name, Decision.decided_by_name,
            Decision.deputy_for, Decision.title, Decision.seen_sha256,
        )  # fmt: skip
        query = query.where(or_(*(c.icontains(text, autoescape=True) for c in columns)))
    query = query.order_by(Decision.decided_at.desc(), Decision.id).limit(limit)
    return [Line(row[0], row[1], row[2]) for row in session.execute(query)]


def as_csv(found: Sequence[Line]) -> bytes:
    """The register for a spreadsheet."""
    rows = []
    for line in found:
        decision, contract, circulation = line.decision, line.contract, line.circulation
        assert decision.decided_at is not None
        rows.append(
            [
                decision.decided_at.astimezone(TOKYO).strftime("%Y-%m-%d %H:%M:%S"),
                line.outcome,
                decision.decided_by_name or "",
                decision.title,
                line.act,
                decision.deputy_for,
                decision.reason or decision.deputy_reason,
                contract.number,
                contract.title,
                line.kind,
                contract.department,
                contract.vendor_name,
                str(contract.amount),
                circulation.route_id,
                circulation.rules_version,
                decision.seen_sha256 or "",
            ]
        )
    return spreadsheet.table(HEADINGS, rows)


def _start(day: date) -> datetime:
    return datetime.combine(day, time(0), TOKYO)
