"""変更契約 for staff: enter what changes, see old and new side by side, then make the draft.

The comparison is shown before anything is written; 「この内容で起案する」 drafts what was shown,
because the form carries the same values and is judged by the same function.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlalchemy.orm import Session

from econtract import amending, beside, living, queries, repricing
from econtract.amending import Change, Comparison
from econtract.errors import EContractError
from econtract.models import Contract
from econtract.reasons import checked_reason
from econtract.repricing import NewPrices
from portal.contracts import life_view, typed_values
from portal.contracts.guards import ensure_own
from portal.contracts.parts import rules_of
from portal.pages import redirect, render
from portal.security import Identity, require
from portal.web import DbSession, get_service
from records import calendar, new_id

router = APIRouter(prefix="/contracts/{contract_id}/amendments")

Amender = Annotated[Identity, Depends(require("contract.amend"))]
Texts = Annotated[list[str], Form(max_length=amending.MAX_OTHER_CHANGES)]
EMPTY_ROWS = 3
AMOUNT = ("増減額", "change of the amount")
MONTHLY = ("変更後の月額", "new monthly amount")
PRICES_FROM = ("新しい価格を適用する日", "day of the new prices")
PERIOD = ("変更後の完成期限", "new end")


@router.get("/new")
def begin(request: Request, session: DbSession, contract_id: str, user: Amender) -> Response:
    parent = _parent(session, user, contract_id)
    return _page(request, session, parent, values={})


@router.post("")
def draft(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Amender,
    amount_change: Annotated[str, Form(max_length=30)] = "",
    direction: Annotated[str, Form(pattern="^(more|less)$")] = "more",
    period_to: Annotated[str, Form(max_length=20)] = "",
    reason: Annotated[str, Form(max_length=1000)] = "",
    item: Texts = [],  # noqa: B006  FastAPI copies it
    before: Texts = [],  # noqa: B006
    after: Texts = [],  # noqa: B006
    unit_prices: Annotated[str, Form(max_length=60_000)] = "",
    monthly_amount: Annotated[str, Form(max_length=30)] = "",
    prices_from: Annotated[str, Form(max_length=20)] = "",
    step: Annotated[str, Form(pattern="^(compare|draft|edit)$")] = "compare",
    press: Annotated[str | None, Form(pattern="^[0-9a-f-]{36}$")] = None,
) -> Response:
    """Step "compare" writes nothing; "draft" makes the child contract."""
    service = get_service(request)
    parent = _parent(session, user, contract_id)
    rows = list(zip(item, before, after, strict=False))
    values: dict[str, Any] = {
        "amount_change": amount_change,
        "direction": direction,
        "period_to": period_to,
        "reason": reason,
        "rows": rows,
        "unit_prices": unit_prices,
        "monthly_amount": monthly_amount,
        "prices_from": prices_from,
        "press": press or new_id(),
    }
    if step == "edit":
        return _page(request, session, parent, values=values)
    rules, life = rules_of(service), life_view.life_rules_of(service)
    at = service.clock.now()
    try:
        with session.begin_nested():
            change = Change(
                amount_change=typed_values.yen_or_zero(amount_change, "amount_change", AMOUNT)
                * (1 if direction == "more" else -1),
                period_to=typed_values.day_or_none(period_to, "period_to", PERIOD),
                reason=checked_reason(reason),
                others=amending.checked_others(rows),
                prices=NewPrices(
                    table=unit_prices,
                    monthly=typed_values.yen(monthly_amount, "monthly_amount", MONTHLY)
                    if monthly_amount.strip()
                    else None,
                    valid_from=typed_values.day_or_none(prices_from, "prices_from", PRICES_FROM),
                ),
            )
            if step == "draft":
                child = amending.draft(
                    session,
                    parent.id,
                    change,
                    rules=rules,
                    life=life,
                    press=press,
                    actor=user.actor,
                    at=at,
                )
                words = f"変更契約 {child.number} の下書きを作りました。"
                return redirect(request, f"/contracts/{child.id}", notice=words)
            compared = amending.compare(
                session, parent, change, rules=rules, life=life, day=calendar.jst_date(at)
            )
    except EContractError as error:
        return _page(request, session, parent, values=values, error=error)
    return _page(request, session, parent, values=values, compared=compared)


def _parent(session: Session, user: Identity, contract_id: str) -> Contract:
    parent = beside.original(session, contract_id)
    ensure_own(user, "contract.amend", parent)
    return queries.contract(session, parent.id)


def _page(
    request: Request,
    session: Session,
    parent: Contract,
    *,
    values: dict[str, Any],
    compared: Comparison | None = None,
    error: EContractError | None = None,
) -> Response:
    rows = [row for row in values.get("rows", []) if any(row)]
    context = {
        "parent": parent,
        "prices": next(reversed(repricing.held(session, parent)), None),
        "stands": living.standing(session, parent),
        "chain": life_view.chain(session, parent),
        "values": values,
        "rows": rows + [("", "", "")] * (EMPTY_ROWS if compared is None else 0),
        "compared": compared,
        "marked": [
            (item, *amending.marked(before, after)) for item, before, after in compared.rows()
        ]
        if compared
        else [],
        "error": error,
        "press": values.get("press") or new_id(),
    }
    return render(
        request, "contracts/amendment.html", context, status=error.status if error else 200
    )
