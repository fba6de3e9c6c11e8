"""決裁経路の表: what holds, the next version row by row, and a second person's approval."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import Session

from econtract import route_gaps, route_tables
from econtract.deciding_models import RouteTable
from econtract.errors import EContractError
from econtract.making_errors import RouteTableRefused
from econtract.rules import STEP_ACTS
from econtract.template import KINDS
from portal.contracts import typed_values
from portal.contracts.parts import rules_of
from portal.pages import redirect, render
from portal.security import Allow, Identity, Role, may, require
from portal.security.rights import ACTIONS
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter(prefix="/contracts/routes")

Reader = Annotated[Identity, Depends(require("decision.read"))]
Editor = Annotated[Identity, Depends(require("decision.routes_edit"))]
PATH = "/contracts/routes"
FROM_DAY = ("いつから使うか", "first day")


class RowForm(BaseModel):
    """A row as typed; steps are role_1, title_1, act_1 …"""

    model_config = ConfigDict(extra="allow")

    revision: int
    id: str = ""
    kind: str = "*"
    amount_from: str = ""
    amount_below: str = ""
    valid_from: str = ""
    valid_until: str = ""
    signers: str = ""
    council: str = ""

    def row(self) -> dict[str, Any]:
        extra = self.model_extra or {}
        steps = []
        for n in range(1, route_tables.MAX_STEPS + 1):
            role = str(extra.get(f"role_{n}", ""))[:40]
            if role:
                title = str(extra.get(f"title_{n}", "")).strip()[:100]
                act = str(extra.get(f"act_{n}", ""))[:20]
                steps.append({"role": role, "title": title, "act": act})
        return {
            "id": self.id.strip()[:40],
            "kind": self.kind[:20],
            "from": route_tables.amount(self.amount_from[:30]),
            "below": route_tables.amount(self.amount_below[:30]),
            "valid_from": self.valid_from[:10],
            "valid_until": self.valid_until[:10],
            "steps": steps,
            "signers": [s.strip()[:100] for s in self.signers[:1000].split("、") if s.strip()],
            "council": bool(self.council),
        }


@router.get("")
def show(request: Request, session: DbSession, user: Reader) -> Response:
    return _page(request, session, user, None)


@router.post("/begin")
def begin(request: Request, session: DbSession, user: Editor) -> Response:
    service = get_service(request)
    route_tables.begin(session, rules_of(service), actor=user.actor, at=service.clock.now())
    return redirect(request, f"{PATH}#next", notice="今の表を写して、次の版を作りました。")


@router.get("/{table_id}/rows/{number}")
def row_page(
    request: Request, session: DbSession, table_id: str, number: int, user: Editor
) -> Response:
    table = _open(session, table_id)
    today = calendar.jst_date(get_service(request).clock.now())
    fresh = {
        "id": "", "kind": "*", "from": "0", "below": "", "valid_from": today.isoformat(),
        "valid_until": "", "steps": [], "signers": [], "council": False,
    }  # fmt: skip
    row = table.rows[number] if 0 <= number < len(table.rows) else fresh
    return _row_page(request, table, number, row, None)


@router.post("/{table_id}/rows/{number}")
def save_row(
    request: Request,
    session: DbSession,
    table_id: str,
    number: int,
    user: Editor,
    form: Annotated[RowForm, Form()],
) -> Response:
    """Save one row (a number past the last one adds it). What cannot stand is said at once."""
    service = get_service(request)
    table = _open(session, table_id)
    rows = [dict(row) for row in table.rows]
    row = form.row()
    if 0 <= number < len(rows):
        rows[number] = row
    else:
        rows.append(row)
    try:
        with service.database.transaction() as own:
            route_tables.save(
                own,
                table_id,
                rows=rows,
                seen_revision=form.revision,
                actor=user.actor,
                at=service.clock.now(),
            )
    except RouteTableRefused as refused:
        return _row_page(request, table, number, row, refused)
    return redirect(request, f"{PATH}#next", notice="行を保存しました。")


@router.post("/{table_id}/rows/{number}/removal")
def remove_row(
    request: Request,
    session: DbSession,
    table_id: str,
    number: int,
    user: Editor,
    revision: Annotated[int, Form()],
) -> Response:
    table = _open(session, table_id)
    rows = [row for n, row in enumerate(table.rows) if n != number]
    route_tables.save(
        session,
        table_id,
        rows=rows,
        seen_revision=revision,
        actor=user.actor,
        at=get_service(request).clock.now(),
    )
    return redirect(request, f"{PATH}#next", notice="行を消しました。")


@router.post("/{table_id}/proposal")
def propose(
    request: Request,
    session: DbSession,
    table_id: str,
    user: Editor,
    revision: Annotated[int, Form()],
    valid_from: Annotated[str, Form(max_length=10)] = "",
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    service = get_service(request)
    try:
        with session.begin_nested():
            route_tables.propose(
                session,
                table_id,
                valid_from=typed_values.day(valid_from, "valid_from", FROM_DAY),
                reason=reason,
                seen_revision=revision,
                actor=user.actor,
                at=service.clock.now(),
            )
    except EContractError as refused:
        return _page(request, session, user, refused)
    return redirect(request, PATH, notice="承認を求めました。別の職員が承認すると有効になります。")


@router.post("/{table_id}/decision")
def decide(
    request: Request,
    session: DbSession,
    table_id: str,
    user: Annotated[Identity, Depends(require("decision.routes_approve"))],
    revision: Annotated[int, Form()],
    answer: Annotated[Literal["approve", "refuse"], Form()],
    reason: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    service = get_service(request)
    try:
        with session.begin_nested():
            route_tables.decide(
                session,
                table_id,
                approved=answer == "approve",
                answer=reason,
                seen_revision=revision,
                actor=user.actor,
                at=service.clock.now(),
            )
    except EContractError as refused:
        return _page(request, session, user, refused)
    words = "表を承認しました。" if answer == "approve" else "理由を付けて戻しました。"
    return redirect(request, PATH, notice=words)


def _open(session: Session, table_id: str) -> RouteTable:
    table = session.get(RouteTable, table_id)
    if table is None or table.state not in {route_tables.DRAFT, route_tables.REFUSED}:
        raise RouteTableRefused(
            why_ja="その版は今は直せません。",
            why_en="This version cannot be edited now.",
            how_ja="一覧から開き直してください。",
            how_en="Open it from the list again.",
        )
    return table


def _words(session: Session) -> dict[str, Any]:
    return {
        "kinds": {"*": "すべて"} | {kind: words[0] for kind, words in KINDS.items()},
        "roles": {role.value: role.ja for role in Role},
        "acts": {act: words[0] for act, words in STEP_ACTS.items()},
        "states": route_tables.STATE_NAMES,
    }


def _page(
    request: Request, session: Session, user: Identity, error: EContractError | None
) -> Response:
    service = get_service(request)
    today = calendar.jst_date(service.clock.now())
    rules = route_tables.in_force(session, rules_of(service), today)
    following = route_tables.open_version(session)
    return render(
        request,
        "contracts/routes.html",
        _words(session)
        | {
            "rows": route_tables.rows_of(rules.routes),
            "version": rules.version,
            "warnings": route_gaps.faults(rules.routes, today),
            "next": following,
            "next_warnings": route_gaps.faults(route_tables.routes(following.rows), today)
            if following
            else [],
            "error": error,
            "today": today,
            "versions": route_tables.versions(session),
            "may_edit": isinstance(may(user, "decision.routes_edit"), Allow),
            "may_approve": following is not None
            and user.id != following.written_by
            and isinstance(may(user, "decision.routes_approve"), Allow),
        },
        status=400 if error else 200,
    )


def _row_page(
    request: Request,
    table: RouteTable,
    number: int,
    row: dict[str, Any],
    error: EContractError | None,
) -> Response:
    steps = list(row["steps"]) + [{"role": "", "title": "", "act": "decide"}] * 8
    deciding = [(r.value, r.ja) for r in Role if r in ACTIONS["contract.decide"].roles]
    return render(
        request,
        "contracts/route_row.html",
        {
            "table": table,
            "number": number,
            "row": row,
            "steps": steps[: max(4, min(8, len(row["steps"]) + 2))],
            "is_new": not 0 <= number < len(table.rows),
            "error": error,
            "kind_options": [("*", "すべて")] + [(k, w[0]) for k, w in KINDS.items()],
            "role_options": [("", "なし"), *deciding],
            "act_options": [(act, words[0]) for act, words in STEP_ACTS.items()],
        },
        status=400 if error else 200,
    )
