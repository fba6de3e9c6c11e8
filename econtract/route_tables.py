"""The table of routes as the city keeps it: versions, each written by one and approved by another.

Until the first version is approved the rows of the rules file hold. A version is the whole table,
so that "what held on this day" is one row of one table, and the circulation keeps its name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from econtract.deciding_models import RouteTable
from econtract.errors import RulesBroken
from econtract.making_errors import RouteTableRefused
from econtract.reasons import checked_reason
from econtract.rules import FOREVER, Route, Rules, parse_route
from econtract.template import KINDS
from records import Actor, audit, calendar, new_id

DRAFT, PROPOSED, APPROVED, REFUSED = "draft", "proposed", "approved", "refused"
STATE_NAMES = {
    DRAFT: "下書き",
    PROPOSED: "承認待ち",
    APPROVED: "承認済み",
    REFUSED: "差戻し",
}
MAX_ROWS = 200
MAX_STEPS = 8


def in_force(session: Session, rules: Rules, day: date) -> Rules:
    """`rules` with the routes of the approved version in force on `day` (JST)."""
    table = session.scalar(
        select(RouteTable)
        .where(RouteTable.state == APPROVED, RouteTable.valid_from <= day)
        .order_by(RouteTable.valid_from.desc(), RouteTable.number.desc())
        .limit(1)
    )
    if table is None:
        return rules
    return replace(rules, routes=routes(table.rows), version=f"{rules.version}/{table.number}")


def routes(rows: Sequence[Mapping[str, Any]]) -> tuple[Route, ...]:
    """Rows of a version as routes. Raises RulesBroken naming the row."""
    return tuple(parse_route(n, _raw(row)) for n, row in enumerate(rows, start=1))


def rows_of(found: Sequence[Route]) -> list[dict[str, Any]]:
    """Routes as the rows of a version."""
    return [
        {
            "id": r.id,
            "kind": r.kind,
            "from": str(r.amount_from),
            "below": str(r.amount_below),
            "valid_from": r.valid_from.isoformat(),
            "valid_until": r.valid_until.isoformat(),
            "steps": [{"role": s.role, "title": s.title, "act": s.act} for s in r.steps],
            "signers": list(r.signers),
            "council": r.council,
        }
        for r in found
    ]


def begin(session: Session, rules: Rules, *, actor: Actor, at: datetime) -> RouteTable:
    """A new version as a copy of what is in force; the open one, if there is one already."""
    session.execute(select(func.pg_advisory_xact_lock(0x726F757465)))
    row = open_version(session)
    if row is not None:
        return row
    today = calendar.jst_date(at)
    row = RouteTable(
        id=new_id(),
        number=1 + (session.scalar(select(func.max(RouteTable.number))) or 0),
        state=DRAFT,
        revision=1,
        valid_from=today,
        rows=rows_of(in_force(session, rules, today).routes),
        written_by=actor.id,
        written_by_name=actor.name,
        written_at=at,
        decided_at=None,
    )
    session.add(row)
    session.flush()
    audit.append(session, actor, "routes.begun", f"routes:{row.id}", {"number": row.number}, at)
    return row


def save(
    session: Session,
    table_id: str,
    *,
    rows: Sequence[Mapping[str, Any]],
    seen_revision: int,
    actor: Actor,
    at: datetime,
) -> RouteTable:
    """Replace the rows of the open version. Raises RouteTableRefused naming the row."""
    row = _held(session, table_id, DRAFT, REFUSED)
    if row.revision != seen_revision:
        raise _refused(
            "ほかの人が先に直しました。",
            "Somebody else changed it first.",
            "開き直してください。",
            "Reload it.",
        )
    kept = rows_of(_checked(rows))
    if kept == row.rows:
        return row
    row.rows, row.revision, row.state = kept, row.revision + 1, DRAFT
    row.written_by, row.written_by_name, row.written_at = actor.id, actor.name, at
    details = {"number": row.number, "revision": row.revision, "rows": len(kept)}
    audit.append(session, actor, "routes.saved", f"routes:{row.id}", details, at)
    return row


def propose(
    session: Session,
    table_id: str,
    *,
    valid_from: date,
    reason: str,
    seen_revision: int,
    actor: Actor,
    at: datetime,
) -> RouteTable:
    """Put the open version before a second person, with the day from which it shall hold."""
    row = _held(session, table_id, DRAFT, REFUSED, PROPOSED)
    if row.state == PROPOSED:
        return row
    if row.revision != seen_revision:
        raise _refused(
            "ほかの人が先に直しました。",
            "Somebody else changed it first.",
            "開き直してください。",
            "Reload it.",
        )
    if valid_from < calendar.jst_date(at):
        raise _refused(
            "適用の始まる日が過去です。",
            "It would begin in the past.",
            "今日以後の日にしてください。",
            "Choose today or later.",
            field="valid_from",
        )
    text = checked_reason(reason)
    _checked(row.rows)
    row.reason, row.valid_from, row.state = text, valid_from, PROPOSED
    row.written_by, row.written_by_name, row.written_at = actor.id, actor.name, at
    details = {"number": row.number, "valid_from": valid_from.isoformat(), "reason": text}
    audit.append(session, actor, "routes.proposed", f"routes:{row.id}", details, at)
    return row


def decide(
    session: Session,
    table_id: str,
    *,
    approved: bool,
    answer: str,
    seen_revision: int,
    actor: Actor,
    at: datetime,
) -> RouteTable:
    """A second person approves the version or gives it back. Twice is once."""
    row = _held(session, table_id, PROPOSED, APPROVED, REFUSED)
    wanted = APPROVED if approved else REFUSED
    if row.state == wanted:
        return row
    if row.state != PROPOSED or row.revision != seen_revision:
        raise _refused(
            "承認待ちではなくなっています。",
            "It is no longer waiting.",
            "開き直してください。",
            "Reload it.",
        )
    if actor.id == row.written_by:
        raise _refused(
            "自分が書いた表は、自分で承認できません。",
            "Who wrote it may not approve it.",
            "同じ権限の別の職員が承認してください。",
            "Let another member of staff approve it.",
        )
    row.answer = checked_reason(answer) if not approved else answer.strip()[:1000]
    row.state, row.decided_by_name, row.decided_at = wanted, actor.name, at
    if approved:
        # A version approved after its first day holds from the approval, never backwards.
        row.valid_from = max(row.valid_from, calendar.jst_date(at))
    action = "routes.approved" if approved else "routes.refused"
    details = {"number": row.number, "valid_from": row.valid_from.isoformat()}
    audit.append(session, actor, action, f"routes:{row.id}", details, at)
    return row


def open_version(session: Session) -> RouteTable | None:
    return session.scalar(
        select(RouteTable).where(RouteTable.state.in_([DRAFT, PROPOSED, REFUSED]))
    )


def versions(session: Session) -> Sequence[RouteTable]:
    """Every version, newest first."""
    return session.scalars(select(RouteTable).order_by(RouteTable.number.desc()).limit(200)).all()


def _checked(rows: Sequence[Mapping[str, Any]]) -> tuple[Route, ...]:
    if not 1 <= len(rows) <= MAX_ROWS:
        raise _refused(
            f"行が{len(rows)}あります（1〜{MAX_ROWS}行）。",
            f"It has {len(rows)} rows (1 to {MAX_ROWS}).",
            "行を足すか減らしてください。",
            "Add or delete rows.",
        )
    try:
        found = routes(rows)
    except RulesBroken as broken:
        raise _refused(
            broken.message_ja, broken.message_en, "その行を直してください。", "Mend the row."
        ) from broken
    if len({r.id for r in found}) != len(found):
        raise _refused(
            "同じ名前の行があります。",
            "Two rows share a name.",
            "名前を変えてください。",
            "Rename one.",
        )
    for n, route in enumerate(found, start=1):
        if route.kind not in {"*", *KINDS} or len(route.steps) > MAX_STEPS:
            raise _refused(
                f"{n}行目の契約の種類か、決裁の段の数（{MAX_STEPS}まで）が正しくありません。",
                f"Row {n}: unknown kind, or more than {MAX_STEPS} steps.",
                "その行を直してください。",
                "Mend the row.",
            )
    return found


def _raw(row: Mapping[str, Any]) -> dict[str, Any]:
    days: dict[str, Any] = {}
    for name in ("valid_from", "valid_until"):
        value = row.get(name) or (FOREVER.isoformat() if name == "valid_until" else "")
        try:
            days[name] = date.fromisoformat(str(value))
        except ValueError:
            days[name] = value
    if not isinstance(days["valid_until"], date):
        days["valid_until"] = FOREVER
    amounts = {k: str(row.get(k, "")).replace(",", "") for k in ("from", "below")}
    return {**row, **amounts, **days}


def _held(session: Session, table_id: str, *states: str) -> RouteTable:
    row = session.get(RouteTable, table_id, with_for_update=True, populate_existing=True)
    if row is None or row.state not in states:
        raise _refused(
            "その版は今は変えられません。",
            "This version cannot be changed now.",
            "一覧から開き直してください。",
            "Open it from the list again.",
        )
    return row


def _refused(
    ja: str, en: str, how_ja: str, how_en: str, *, field: str | None = None
) -> RouteTableRefused:
    return RouteTableRefused(field=field, why_ja=ja, why_en=en, how_ja=how_ja, how_en=how_en)


def amount(text: str) -> str:
    """An amount as typed in a row, as plain digits; what is none stays for the check to name."""
    plain = text.replace(",", "").replace("円", "").strip()
    return str(Decimal(plain)) if plain.isdecimal() else plain
