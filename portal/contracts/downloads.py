"""Files of a contract for both sides: PDF, certificate, the package, and page images.

A vendor that has not signed yet gets pages and PDF only after both codes of this session.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session

from econtract import binding, keeping, queries
from econtract.binding import read_kept
from econtract.errors import NoSuchContract
from econtract.models import Contract, PageImage
from portal.contracts import ceremony
from portal.contracts.guards import ensure_readable
from portal.contracts.parts import alarms_recorded
from portal.security import Identity, require
from portal.service import Service
from portal.web import DbSession, get_service

router = APIRouter()

Reader = Annotated[Identity, Depends(require("contract.read"))]


@router.get("/contracts/{contract_id}/pdf")
@router.get("/vendor/contracts/{contract_id}/pdf")
@router.get("/api/v1/contracts/{contract_id}/pdf")
def contract_pdf(request: Request, session: DbSession, contract_id: str, user: Reader) -> Response:
    """The newest form of the file: as made, as signed so far, concluded, or kept (B-LTA)."""
    return _file(
        request,
        session,
        contract_id,
        user,
        what="pdf",
        read=lambda service, contract: keeping.contract_pdf(service.store, contract),
        name="契約書.pdf",
        kind="application/pdf",
    )


@router.get("/contracts/{contract_id}/certificate")
@router.get("/vendor/contracts/{contract_id}/certificate")
@router.get("/api/v1/contracts/{contract_id}/certificate")
def certificate(request: Request, session: DbSession, contract_id: str, user: Reader) -> Response:
    """合意締結証明書."""
    return _file(
        request,
        session,
        contract_id,
        user,
        what="certificate",
        read=lambda service, contract: keeping.certificate_pdf(service.store, contract),
        name="合意締結証明書.pdf",
        kind="application/pdf",
    )


@router.get("/contracts/{contract_id}/package")
@router.get("/vendor/contracts/{contract_id}/package")
@router.get("/api/v1/contracts/{contract_id}/package")
def package(request: Request, session: DbSession, contract_id: str, user: Reader) -> Response:
    """The ZIP with contract, certificate, evidence, hashes and how to check them."""
    side = "vendor" if user.kind == "vendor" else "city"
    return _file(
        request,
        session,
        contract_id,
        user,
        what="package",
        read=lambda service, contract: keeping.package(
            session, service.store, contract, own_side=side
        ),
        name="契約一式.zip",
        kind="application/zip",
    )


@router.get("/contracts/{contract_id}/pages/{page}.png")
@router.get("/vendor/contracts/{contract_id}/pages/{page}.png")
def page_image(
    request: Request, session: DbSession, contract_id: str, page: int, user: Reader
) -> Response:
    contract = allowed(request, session, contract_id, user)
    image = session.get(PageImage, (contract.document_id, page)) if contract.document_id else None
    if image is None:
        raise NoSuchContract()
    service = get_service(request)
    with alarms_recorded(service, session):
        data = read_kept(service.store, contract.id, image.sha256)
    return Response(data, media_type="image/png", headers={"cache-control": "private, max-age=600"})


def _file(
    request: Request,
    session: Session,
    contract_id: str,
    user: Identity,
    *,
    what: str,
    read: Callable[[Service, Contract], bytes],
    name: str,
    kind: str,
) -> Response:
    service = get_service(request)
    contract = allowed(request, session, contract_id, user)
    with alarms_recorded(service, session):
        binding.require_signed_by_all(session, contract)
        data = read(service, contract)
    if contract.concluded_at is not None:
        keeping.note_download(
            session, contract_id, what=what, actor=user.actor, at=service.clock.now()
        )
    whole = quote(f"{contract.number}_{name}")
    plain = f"{contract.number}.{kind.partition('/')[2]}"
    return Response(
        data,
        media_type=kind,
        headers={
            "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{whole}"
        },
    )


def allowed(request: Request, session: Session, contract_id: str, user: Identity) -> Contract:
    contract = queries.contract(session, contract_id)
    ensure_readable(session, user, contract)
    if user.kind == "vendor":
        at = get_service(request).clock.now()
        here = ceremony.place(session, user, contract_id, at)
        if not here.has_acted:
            ceremony.require_opened(here, at)
    return contract
