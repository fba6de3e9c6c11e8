"""Staff sign in and everybody signs out."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from portal.errors import CodeRefused, LoginRefused, NotFound, PortalError, TooManyTries
from portal.messages import text
from portal.pages import language_of, local_path, redirect, render
from portal.security import MaybeUser, second_factor, sessions
from portal.security.server_secret import server_secret
from portal.security.staff_sign_in import (
    SecondStep,
    TicketRefused,
    sign_in,
    started,
    user_of_ticket,
)
from portal.security.tokens import digest
from portal.web import DbSession, get_service
from records import audit

router = APIRouter()
log = structlog.get_logger(__name__)

#: What a passkey is asked about at this door.
SUBJECT = "login"


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
    oidc = get_service(request).settings.oidc
    context = {
        "next": after,
        "why": why,
        "error": None,
        "name": "",
        "oidc": oidc.issuer is not None,
        "password": oidc.issuer is None or oidc.password,
    }
    return render(request, "login.html", context)


@router.post("/login")
def login(
    request: Request,
    login_name: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1000)] = "",
    after: Annotated[str, Form(alias="next")] = "/home",
) -> Response:
    service = get_service(request)
    oidc = service.settings.oidc
    if oidc.issuer is not None and not oidc.password:
        raise NotFound()
    try:
        outcome = sign_in(
            service.database,
            service.settings.security,
            secret=server_secret(service.settings),
            browser=browser_hash(request),
            login_name=login_name,
            password=password,
            address=network_address(request),
            at=service.clock.now(),
        )
    except (LoginRefused, TooManyTries) as refused:
        log.warning("sign_in.refused", why=refused.code)
        return _again(request, refused, login_name, local_path(after, "/home"))
    if isinstance(outcome, SecondStep):
        with service.database.transaction() as session:
            return _second_page(request, session, outcome, local_path(after, "/home"))
    return _signed_in(request, outcome, after)


@router.post("/login/second")
def second_step(
    request: Request,
    session: DbSession,
    ticket: Annotated[str, Form(max_length=200)] = "",
    code: Annotated[str, Form(max_length=60)] = "",
    asked: Annotated[str, Form(max_length=36)] = "",
    answer: Annotated[str, Form(max_length=20000)] = "",
    after: Annotated[str, Form(alias="next")] = "/home",
) -> Response:
    """The app's code, a passkey, or a recovery code; then the session begins."""
    service = get_service(request)
    at = service.clock.now()
    try:
        user = user_of_ticket(
            session,
            secret=server_secret(service.settings),
            browser=browser_hash(request),
            ticket=ticket,
            at=at,
        )
    except TicketRefused as refused:
        return _again(request, refused, "", local_path(after, "/home"))
    try:
        if answer:
            proved = second_factor.prove_by_passkey(
                service, session, holder_id=user.id, subject=SUBJECT, asked=asked, answer=answer
            ).factor
        elif sum(c.isdigit() for c in code) == 6 and second_factor.ways(session, user.id).apps:
            proved = second_factor.prove_by_digits(
                service, session, holder_id=user.id, subject=SUBJECT, given=code
            ).factor
        else:
            second_factor.use_recovery_code(service, session, holder_id=user.id, given=code)
            proved = "recovery_code"
    except (CodeRefused, TooManyTries) as refused:
        log.warning("sign_in.refused", why=refused.code)
        step = SecondStep(user.id, ticket)
        return _second_page(request, session, step, local_path(after, "/home"), error=refused)
    cookie = started(session, service.settings.security, user, factors=["password", proved], at=at)
    return _signed_in(request, cookie, after)


def _signed_in(request: Request, cookie: str, after: str) -> Response:
    response = RedirectResponse(local_path(after, "/home"), status_code=303)
    sessions.set_cookie(response, get_service(request).settings, cookie)
    return response


def browser_hash(request: Request) -> bytes:
    """The visitor's cookie, hashed: a ticket works only where the password was given."""
    return digest(sessions.cookie_value(request, get_service(request).settings) or "")


def _second_page(
    request: Request,
    session: Session,
    step: SecondStep,
    after: str,
    *,
    error: PortalError | None = None,
) -> Response:
    service = get_service(request)
    context = {
        "ticket": step.ticket,
        "next": after,
        "ways": second_factor.ways(session, step.user_id),
        "question": second_factor.question(
            service, session, holder_id=step.user_id, subject=SUBJECT
        ),
        "error": f"{error.message_ja}{error.remedy_ja}" if error else None,
    }
    return render(request, "login_second.html", context, status=error.status if error else 200)


def _again(request: Request, refused: PortalError, name: str, after: str) -> Response:
    return render(
        request,
        "login.html",
        {
            "next": after,
            "why": "",
            "error": refused,
            "name": name,
            "oidc": get_service(request).settings.oidc.issuer is not None,
            "password": True,
        },
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
    by_oidc = user is not None and "oidc" in user.factors
    place = "/login/oidc/signed-out" if by_oidc else "/"
    response = redirect(request, place, notice=None if by_oidc else words, tone="info")
    # The browser keeps no value that was ever signed in.
    response.delete_cookie(
        sessions.cookie_name(service.settings),
        path="/",
        secure=service.settings.web.secure,
        httponly=True,
        samesite="lax",
    )
    return response
