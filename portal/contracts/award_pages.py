"""Awards: taking in the e-bidding export, and making a draft from a row with nothing retyped."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response, UploadFile
from sqlalchemy.orm import Session

from econtract import awards, drafting, queries
from econtract.award_columns import COLUMNS
from econtract.award_table import MAX_BYTES, MAX_ROWS
from econtract.errors import AwardFileUnreadable, AwardRowsRefused
from econtract.template import KINDS
from portal.contracts.guards import ensure_own, seen_department
from portal.contracts.parts import city_office
from portal.contracts.people import vendor_of
from portal.pages import redirect, render
from portal.security import Identity, require
from portal.web import DbSession, get_service

router = APIRouter()

Importer = Annotated[Identity, Depends(require("award.import"))]
Drafter = Annotated[Identity, Depends(require("contract.draft"))]


@router.get("/contracts/awards")
def award_list(
    request: Request,
    session: DbSession,
    user: Annotated[Identity, Depends(require("award.read"))],
) -> Response:
    return _page(request, session, user)


@router.post("/contracts/awards")
def take_in(request: Request, session: DbSession, user: Importer, file: UploadFile) -> Response:
    """All rows or none: what must be mended is listed by row and column."""
    service = get_service(request)
    at = service.clock.now()
    data = file.file.read(MAX_BYTES + 1)
    try:
        with service.database.transaction() as own:
            taken = awards.take_in(
                own, data, vendor_of=vendor_of(own, user.actor, at), actor=user.actor, at=at
            )
    except (AwardFileUnreadable, AwardRowsRefused) as refused:
        return _page(request, session, user, refused=refused, name=file.filename or "")
    words = f"{len(taken.new)}件を取り込みました。" if taken.new else "新しい案件はありません。"
    if taken.known:
        words += f"{len(taken.known)}件は取り込み済みのため、変えていません。"
    return redirect(request, "/contracts/awards", notice=words)


@router.post("/contracts")
def draft(
    request: Request,
    session: DbSession,
    user: Drafter,
    award_id: Annotated[str, Form(max_length=36)],
) -> Response:
    service = get_service(request)
    contract = drafting.draft(
        session,
        award_id=award_id,
        city=city_office(service),
        actor=user.actor,
        at=service.clock.now(),
    )
    ensure_own(user, "contract.draft", contract)
    return redirect(
        request,
        f"/contracts/{contract.id}/draft",
        notice=f"契約番号 {contract.number} の下書きを作りました。",
    )


def _page(
    request: Request,
    session: Session,
    user: Identity,
    *,
    refused: AwardFileUnreadable | AwardRowsRefused | None = None,
    name: str = "",
) -> Response:
    context = {
        "awards": queries.undrafted_awards(session, department=seen_department(user)),
        "kinds": KINDS,
        "refused": refused,
        "problems": refused.problems if isinstance(refused, AwardRowsRefused) else (),
        "file_name": name,
        "columns": [(c.headings[0], c.required) for c in COLUMNS],
        "limits": {"mb": MAX_BYTES // 1024 // 1024, "rows": MAX_ROWS},
        "may_import": "procurement" in user.roles,
    }
    return render(request, "contracts/awards.html", context, status=400 if refused else 200)
