"""Files that belong to a contract by hash: drawings of 100 MB and more, never held in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, BinaryIO
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Request, Response, UploadFile
from fastapi.responses import StreamingResponse

from econtract import attaching, queries
from econtract.binding import kept_file
from econtract.making_errors import AttachmentRefused
from portal.contracts.downloads import allowed
from portal.contracts.guards import ensure_own
from portal.contracts.parts import alarms_recorded
from portal.pages import redirect
from portal.security import Identity, require
from portal.web import DbSession, get_service

router = APIRouter()

Drafter = Annotated[Identity, Depends(require("contract.draft"))]
PIECE = 1024 * 1024


@router.post("/contracts/{contract_id}/attachments")
@router.post("/api/v1/contracts/{contract_id}/attachments")
def attach(
    request: Request, session: DbSession, contract_id: str, user: Drafter, file: UploadFile
) -> Response:
    """Keep the file, then put it on the list. The upload lies on disk while it is read."""
    service = get_service(request)
    ensure_own(user, "contract.draft", queries.contract(session, contract_id))
    name = attaching.checked_name(file.filename or "")
    if file.size == 0:
        raise AttachmentRefused(
            field="file",
            name=name,
            why_ja="中身が空です。",
            why_en="It is empty.",
            how_ja="選び直してください。",
            how_en="Choose it again.",
        )
    stored = service.store.put_file(file.file)
    attaching.add(
        session,
        contract_id,
        name=name,
        stored=stored,
        actor=user.actor,
        at=service.clock.now(),
    )
    return redirect(
        request,
        f"/contracts/{contract_id}/draft#attachments",
        notice=f"「{name[:80]}」を添付しました。契約書を作り直すと、一覧に載ります。",
    )


@router.post("/contracts/{contract_id}/attachments/removal")
def detach(
    request: Request,
    session: DbSession,
    contract_id: str,
    user: Drafter,
    attachment_id: Annotated[str, Form(max_length=36)],
) -> Response:
    ensure_own(user, "contract.draft", queries.contract(session, contract_id))
    at = get_service(request).clock.now()
    row = attaching.remove(session, contract_id, attachment_id, actor=user.actor, at=at)
    return redirect(
        request,
        f"/contracts/{contract_id}/draft#attachments",
        notice=f"「{row.name[:80]}」を外しました。",
    )


@router.get("/contracts/{contract_id}/attachments/{attachment_id}")
@router.get("/vendor/contracts/{contract_id}/attachments/{attachment_id}")
@router.get("/api/v1/contracts/{contract_id}/attachments/{attachment_id}")
def download(
    request: Request,
    session: DbSession,
    contract_id: str,
    attachment_id: str,
    user: Annotated[Identity, Depends(require("contract.read"))],
) -> Response:
    """The file in pieces, after its hash was compared with the list."""
    service = get_service(request)
    contract = allowed(request, session, contract_id, user)
    row = attaching.found(session, contract_id, attachment_id)
    with alarms_recorded(service, session):
        file = kept_file(service.store, contract.id, row.sha256)
    return StreamingResponse(
        _pieces(file),
        media_type=row.media_type,
        headers={
            "content-length": str(row.size),
            "content-disposition": f"attachment; filename*=UTF-8''{quote(row.name)}",
            "x-content-type-options": "nosniff",
        },
    )


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(PIECE):
            yield piece
