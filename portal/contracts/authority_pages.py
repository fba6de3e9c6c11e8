"""契約締結権限 and 委任: recorded by one person, confirmed by another.

/authorities for the city's officers (procurement records and confirms, all staff read),
/vendor/authorities for a vendor's administrator, who records the company's delegates; the city
confirms them.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from econtract import authorities
from econtract.authority_errors import AuthorityNotFound, AuthorityRefused
from econtract.authority_models import Authority
from econtract.errors import ReasonRequired
from econtract.template import KINDS
from portal.accounts import queries as accounts
from portal.accounts.models import User, VendorUser
from portal.contracts import evidence_files
from portal.contracts.authority_form import AuthorityTyped
from portal.errors import BadRequest, Forbidden, NotFound
from portal.pages import redirect, render
from portal.security import Allow, Identity, Role, ensure, may, require
from portal.web import DbSession, get_service
from records import calendar

router = APIRouter()

Reader = Annotated[Identity, Depends(require("authority.read"))]
Recorder = Annotated[Identity, Depends(require("authority.record"))]
Admin = Annotated[Identity, Depends(require("vendor.people"))]
Typed = Annotated[AuthorityTyped, Depends()]
Why = Annotated[str, Form(max_length=1000)]


class Because(BaseModel):
    reason: Annotated[str, Field(max_length=1000)]


@router.get("/authorities")
def city_page(request: Request, session: DbSession, user: Reader) -> Response:
    return _city(request, session, user)


@router.post("/authorities")
def record_for_city(request: Request, session: DbSession, user: Recorder, typed: Typed) -> Response:
    service = get_service(request)
    holder = session.get(User, typed.holder) if typed.holder else None
    try:
        grant = typed.grant(
            organisation_id=authorities.CITY,
            organisation=service.settings.city.name,
            holder_name=holder.display_name if holder else "",
            evidence_sha256=_kept(request, typed),
        )
        if holder is None or Role.CONTRACTING_OFFICER.value not in holder.roles:
            raise AuthorityRefused(
                field="holder",
                why_ja="契約担当者の権限を持つ職員を選んでください。",
                why_en="Choose staff with the role of contracting officer.",
            )
        authorities.record(session, grant, actor=user.actor, at=service.clock.now())
    except (AuthorityRefused, BadRequest) as refused:
        return _city(request, session, user, typed=typed, error=refused)
    return redirect(
        request, "/authorities", notice="記録しました。別の職員が確認すると有効になります。"
    )


@router.post("/authorities/{authority_id}/confirm")
def confirm(request: Request, session: DbSession, user: Recorder, authority_id: str) -> Response:
    at = get_service(request).clock.now()
    authorities.confirm(session, authority_id, actor=user.actor, at=at)
    return redirect(request, "/authorities", notice="確認しました。今から使えます。")


@router.post("/authorities/{authority_id}/end")
def end(
    request: Request, session: DbSession, user: Recorder, authority_id: str, reason: Why = ""
) -> Response:
    at = get_service(request).clock.now()
    try:
        authorities.end(session, authority_id, reason=reason, actor=user.actor, at=at)
    except ReasonRequired as refused:
        return _city(request, session, user, error=refused)
    return redirect(request, "/authorities", notice="権限を終わらせました。", tone="warning")


@router.get("/authorities/{authority_id}/evidence")
def evidence(request: Request, session: DbSession, user: Reader, authority_id: str) -> Response:
    return _evidence(request, session.get(Authority, authority_id))


@router.get("/vendor/authorities")
def vendor_page(request: Request, session: DbSession, user: Admin) -> Response:
    return _vendor(request, session, user)


@router.post("/vendor/authorities")
def record_for_vendor(request: Request, session: DbSession, user: Admin, typed: Typed) -> Response:
    ensure(user, "vendor.people", vendor_id=user.vendor_id)
    service = get_service(request)
    person = session.get(VendorUser, typed.holder) if typed.holder else None
    own = person is not None and person.vendor_id == user.vendor_id and person.active
    try:
        grant = typed.grant(
            organisation_id=user.vendor_id or "-",
            organisation=user.vendor_name,
            holder_name=person.name if person is not None and own else "",
            evidence_sha256=_kept(request, typed),
        )
        if not own:
            raise AuthorityRefused(
                field="holder",
                why_ja="自社の利用者を選んでください。",
                why_en="Choose a person of your company.",
            )
        if grant.evidence_sha256 is None:
            raise AuthorityRefused(
                field="evidence",
                why_ja="委任状の写し（PDFか画像）を付けてください。",
                why_en="Attach a copy of the letter of attorney.",
            )
        authorities.record(session, grant, actor=user.actor, at=service.clock.now())
    except (AuthorityRefused, BadRequest) as refused:
        return _vendor(request, session, user, typed=typed, error=refused)
    words = "記録しました。市が委任状を確かめると、署名できるようになります。"
    return redirect(request, "/vendor/authorities", notice=words)


@router.post("/vendor/authorities/{authority_id}/end")
def end_by_vendor(
    request: Request, session: DbSession, user: Admin, authority_id: str, reason: Why = ""
) -> Response:
    at = get_service(request).clock.now()
    _own(session, user, authority_id)
    try:
        authorities.end(session, authority_id, reason=reason, actor=user.actor, at=at)
    except ReasonRequired as refused:
        return _vendor(request, session, user, error=refused)
    return redirect(request, "/vendor/authorities", notice="委任を終わらせました。", tone="warning")


@router.get("/vendor/authorities/{authority_id}/evidence")
def vendor_evidence(
    request: Request, session: DbSession, user: Admin, authority_id: str
) -> Response:
    return _evidence(request, _own(session, user, authority_id))


@router.get("/api/v1/authorities")
def api_list(session: DbSession, user: Reader) -> dict[str, Any]:
    """The city's records, and vendors' delegations that wait for confirmation."""
    rows = [
        *authorities.of_organisation(session, authorities.CITY),
        *authorities.unconfirmed_of_vendors(session),
    ]
    return {"authorities": [_json(row) for row in rows]}


@router.post("/api/v1/authorities/{authority_id}/confirmation")
def api_confirm(
    request: Request, session: DbSession, user: Recorder, authority_id: str
) -> dict[str, Any]:
    at = get_service(request).clock.now()
    return _json(authorities.confirm(session, authority_id, actor=user.actor, at=at))


@router.post("/api/v1/authorities/{authority_id}/end")
def api_end(
    request: Request, session: DbSession, user: Recorder, authority_id: str, body: Because
) -> dict[str, Any]:
    at = get_service(request).clock.now()
    return _json(
        authorities.end(session, authority_id, reason=body.reason, actor=user.actor, at=at)
    )


def _kept(request: Request, typed: AuthorityTyped) -> str | None:
    if typed.evidence is None:
        return None
    data = typed.evidence.file.read(evidence_files.LARGEST + 1)
    return evidence_files.keep(get_service(request).store, data)


def _own(session: Session, user: Identity, authority_id: str) -> Authority:
    row = session.get(Authority, authority_id)
    if row is None or row.organisation_id != user.vendor_id:
        raise AuthorityNotFound()
    return row


def _evidence(request: Request, row: Authority | None) -> Response:
    if row is None or row.evidence_sha256 is None:
        raise NotFound()
    return evidence_files.give_back(
        get_service(request).store, row.evidence_sha256, row.evidence_name
    )


def _city(
    request: Request,
    session: Session,
    user: Identity,
    *,
    typed: AuthorityTyped | None = None,
    error: AuthorityRefused | BadRequest | ReasonRequired | None = None,
) -> Response:
    officers = accounts.staff_with_role(session, Role.CONTRACTING_OFFICER)
    context = {
        "rows": authorities.of_organisation(session, authorities.CITY),
        "unconfirmed": authorities.unconfirmed_of_vendors(session),
        "people": [(u.id, f"{u.display_name}　{u.department} {u.title}") for u in officers],
        "may_record": isinstance(may(user, "authority.record"), Allow),
        "base": "/authorities",
    }
    return _page(request, "contracts/authorities.html", context, typed, error)


def _vendor(
    request: Request,
    session: Session,
    user: Identity,
    *,
    typed: AuthorityTyped | None = None,
    error: AuthorityRefused | BadRequest | ReasonRequired | None = None,
) -> Response:
    if user.vendor_id is None:
        raise Forbidden(reason_ja="事業者の画面です。", reason_en="A page of vendors.")
    people = accounts.vendor_users(session, user.vendor_id)
    context = {
        "rows": authorities.of_organisation(session, user.vendor_id),
        "unconfirmed": [],
        "people": [(p.id, f"{p.name}　{p.title}") for p in people if p.active],
        "may_record": True,
        "base": "/vendor/authorities",
    }
    return _page(request, "contracts/vendor_authorities.html", context, typed, error)


def _page(
    request: Request,
    template: str,
    context: dict[str, Any],
    typed: AuthorityTyped | None,
    error: AuthorityRefused | BadRequest | ReasonRequired | None,
) -> Response:
    today = calendar.jst_date(get_service(request).clock.now())
    context |= {
        "typed": typed or AuthorityTyped(),
        "error": f"{error.message_ja}{error.remedy_ja}" if error else None,
        "wrong": {error.field: error.message_ja} if error and error.field else {},
        "kinds": KINDS,
        "today": today,
    }
    return render(request, template, context, status=400 if error else 200)


def _json(row: Authority) -> dict[str, Any]:
    return {
        "id": row.id,
        "organisation": row.organisation,
        "holder": row.holder_name,
        "capacity": row.capacity,
        "delegator": row.delegator,
        "kinds": row.kinds,
        "cases": row.cases,
        "up_to": int(row.up_to) if row.up_to is not None else None,
        "valid_from": row.valid_from.isoformat(),
        "valid_until": row.valid_until.isoformat(),
        "evidence": {"note": row.evidence_note, "sha256": row.evidence_sha256},
        "recorded": {"by": row.recorded_by_name, "at": row.recorded_at.isoformat()},
        "confirmed": {"by": row.verified_by_name, "at": row.verified_at.isoformat()}
        if row.verified_at
        else None,
        "ended": {"by": row.ended_by_name, "reason": row.end_reason} if row.ended_at else None,
    }
