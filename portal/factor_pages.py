"""A person's own second factors: authenticator app, passkeys, recovery codes.

Who has one already proves it (app's code or recovery code) to add or take away another: a stranger
in the mailbox, or at an unlocked screen, could otherwise put in their own. Every change is mailed
to the person.
"""

from __future__ import annotations

from typing import Annotated

import segno
from fastapi import APIRouter, Depends, Form, Request, Response
from sqlalchemy.orm import Session

from portal.errors import CodeRefused, Conflict, PortalError, TooManyTries
from portal.pages import redirect, render
from portal.security import Identity, passkeys, require, second_factor, totp
from portal.security.server_secret import server_secret
from portal.service import Service
from portal.web import DbSession, get_service
from records import audit, new_id
from records.jobs import enqueue

router = APIRouter(prefix="/account/factors")

Own = Annotated[Identity, Depends(require("account.own"))]
Label = Annotated[str, Form(max_length=100)]
Code = Annotated[str, Form(max_length=60)]
HERE = "/account/factors"


@router.get("")
def factors_page(request: Request, session: DbSession, user: Own) -> Response:
    return _page(request, session, user)


@router.post("/app")
def begin_app(
    request: Request, session: DbSession, user: Own, label: Label = "", code: Code = ""
) -> Response:
    """Shows the QR code; the app counts when its first code was given."""
    service = get_service(request)
    try:
        _allowed(service, session, user, code)
    except (CodeRefused, TooManyTries) as refused:
        return _page(request, session, user, error=refused)
    row = second_factor.new_app(
        session, holder_id=user.id, label=label.strip() or "認証アプリ", at=service.clock.now()
    )
    return _page(request, session, user, app_id=row.id)


@router.post("/app/{factor_id}/confirm")
def confirm_app(
    request: Request, session: DbSession, user: Own, factor_id: str, code: Code = ""
) -> Response:
    service = get_service(request)
    first = second_factor.ways(session, user.id).by_mail
    try:
        row = second_factor.confirm_app(
            service, session, holder_id=user.id, factor_id=factor_id, given=code
        )
    except (CodeRefused, TooManyTries) as refused:
        return _page(request, session, user, app_id=factor_id, error=refused)
    return _added(request, service, session, user, row.kind, row.label, first=first)


@router.post("/passkey")
def add_passkey(
    request: Request,
    session: DbSession,
    user: Own,
    asked: Annotated[str, Form(max_length=36)] = "",
    answer: Annotated[str, Form(max_length=20000)] = "",
    label: Label = "",
    code: Code = "",
) -> Response:
    service = get_service(request)
    own = second_factor.ways(session, user.id)
    try:
        _allowed(service, session, user, code)
        row = passkeys.register(
            session,
            service.settings,
            server_secret(service.settings),
            holder_id=user.id,
            label=label.strip() or "パスキー",
            asked=asked,
            answer=answer,
            at=service.clock.now(),
        )
    except (CodeRefused, TooManyTries) as refused:
        return _page(request, session, user, error=refused)
    return _added(request, service, session, user, row.kind, row.label, first=own.by_mail)


@router.post("/recovery-codes")
def renew_recovery_codes(
    request: Request, session: DbSession, user: Own, code: Code = ""
) -> Response:
    service = get_service(request)
    try:
        _allowed(service, session, user, code)
    except (CodeRefused, TooManyTries) as refused:
        return _page(request, session, user, error=refused)
    return _page(request, session, user, told=_recovery(service, session, user))


@router.post("/{factor_id}/remove")
def remove_factor(
    request: Request, session: DbSession, user: Own, factor_id: str, code: Code = ""
) -> Response:
    service = get_service(request)
    try:
        _allowed(service, session, user, code)
    except (CodeRefused, TooManyTries) as refused:
        return _page(request, session, user, error=refused)
    if second_factor.remove(
        session, holder_id=user.id, factor_id=factor_id, at=service.clock.now()
    ):
        _note(service, session, user, "account.factor_removed", "本人確認の方法を1つ外しました。")
    return redirect(request, HERE, notice="外しました。")


def _allowed(service: Service, session: Session, user: Identity, code: str) -> None:
    """Who has a factor proves one of them (or a recovery code) before the set changes."""
    own = second_factor.ways(session, user.id)
    if len(own.apps) + len(own.passkeys) >= second_factor.MOST_FACTORS:
        raise Conflict()
    if own.by_mail:
        return
    if sum(c.isdigit() for c in code) == totp.DIGITS and own.apps:
        second_factor.prove_by_digits(
            service, session, holder_id=user.id, subject="account", given=code
        )
        return
    second_factor.use_recovery_code(service, session, holder_id=user.id, given=code)


def _added(
    request: Request,
    service: Service,
    session: Session,
    user: Identity,
    kind: str,
    label: str,
    *,
    first: bool,
) -> Response:
    words = f"本人確認の方法に「{label}」を加えました。"
    _note(service, session, user, "account.factor_added", words, kind=kind)
    # With the first factor come the recovery codes: later would be too late.
    told = _recovery(service, session, user) if first else None
    return _page(request, session, user, told=told, done=words)


def _recovery(service: Service, session: Session, user: Identity) -> list[str]:
    at = service.clock.now()
    told = second_factor.new_recovery_codes(service, session, holder_id=user.id, at=at)
    audit.append(session, user.actor, "account.recovery_codes_made", user.subject, {}, at)
    return told


def _note(
    service: Service, session: Session, user: Identity, action: str, words: str, **details: str
) -> None:
    at = service.clock.now()
    audit.append(session, user.actor, action, user.subject, details, at)
    tell_of_change(service, session, user.mail, user.name, words)


def tell_of_change(service: Service, session: Session, to: str, name: str, words: str) -> None:
    """Mail the person that their second factors changed, with whom to call if it was not them."""
    if not to:
        return
    city = service.settings.city
    key = f"factor-{new_id()}"
    body = (
        f"{name} 様\n\n{words}\n\n"
        f"心当たりがないときは、すぐに {city.name} {city.office}（電話 {city.phone}）へ"
        "お知らせください。\n\n----\n"
        "Your ways of proving who you are were changed. "
        "If it was not you, phone the office above at once.\n"
    )
    enqueue(
        session,
        "portal.mail",
        key=key,
        args={
            "to": to,
            "subject": f"【{city.name}】本人確認の方法が変わりました",
            "body": body,
            "message_key": key,
        },
    )


def _page(
    request: Request,
    session: Session,
    user: Identity,
    *,
    app_id: str | None = None,
    told: list[str] | None = None,
    done: str | None = None,
    error: PortalError | None = None,
) -> Response:
    service = get_service(request)
    own = second_factor.ways(session, user.id)
    app = None
    if app_id is not None:
        secret = totp.secret_of(server_secret(service.settings), app_id)
        address = totp.address_of(
            secret, issuer=service.settings.city.name, account=user.mail or user.name
        )
        picture = segno.make(address, error="m").svg_data_uri(scale=4, border=4)
        app = {"id": app_id, "words": totp.words_of(secret), "picture": picture}
    question = None
    if passkeys.can_be_offered(service.settings) and app is None:
        asked, options = passkeys.to_register(
            session,
            service.settings,
            server_secret(service.settings),
            holder_id=user.id,
            name=user.mail or user.name,
            known=own.passkeys,
            at=service.clock.now(),
        )
        question = {"asked": asked, "options": options}
    context = {
        "ways": own,
        "app": app,
        "question": question,
        "told": told,
        "done": done,
        "error": f"{error.message_ja}{error.remedy_ja}" if error is not None else None,
    }
    return render(request, "factors.html", context, status=error.status if error else 200)
