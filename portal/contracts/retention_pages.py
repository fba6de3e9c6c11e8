"""保存と廃棄 for staff: whose term is over (a dry run), what is held, lists and certificates."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from sqlalchemy.orm import Session

from econtract import disposing, retaining
from econtract.errors import EContractError, NotReadyYet
from econtract.template import KINDS
from portal.contracts import life_view
from portal.pages import redirect, render
from portal.security import Allow, Identity, may, require
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter()

Reader = Annotated[Identity, Depends(require("retention.read"))]
Preparer = Annotated[Identity, Depends(require("retention.prepare"))]
Holder = Annotated[Identity, Depends(require("retention.hold"))]
Reason = Annotated[str, Form(max_length=1000)]

LIST_NAMES = {
    "proposed": ("決裁待ち", "waiting"),
    "refused": ("退けられた", "plain"),
    "decided": ("廃棄しています", "info"),
    "done": ("終わり", "success"),
}
OUTCOME_NAMES = {
    "waiting": ("これから", "plain"),
    "destroying": ("廃棄しています", "info"),
    "destroyed": ("廃棄した", "success"),
    "kept": ("廃棄しなかった", "warning"),
    "transfer": ("移管（廃棄しない）", "info"),
}


@router.get("/contracts/retention")
def retention(request: Request, session: DbSession, user: Reader) -> Response:
    return _overview(request, session, user)


@router.get("/api/v1/retention")
def retention_api(request: Request, session: DbSession, user: Reader) -> dict[str, Any]:
    """The dry run for programs: what could be put on a list today, and what is held."""
    service = get_service(request)
    today = calendar.jst_date(service.clock.now())
    over = retaining.over(session, rules=life_view.life_rules_of(service), today=today)
    return {
        "over": [
            {
                "contract_id": k.contract.id,
                "number": k.contract.number,
                "ended_on": k.ended_on.isoformat(),
                "years": k.years,
                "kept_until": k.until.isoformat(),
                "at_end": k.at_end,
                "hold": k.hold,
            }
            for k in over
        ]
    }


@router.post("/contracts/retention/lists")
def prepare(
    request: Request,
    session: DbSession,
    user: Preparer,
    contract: Annotated[list[str], Form(max_length=retaining.MAX_LIST)] = [],  # noqa: B006
) -> Response:
    service = get_service(request)
    try:
        with session.begin_nested():
            row = disposing.prepare(
                session,
                contract,
                rules=life_view.life_rules_of(service),
                actor=user.actor,
                at=service.clock.now(),
            )
    except EContractError as error:
        return _overview(request, session, user, error=error)
    notice = f"廃棄の一覧 {row.number} を作りました。別の職員が決めるまで、何も廃棄されません。"
    return redirect(request, f"/contracts/retention/lists/{row.id}", notice=notice)


@router.get("/contracts/retention/lists/{list_id}")
def show_list(request: Request, session: DbSession, list_id: str, user: Reader) -> Response:
    return _list_page(request, session, list_id, user)


@router.post("/contracts/retention/lists/{list_id}")
def decide(
    request: Request,
    session: DbSession,
    list_id: str,
    user: Annotated[Identity, Depends(require("retention.decide"))],
    agreed: Annotated[bool, Form()],
    answer: Reason = "",
) -> Response:
    try:
        with session.begin_nested():
            disposing.decide(
                session,
                list_id,
                agreed=agreed,
                answer=answer,
                actor=user.actor,
                at=get_service(request).clock.now(),
            )
    except EContractError as error:
        return _list_page(request, session, list_id, user, error=error)
    notice = "廃棄を決めました。順に廃棄します。" if agreed else "廃棄の一覧を退けました。"
    return redirect(request, f"/contracts/retention/lists/{list_id}", notice=notice)


@router.get("/contracts/retention/lists/{list_id}/certificate")
def certificate(request: Request, session: DbSession, list_id: str, user: Reader) -> Response:
    """廃棄証明書 (PDF, sealed)."""
    row = disposing.found(session, list_id)
    if row.certificate_sha256 is None:
        raise NotReadyYet(what_ja="廃棄証明書", what_en="The certificate of destruction")
    data = get_service(request).store.read(row.certificate_sha256)
    name = row.number.replace("廃", "disposal")
    return Response(
        data,
        media_type="application/pdf",
        headers={"content-disposition": f'attachment; filename="{name}.pdf"'},
    )


@router.post("/contracts/{contract_id}/life/hold")
def hold(
    request: Request, session: DbSession, contract_id: str, user: Holder, reason: Reason = ""
) -> Response:
    at = get_service(request).clock.now()
    retaining.hold(session, contract_id, reason=reason, actor=user.actor, at=at)
    notice = "廃棄を止めました。解くまで、保存年限が過ぎても廃棄されません。"
    return redirect(request, f"/contracts/{contract_id}/life", notice=notice)


@router.post("/contracts/{contract_id}/life/hold/{hold_id}/lift")
def lift(
    request: Request,
    session: DbSession,
    contract_id: str,
    hold_id: str,
    user: Holder,
    reason: Reason = "",
) -> Response:
    at = get_service(request).clock.now()
    retaining.lift(session, contract_id, hold_id, reason=reason, actor=user.actor, at=at)
    return redirect(request, f"/contracts/{contract_id}/life", notice="保全を解きました。")


def _overview(
    request: Request, session: Session, user: Identity, *, error: EContractError | None = None
) -> Response:
    service = get_service(request)
    today = calendar.jst_date(service.clock.now())
    rules = life_view.life_rules_of(service)
    context = {
        "over": retaining.over(session, rules=rules, today=today),
        "holds": retaining.holds(session),
        "lists": disposing.lists(session),
        "list_names": LIST_NAMES,
        "kinds": KINDS,
        "classes": rules.retention,
        "may_prepare": isinstance(may(user, "retention.prepare"), Allow),
        "error": error,
    }
    return render(
        request, "contracts/retention.html", context, status=error.status if error else 200
    )


def _list_page(
    request: Request,
    session: Session,
    list_id: str,
    user: Identity,
    *,
    error: EContractError | None = None,
) -> Response:
    row = disposing.found(session, list_id)
    context = {
        "row": row,
        "lines": disposing.lines(session, list_id),
        "list_names": LIST_NAMES,
        "outcomes": OUTCOME_NAMES,
        "may_decide": isinstance(may(user, "retention.decide"), Allow)
        and row.prepared_by != user.id,
        "busy": row.state == "decided",
        "error": error,
    }
    return render(
        request, "contracts/disposal.html", context, status=error.status if error else 200
    )
