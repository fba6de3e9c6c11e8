"""取込 for staff and programs: the CSV first, then the PDFs in one or many ZIPs, then the list.

One ZIP may be as large as an upload may be; 500 PDFs come in as many as it takes, or at once by
`warifu contract import`. What a run has done is done: sending the same again changes nothing.
"""

from __future__ import annotations

import io
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Body, Depends, Form, Request, Response, UploadFile
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session

from econtract import import_zip, importing
from econtract.errors import EContractError
from econtract.import_table import COLUMNS
from econtract.importing import STATES, Added
from econtract.keeping_models import ContractImport
from econtract.life_errors import ImportRowsRefused
from portal.contracts.people import vendor_of
from portal.pages import redirect, render
from portal.security import Identity, require
from portal.service import Service
from portal.web import DbSession, get_service

router = APIRouter()

Importer = Annotated[Identity, Depends(require("contract.import"))]


@router.get("/contracts/imports")
def import_list(request: Request, session: DbSession, user: Importer) -> Response:
    return _list(request, session)


@router.post("/contracts/imports")
def begin(
    request: Request,
    session: DbSession,
    user: Importer,
    table: UploadFile,
    source: Annotated[str, Form(max_length=100)] = "",
    archive: UploadFile | None = None,
) -> Response:
    service = get_service(request)
    try:
        made = begun(service, user, table.file.read(), source)
        words = "CSVを読みました。"
        if archive is not None and archive.filename:
            added = _add(service, user, made.id, archive.file)
            words = _words(added)
    except EContractError as error:
        return _list(request, session, error=error)
    return redirect(request, f"/contracts/imports/{made.id}", notice=words)


@router.get("/contracts/imports/{import_id}")
def show(
    request: Request, session: DbSession, import_id: str, user: Importer, only: str = ""
) -> Response:
    return _page(request, session, import_id, only=only)


@router.post("/contracts/imports/{import_id}/files")
def add_files(
    request: Request, session: DbSession, import_id: str, user: Importer, archive: UploadFile
) -> Response:
    try:
        added = _add(get_service(request), user, import_id, archive.file)
    except EContractError as error:
        return _page(request, session, import_id, error=error)
    return redirect(request, f"/contracts/imports/{import_id}", notice=_words(added))


@router.get("/contracts/imports/{import_id}/progress")
def progress(request: Request, session: DbSession, import_id: str, user: Importer) -> Response:
    counts = importing.counts(session, importing.found(session, import_id).id)
    total = sum(counts.values())
    busy = counts.get("waiting", 0) + counts.get("indexed", 0)
    done = total - busy - counts.get("no_file", 0)
    words = f"{total}件のうち{done}件が終わりました。この画面を閉じても続きます。"
    percent = round(100 * done / total) if total else 100
    here = f"/contracts/imports/{import_id}"
    return JSONResponse(
        {"done": not busy, "percent": percent, "words": words, "next": None if busy else here}
    )


@router.post("/api/v1/contract-imports")
def begin_api(
    request: Request,
    user: Importer,
    data: Annotated[bytes, Body(media_type="text/csv")],
    source: str = "",
) -> Response:
    """The CSV is the body. 400 names every place to mend; the same CSV again is the same import."""
    service = get_service(request)
    try:
        made = begun(service, user, data, source[:100])
    except ImportRowsRefused as refused:
        body = {
            "code": refused.code,
            "message": {"ja": refused.message_ja, "en": refused.message_en},
            "remedy": {"ja": refused.remedy_ja, "en": refused.remedy_en},
            "problems": [p.to_json() for p in refused.problems],
        }
        return JSONResponse(body, status_code=400)
    return JSONResponse({"id": made.id}, status_code=201)


@router.post("/api/v1/contract-imports/{import_id}/files")
def add_files_api(
    request: Request,
    import_id: str,
    user: Importer,
    data: Annotated[bytes, Body(media_type="application/zip")],
) -> dict[str, Any]:
    """A ZIP of PDFs is the body."""
    added = _add(get_service(request), user, import_id, io.BytesIO(data))
    return {
        "taken": len(added.taken),
        "known": len(added.known),
        "unnamed": list(added.unnamed)[:100],
    }


@router.get("/api/v1/contract-imports/{import_id}")
def show_api(session: DbSession, import_id: str, user: Importer) -> dict[str, Any]:
    """How far it is, and line by line what became of each."""
    made = importing.found(session, import_id)
    return {
        "id": made.id,
        "source": made.source,
        "counts": importing.counts(session, import_id),
        "rows": [
            {
                "line": row.line,
                "file_name": row.file_name,
                "number": row.facts["number"],
                "state": row.state,
                "contract_id": row.contract_id,
                "mismatches": row.mismatches,
                "problem": row.problem,
            }
            for row in importing.rows(session, import_id)
        ],
    }


def begun(service: Service, user: Identity, data: bytes, source: str) -> ContractImport:
    """The import of a CSV, in a transaction of its own."""
    at = service.clock.now()
    with service.database.transaction() as own:
        return importing.begin(
            own,
            data,
            source=source,
            vendor_of=vendor_of(own, user.actor, at),
            actor=user.actor,
            at=at,
        )


def _add(service: Service, user: Identity, import_id: str, file: BinaryIO) -> Added:
    """The PDFs of a ZIP."""
    return importing.add_all(
        service.database,
        service.store,
        import_id,
        import_zip.pdfs(file),
        actor=user.actor,
        at=service.clock.now(),
    )


def _words(added: Added) -> str:
    words = f"PDFを{len(added.taken)}件受け取りました。"
    if added.known:
        words += f"{len(added.known)}件は受け取り済みです。"
    if added.unnamed:
        shown = "、".join(added.unnamed[:3])
        words += f"CSVにないファイルが{len(added.unnamed)}件あります（{shown}）。"
    return words


def _list(request: Request, session: Session, *, error: EContractError | None = None) -> Response:
    context = {
        "imports": importing.imports(session),
        "columns": _columns(),
        "upload_mb": get_service(request).settings.limits.upload_mb,
        "error": error,
        "problems": error.problems if isinstance(error, ImportRowsRefused) else (),
    }
    return render(request, "contracts/imports.html", context, status=error.status if error else 200)


def _columns() -> list[tuple[str, bool]]:
    return [(headings[0], required) for headings, _, required in COLUMNS.values()]


def _page(
    request: Request,
    session: Session,
    import_id: str,
    *,
    only: str = "",
    error: EContractError | None = None,
) -> Response:
    made = importing.found(session, import_id)
    counts = importing.counts(session, import_id)
    busy = bool(counts.get("waiting", 0) + counts.get("indexed", 0))
    context = {
        "made": made,
        "counts": [(STATES[state], state, counts[state]) for state in STATES if state in counts],
        "total": sum(counts.values()),
        "rows": importing.rows(session, import_id, only=only),
        "states": STATES,
        "only": only,
        "missing": counts.get("no_file", 0) + counts.get("refused", 0),
        "busy": busy,
        "upload_mb": get_service(request).settings.limits.upload_mb,
        "error": error,
    }
    return render(request, "contracts/import.html", context, status=error.status if error else 200)
