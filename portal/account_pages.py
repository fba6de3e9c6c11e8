"""A person's own settings: who the service thinks they are, password, API keys, signing out
everywhere.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from portal.accounts import registering
from portal.accounts.models import User
from portal.errors import NotFound
from portal.messages import text
from portal.pages import language_of, redirect, render
from portal.security import Identity, api_keys, passwords, rate_limits, require, sessions
from portal.security.rate_limits import Limit
from portal.security.rights import Allow, may
from portal.security.scopes import SCOPES
from portal.web import DbSession, get_service
from records import audit

router = APIRouter()

Own = Annotated[Identity, Depends(require("account.own"))]
PASSWORD_TRIES = Limit("password.change", 5, 15)
LONGEST_LABEL = 100


@router.get("/account")
def account_page(request: Request, session: DbSession, user: Own) -> Response:
    return _page(request, session, user)


@router.post("/account/keys")
def make_key(
    request: Request,
    session: DbSession,
    user: Own,
    label: Annotated[str, Form(max_length=1000)] = "",
    scope: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    label = label.strip()
    if not 1 <= len(label) <= LONGEST_LABEL:
        wrong = {"label": text(language_of(request), "account.key_label_wrong")}
        return _page(request, session, user, wrong=wrong, status=400)
    now = get_service(request).clock.now()
    scopes = [scope] if scope in SCOPES else []
    key, row = api_keys.issue(session, holder=user, label=label, scopes=scopes, at=now)
    details = {"key": row.id, "scope": scope if scopes else "all"}
    audit.append(session, user.actor, "account.key_made", user.subject, details, now)
    return _page(request, session, user, fresh_key=key)


@router.post("/account/keys/{key_id}/revoke")
def revoke_key(request: Request, session: DbSession, user: Own, key_id: str) -> Response:
    now = get_service(request).clock.now()
    row = api_keys.revoke(session, key_id=key_id, holder_id=user.id, at=now)
    if row.revoked_at == now:
        audit.append(session, user.actor, "account.key_revoked", user.subject, {"key": row.id}, now)
    return redirect(request, "/account", notice=text(language_of(request), "account.key_revoked"))


@router.post("/account/password")
def change_password(
    request: Request,
    session: DbSession,
    user: Own,
    old: Annotated[str, Form(max_length=1000)] = "",
    new: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    service = get_service(request)
    now = service.clock.now()
    row = session.get(User, user.id) if user.kind == "staff" else None
    if row is None:
        raise NotFound()
    language = language_of(request)
    rate_limits.hit(service.database, PASSWORD_TRIES, user.id, now)
    wrong = {}
    if not passwords.matches(row.password_hash, old):
        wrong["old"] = text(language, "account.password_wrong")
    elif not passwords.SHORTEST <= len(new) <= passwords.LONGEST:
        wrong["new"] = text(language, "account.password_short")
    if wrong:
        return _page(request, session, user, wrong=wrong, status=400)
    sessions.end_all_of(session, user.id, now)
    cookie = sessions.start(
        session,
        service.settings.security,
        holder_kind="staff",
        holder_id=user.id,
        factors=sorted(user.factors),
        at=now,
    )
    registering.set_password(session, user=row, password=new, actor=user.actor, at=now)
    response = redirect(request, "/account", notice=text(language, "account.password_changed"))
    sessions.set_cookie(response, service.settings, cookie)
    return response


@router.post("/account/sign-out-everywhere")
def sign_out_everywhere(request: Request, session: DbSession, user: Own) -> Response:
    now = get_service(request).clock.now()
    ended = sessions.end_all_of(session, user.id, now)
    details = {"sessions": ended}
    audit.append(session, user.actor, "account.signed_out_everywhere", user.subject, details, now)
    words = text(language_of(request), "login.signed_out")
    return redirect(request, "/", notice=words, tone="info")


def _page(
    request: Request,
    session: Session,
    user: Identity,
    *,
    wrong: dict[str, str] | None = None,
    fresh_key: str | None = None,
    status: int = 200,
) -> Response:
    context = {
        "keys": api_keys.of(session, user.id),
        "scopes": [("", text(language_of(request), "account.key_scope_all"))]
        + [
            (name, scope.ja if language_of(request) == "ja" else scope.en)
            for name, scope in SCOPES.items()
            if any(isinstance(may(user, action), Allow) for action in scope.actions)
        ],
        "wrong": wrong or {},
        "fresh_key": fresh_key,
        "has_password": user.kind == "staff",
    }
    return render(request, "account.html", context, status=status)
