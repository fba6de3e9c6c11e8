"""Staff sign in and everybody signs out."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from portal.errors import LoginRefused, PortalError, TooManyTries
from portal.messages import text
from portal.pages import language_of, local_path, redirect, render
from portal.security import MaybeUser, sessions
from portal.security.staff_sign_in import sign_in
from portal.web import DbSession, get_service
from records import audit

router = APIRouter()
log = structlog.get_logger(__name__)


def network_address(request: Request) -> str:
    """Where the request came from: for counting tries, never logged or stored in the clear."""
    return request.client.host if request.client else "unknown"


@router.get("/login")
def login_page(
    request: Request,
    user: MaybeUser,
    why: str = "",
    back: str = "/home",
) -> Response:
    after = local_path(request.query_params.get("next", back), "/home")
    if user is not None:
        return RedirectResponse(after if user.kind == "staff" else "/home", status_code=303)
    return render(request, "login.html", {"next": after, "why": why, "error": None, "name": ""})


@router.post("/login")
def login(
    request: Request,
    login_name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    after: Annotated[str, Form(alias="next")] = "/home",
) -> Response:
    service = get_service(request)
    try:
        cookie = sign_in(
            service.database,
            service.settings.security,
            login_name=login_name,
            password=password,
            address=network_address(request),
            at=service.clock.now(),
        )
    except (LoginRefused, TooManyTries) as refused:
        log.warning("sign_in.refused", why=refused.code)
        return _again(request, refused, login_name, local_path(after, "/home"))
    response = RedirectResponse(local_path(after, "/home"), status_code=303)
    sessions.set_cookie(response, service.settings, cookie)
    return response


def _again(request: Request, refused: PortalError, name: str, after: str) -> Response:
    return render(
        request,
        "login.html",
        {"next": after, "why": "", "error": refused, "name": name},
        status=refused.status,
    )


@router.post("/logout")
def logout(request: Request, session: DbSession, user: MaybeUser) -> Response:
    service = get_service(request)
    now = service.clock.now()
    token = sessions.cookie_value(request, service.settings)
    if token is not None and user is not None:
        sessions.end(session, token, now)
        audit.append(session, user.actor, "account.signed_out", user.subject, {}, now)
    words = text(language_of(request), "login.signed_out")
    response = redirect(request, "/", notice=words, tone="info")
    # The browser keeps no value that was ever signed in.
    response.delete_cookie(
        sessions.cookie_name(service.settings),
        path="/",
        secure=service.settings.web.secure,
        httponly=True,
        samesite="lax",
    )
    return response
