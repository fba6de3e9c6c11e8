"""Staff sign in through the city's own identity provider, and sign out of it too."""

from __future__ import annotations

from functools import cache
from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from portal.accounts.oidc_staff import PersonUnknown, member_of_staff
from portal.errors import NotFound, PortalError, TooManyTries
from portal.pages import local_path, render
from portal.security import rate_limits, sessions
from portal.security.oidc import OidcRefused, OidcUnreachable, Provider
from portal.security.rate_limits import Limit
from portal.security.server_secret import server_secret
from portal.security.staff_sign_in import started
from portal.service import Service
from portal.settings.oidc import OidcSettings
from portal.sign_in_pages import browser_hash, network_address
from portal.web import DbSession, get_service

router = APIRouter(prefix="/login/oidc")
log = structlog.get_logger(__name__)

ANSWERS = Limit("oidc.answer", 60, 15)
Word = Annotated[str, Query(max_length=4000)]


@cache
def _provider(settings: OidcSettings) -> Provider:
    return Provider(settings)


def provider_of(service: Service) -> Provider:
    """:raises NotFound: where the city has no provider."""
    if service.settings.oidc.issuer is None:
        raise NotFound()
    return _provider(service.settings.oidc)


@router.get("")
def ask(request: Request) -> Response:
    """Sends the browser to the provider; from a browser without our cookie back to the login."""
    service = get_service(request)
    provider = provider_of(service)
    after = local_path(request.query_params.get("next", "/home"), "/home")
    if sessions.cookie_value(request, service.settings) is None:
        return RedirectResponse("/login", status_code=303)
    try:
        address = provider.address_to_ask(
            secret=server_secret(service.settings),
            browser=browser_hash(request),
            here=_callback(service),
            after=after,
            at=service.clock.now(),
        )
    except (OidcRefused, OidcUnreachable) as refused:
        return _again(request, refused)
    return RedirectResponse(address, status_code=303)


@router.get("/callback")
def answer(
    request: Request,
    session: DbSession,
    code: Word = "",
    state: Word = "",
    iss: Word = "",
    error: Word = "",
) -> Response:
    service = get_service(request)
    provider = provider_of(service)
    at = service.clock.now()
    try:
        rate_limits.hit(service.database, ANSWERS, network_address(request), at)
        if error or not code:
            raise OidcRefused(f"error {error[:60]}")
        arrived = provider.arrived(
            secret=server_secret(service.settings),
            browser=browser_hash(request),
            here=_callback(service),
            code=code,
            state=state,
            issuer=iss,
            at=at,
        )
        user = member_of_staff(session, service.settings.oidc, arrived, at=at)
    except (OidcRefused, OidcUnreachable, PersonUnknown, TooManyTries) as refused:
        return _again(request, refused)
    cookie = started(session, service.settings.security, user, factors=["oidc"], at=at)
    response = RedirectResponse(local_path(arrived.after, "/home"), status_code=303)
    sessions.set_cookie(response, service.settings, cookie)
    return response


@router.get("/signed-out")
def signed_out(request: Request) -> Response:
    """Signed out here; at the provider by a link, since a form may not leave our host (CSP)."""
    service = get_service(request)
    try:
        address = provider_of(service).address_to_leave(back=f"{service.settings.web.public_url}/")
    except (OidcRefused, OidcUnreachable):
        address = None
    return render(request, "signed_out.html", {"address": address})


def _callback(service: Service) -> str:
    return f"{service.settings.web.public_url}/login/oidc/callback"


def _again(request: Request, refused: PortalError) -> Response:
    log.warning("sign_in.refused", why=refused.code, check=getattr(refused, "why", ""))
    settings = get_service(request).settings.oidc
    context = {
        "next": "/home",
        "why": "",
        "error": refused,
        "name": "",
        "oidc": settings.issuer is not None,
        "password": settings.password,
    }
    return render(request, "login.html", context, status=refused.status)
