"""The board: every contract by step, with its age in business days; the same list as CSV.

Amendments and memoranda stand under their original where both are in the list; where they are not,
the row names the original. The conditions stand in the address, so that a list can be a bookmark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session

from econtract import cells, endings, queries, spreadsheet
from econtract.cells import BadCell
from econtract.endings import Standing
from econtract.models import Contract
from econtract.states import ContractState
from econtract.template import KINDS
from portal.contracts import presenting, waiting
from portal.contracts.guards import seen_department
from portal.contracts.waiting import Waiting
from portal.pages import jst, redirect, render
from portal.security import Allow, Identity, may, require
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter()

Lister = Annotated[Identity, Depends(require("contract.list"))]
S = ContractState

#: The board's columns: key, heading, states, business days after which a row is late (0: never).
BOARD: tuple[tuple[str, str, tuple[ContractState, ...], int], ...] = (
    ("draft", "起案", (S.DRAFTING, S.RENDERING, S.RENDER_FAILED, S.READY), 5),
    ("deciding", "決裁", (S.DECIDING,), 3),
    ("approved", "送信待ち", (S.APPROVED,), 2),
    ("vendor", "受注者の署名", (S.AWAITING_VENDOR, S.SIGNING), 7),
    ("city", "市の署名", (S.AWAITING_CITY,), 2),
    ("stopped", "停止・辞退", (S.HALTED, S.DECLINED, S.VOTED_DOWN), 1),
    ("concluded", "確定", (S.CONCLUDED,), 0),
    ("over", "取下げ・廃棄", (S.WITHDRAWN, S.DISPOSED), 0),
)
_LIMITS = {state: days for _, _, states, days in BOARD for state in states}
CONDITIONS = ("step", "kind", "department", "amount_from", "amount_to", "standing", "q")
HEADINGS = (
    "契約番号", "件名", "種類", "担当課", "受注者", "契約金額（税込・円）", "状態",
    "この状態になった日時（日本時間）", "営業日数", "遅れ", "原契約",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A contract on the board. `beneath`: it stands under its original, which is in the list."""

    contract: Contract
    words: tuple[str, str, str]
    age: int
    late: bool
    beneath: bool
    family: Sequence[Contract] | None
    waits: Sequence[Waiting]


@router.get("/contracts")
def board(request: Request, session: DbSession, user: Lister) -> Response:
    if user.kind == "vendor":
        return redirect(request, "/vendor/contracts")
    values = _values(request)
    rows, wrong = _rows(request, session, user, values)
    counts = queries.counts_by_state(session, department=seen_department(user))
    columns = [
        {"key": key, "label": label, "count": sum(counts.get(s, 0) for s in states)}
        for key, label, states, _ in BOARD
    ]
    context = {
        "columns": columns,
        "rows": rows,
        "chosen": next((column for column in BOARD if column[0] == values["step"]), None),
        "values": values,
        "query": _query(values),
        "narrowed": any(value for name, value in values.items() if name != "step"),
        "wrong": wrong,
        "most": queries.MAX_LIST,
        "kinds": KINDS,
        "kind_options": [("", "すべて"), *((kind, words[0]) for kind, words in KINDS.items())],
        "standing_options": [("", "すべて"), *((s.value, n) for s, n in endings.NAMES.items())],
        "department_options": []
        if seen_department(user)
        else [("", "すべて"), *((d, d) for d in queries.departments(session))],
        "total": sum(counts.values()),
        "may_import": isinstance(may(user, "award.import"), Allow),
    }
    return render(request, "contracts/board.html", context, status=400 if wrong else 200)


@router.get("/contracts.csv")
def as_csv(request: Request, session: DbSession, user: Lister) -> Response:
    """What the board shows under the same conditions."""
    if user.kind == "vendor":
        return redirect(request, "/vendor/contracts")
    rows, wrong = _rows(request, session, user, _values(request))
    if wrong:
        return board(request, session, user)
    numbers = {row.contract.id: row.contract.number for row in rows}
    table = spreadsheet.table(
        HEADINGS,
        (
            (
                row.contract.number,
                row.contract.title,
                KINDS[row.contract.kind][0],
                row.contract.department,
                row.contract.vendor_name,
                str(row.contract.amount),
                row.words[0],
                jst(row.contract.state_since, "%Y-%m-%d %-H:%M").removesuffix("（日本時間）"),
                str(row.age),
                "遅れています" if row.late else "",
                numbers.get(row.contract.parent_id or "", "")
                or (row.family[0].number if row.contract.parent_id and row.family else ""),
            )
            for row in rows
        ),
    )
    day = calendar.jst_date(get_service(request).clock.now()).isoformat()
    headers = {"content-disposition": f'attachment; filename="contract-board-{day}.csv"'}
    return Response(table, media_type="text/csv; charset=utf-8", headers=headers)


def _values(request: Request) -> dict[str, str]:
    given = request.query_params
    return {name: given.get(name, "")[:100].strip() for name in CONDITIONS}


def _query(values: Mapping[str, str], **changed: str) -> str:
    return urlencode({n: v for n, v in {**values, **changed}.items() if v})


def _rows(
    request: Request, session: Session, user: Identity, values: Mapping[str, str]
) -> tuple[list[Row], dict[str, str]]:
    """The rows, or per field what is wrong with it."""
    wrong: dict[str, str] = {}
    amounts: dict[str, Decimal | None] = {}
    for name in ("amount_from", "amount_to"):
        try:
            amounts[name] = cells.yen(values[name]) if values[name] else None
        except BadCell as bad:
            wrong[name] = bad.ja + bad.mend_ja
    if wrong:
        return [], wrong
    now = get_service(request).clock.now()
    chosen = next((column for column in BOARD if column[0] == values["step"]), None)
    standings = {s.value: s for s in Standing}
    standing = standings.get(values["standing"])
    found = queries.listed(
        session,
        states=chosen[2] if chosen else (),
        department=seen_department(user) or values["department"] or None,
        kind=values["kind"] if values["kind"] in KINDS else None,
        where=endings.standing(standing, calendar.jst_date(now)) if standing else (),
        text=values["q"],
        amount_from=amounts["amount_from"],
        amount_to=amounts["amount_to"],
    )
    return _together(session, found, now), wrong


def _together(session: Session, found: Sequence[Contract], now: datetime) -> list[Row]:
    """Rows in the order found, but what stands beside a contract right beneath it."""
    families = queries.families(session, [(c.id, c.parent_id) for c in found])
    here = {contract.id for contract in found}
    groups: dict[str, list[Contract]] = {}
    for contract in found:
        groups.setdefault(contract.parent_id or contract.id, []).append(contract)
    waits = waiting.of_contracts(session, found)
    rows = []
    for original, group in groups.items():
        for contract in sorted(group, key=lambda c: (c.parent_id is not None, c.created_at)):
            age = presenting.age_in_business_days(contract.state_since, now)
            limit = _LIMITS[contract.current_state]
            family = families.get(original)
            beneath = contract.parent_id in here
            shown = None if beneath or {c.id for c in family or ()} <= here else family
            words = presenting.state_words(contract, queries.open_act(session, contract))
            late = bool(limit) and age > limit
            held = waits.get(contract.id, ())
            rows.append(Row(contract, words, age, late, beneath, shown, held))
    return rows
