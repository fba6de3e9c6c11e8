"""A vendor's person signs in by a one-time link: asked for here, or mailed with an invitation."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from portal.accounts import queries
from portal.accounts.models import Vendor, VendorUser
from portal.errors import LinkRefused
from portal.messages import text
from portal.pages import jst, language_of, local_path, render
from portal.security import MaybeUser, login_links, people, rate_limits, sessions
from portal.security.rate_limits import Limit
from portal.security.server_secret import server_secret
from portal.security.tokens import digest
from portal.sign_in_pages import network_address
from portal.web import DbSession, get_service
from records import audit
from records.jobs import enqueue

router = APIRouter()

# Looks like an address; whether mail arrives there is for the mail server to say.
MAIL = re.compile(r"[^\s@<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,180}\.[A-Za-z]{2,24}")
LINKS_PER_PERSON = Limit("link.person", 5, 30)
LINKS_PER_ADDRESS = Limit("link.address", 30, 30)
OPENINGS = Limit("link.open", 60, 15)


@router.get("/vendor-login")
def vendor_login_page(request: Request, user: MaybeUser, why: str = "") -> Response:
    after = local_path(request.query_params.get("next", "/home"), "/home")
    if user is not None:
        return RedirectResponse(after if user.kind == "vendor" else "/home", status_code=303)
    context = {"next": after, "why": why, "error": None, "mail": ""}
    return render(request, "vendor_login.html", context)


@router.post("/vendor-login")
def send_link(
    request: Request,
    session: DbSession,
    mail: Annotated[str, Form(max_length=254)] = "",
    after: Annotated[str, Form(alias="next")] = "/home",
) -> Response:
    """The answer is the same whether the address is registered or not."""
    service = get_service(request)
    now = service.clock.now()
    after = local_path(after, "/home")
    address = mail.strip().lower()
    if not MAIL.fullmatch(address):
        words = text(language_of(request), "vendor_login.mail_wrong")
        context = {"next": after, "why": "", "error": words, "mail": mail}
        return render(request, "vendor_login.html", context, status=400)
    rate_limits.hit(service.database, LINKS_PER_ADDRESS, network_address(request), now)
    rate_limits.hit(service.database, LINKS_PER_PERSON, address, now)
    for person in queries.vendor_users_by_mail(session, address):
        _mail_link(request, session, person, target=after)
    minutes = service.settings.security.link_minutes
    return render(request, "vendor_login_sent.html", {"minutes": minutes})


@router.get("/l/{token}")
def open_link(request: Request, session: DbSession, token: str) -> Response:
    """Shows whose link it is and a button. Changes nothing: mail scanners open links."""
    service = get_service(request)
    now = service.clock.now()
    rate_limits.hit(service.database, OPENINGS, network_address(request), now)
    try:
        link = login_links.find(session, token)
        login_links.check(link, now)
    except LinkRefused as refused:
        return _refuse(request, refused, token)
    person, company = _owner(session, link.vendor_user_id)
    return render(
        request,
        "link.html",
        {"person": person, "company": company, "until": jst(link.expires_at), "token": token},
    )


@router.post("/l/{token}")
def use_link(request: Request, session: DbSession, user: MaybeUser, token: str) -> Response:
    service = get_service(request)
    now = service.clock.now()
    rate_limits.hit(service.database, OPENINGS, network_address(request), now)
    visitor = sessions.cookie_value(request, service.settings) or ""
    try:
        link = login_links.use(session, token, browser=digest(visitor), at=now)
    except LinkRefused as refused:
        return _refuse(request, refused, token)
    person, company = _owner(session, link.vendor_user_id)
    if not person.active or not company.active:
        return _refuse(request, LinkRefused("revoked"), token)
    if user is not None:
        sessions.end(session, visitor, now)
    cookie = sessions.start(
        session,
        service.settings.security,
        holder_kind="vendor",
        holder_id=person.id,
        factors=["link"],
        at=now,
    )
    identity = people.vendor(person, company, frozenset({"link"}))
    details = {"factor": "link", "link": link.id, "vendor": company.id}
    audit.append(session, identity.actor, "account.signed_in", identity.subject, details, now)
    response = RedirectResponse(local_path(link.target, "/home"), status_code=303)
    sessions.set_cookie(response, service.settings, cookie)
    return response


@router.post("/l/{token}/renew")
def renew_link(request: Request, session: DbSession, token: str) -> Response:
    """A used or expired link is worth a new one to the same mailbox, which is all it proves."""
    service = get_service(request)
    now = service.clock.now()
    rate_limits.hit(service.database, LINKS_PER_ADDRESS, network_address(request), now)
    try:
        link = login_links.find(session, token)
    except LinkRefused as refused:
        return _refuse(request, refused, token)
    if link.revoked_at is not None:
        return _refuse(request, LinkRefused("revoked"), token)
    rate_limits.hit(service.database, LINKS_PER_PERSON, link.vendor_user_id, now)
    person, company = _owner(session, link.vendor_user_id)
    if person.active and company.active:
        _mail_link(request, session, person, target=link.target, subject=link.subject)
    return render(request, "link_renewed.html")


def _owner(session: Session, vendor_user_id: str) -> tuple[VendorUser, Vendor]:
    person = session.get_one(VendorUser, vendor_user_id)
    return person, session.get_one(Vendor, person.vendor_id)


def _refuse(request: Request, refused: LinkRefused, token: str) -> Response:
    can_renew = refused.why in ("used", "expired")
    context = {"error": refused, "can_renew": can_renew, "token": token}
    return render(request, "link_refused.html", context, status=refused.status)


def _mail_link(
    request: Request, session: Session, person: VendorUser, *, target: str, subject: str = ""
) -> None:
    service = get_service(request)
    now = service.clock.now()
    minutes = service.settings.security.link_minutes
    link = login_links.issue(
        session,
        secret=server_secret(service.settings),
        vendor_user_id=person.id,
        at=now,
        expires_at=now + timedelta(minutes=minutes),
        target=target,
        subject=subject,
    )
    city = service.settings.city
    words = {
        "name": person.name,
        "city": city.name,
        "city_en": city.name_en,
        "link": link.placeholder,
        "until": jst(link.expires_at),
        "minutes": minutes,
        "office": city.office,
        "phone": city.phone,
    }
    enqueue(
        session,
        "portal.mail",
        key=f"login-link:{link.id}",
        args={
            "to": person.mail,
            "subject": text("ja", "link_mail.subject", **words),
            "body": text("ja", "link_mail.body", **words)
            + "\n"
            + text("en", "link_mail.body", **words),
            "message_key": f"login-link-{link.id}",
        },
    )
