"""Who is asking, and may they? The dependencies that every guarded route has.

    Reader = Annotated[Identity, Depends(require("contract.read"))]

    @router.get("/contracts/{id}")
    def show(id: str, session: DbSession, user: Reader) -> Response:
        contract = …
        ensure(user, "contract.read", vendor_id=contract.vendor_id, department=contract.department)

``require`` judges by role at the door; ``ensure`` judges again with the facts of the thing itself.
Browser routes know the session cookie, routes under /api/ the bearer key; both give the same
``Identity``.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from portal.errors import Forbidden, SignInNeeded
from portal.security import api_keys, people, rate_limits, sessions
from portal.security.csrf import is_api
from portal.security.identity import Identity
from portal.security.rate_limits import Limit
from portal.security.rights import ACTIONS, Deny, may
from portal.web import DbSession, get_service


def somebody(request: Request, session: DbSession) -> Identity | None:
    """The person at the door, or None. Also noted on the request, for the page's header."""
    service = get_service(request)
    now = service.clock.now()
    identity: Identity | None = None
    if is_api(request):
        key = _bearer(request)
        identity = api_keys.holder(session, key, now) if key else None
        if identity is not None and identity.key_id is not None:
            allowed = Limit("api", service.settings.limits.api_per_minute, 1)
            rate_limits.hit(service.database, allowed, identity.key_id, now)
    else:
        token = sessions.cookie_value(request, service.settings)
        row = sessions.find(session, service.settings.security, token, now) if token else None
        if row is not None:
            sessions.note_seen(service.database, row, now)
            identity = people.of_session(session, row)
    request.state.identity = identity
    if identity is not None:
        request.scope["state"]["actor"] = f"{identity.kind}:{identity.id}"
    return identity


MaybeUser = Annotated[Identity | None, Depends(somebody)]


def current_user(found: MaybeUser) -> Identity:
    """:raises SignInNeeded: when nobody is signed in."""
    if found is None:
        raise SignInNeeded()
    return found


CurrentUser = Annotated[Identity, Depends(current_user)]


class Require:
    """``Depends(require("contract.draft"))``: the signed-in person, if the role allows it."""

    def __init__(self, action: str) -> None:
        if action not in ACTIONS:
            raise KeyError(f"no such action in the role table: {action}")
        self.action = action

    def __call__(self, user: CurrentUser) -> Identity:
        _refuse(may(user, self.action))
        return user


def require(action: str) -> Require:
    return Require(action)


def ensure(user: Identity, action: str, **facts: str | None) -> None:
    """Judge the action on this very thing.

    :raises Forbidden: with the reason. :raises KeyError: when a needed fact is left out.
    """
    _refuse(may(user, action, facts))


def _refuse(answer: object) -> None:
    if isinstance(answer, Deny):
        raise Forbidden(reason_ja=answer.reason_ja, reason_en=answer.reason_en)


def _bearer(request: Request) -> str | None:
    kind, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if kind.lower() == "bearer" else None
