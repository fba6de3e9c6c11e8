"""Any error becomes a page (or JSON under /api/) that says what happened and what to do, never a
stack trace.

Errors of every package are known by their attributes (``code``, ``message_ja`` …), not by their
class. What has none of these is our own fault: it is logged with its traceback and shown as a plain
500 with the request's number.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.errors import (
    BadRequest,
    Busy,
    Conflict,
    NotFound,
    SignInNeeded,
    TooLarge,
    Unavailable,
)
from portal.messages import text
from portal.pages import language_of, render
from portal.web import get_service
from records.database import RETRIED_SQLSTATES, is_lost
from records.errors import DatabaseUnreachable

log = structlog.get_logger(__name__)

RETRY_AFTER_SECONDS = "60"

# Status of errors that do not name one: by the last word of their code, else 400.
_STATUS_BY_WORD = {
    "not_found": 404,
    "missing": 404,
    "forbidden": 403,
    "conflict": 409,
    "too_large": 413,
    "unreachable": 503,
    "unavailable": 503,
    "busy": 503,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """What is said about an error."""

    status: int
    code: str
    message: dict[str, str]
    remedy: dict[str, str]
    field: str | None = None


def plain(error: Exception) -> Exception:
    """What the database said, or that it said nothing, in words for people."""
    if isinstance(error, DatabaseUnreachable) or is_lost(error):
        log.warning("request.no_database", error=type(error.__cause__ or error).__name__)
        return Unavailable()
    if isinstance(error, PoolTimeout):
        log.warning("request.no_connection_left")
        return Busy()
    if isinstance(error, IntegrityError):
        log.warning("request.collision", exc_info=True)  # two at once, or a mistake of ours
        return Conflict()
    if isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in RETRIED_SQLSTATES:
        return Busy()
    return error


def is_known(error: BaseException) -> bool:
    """Whether the error speaks for itself."""
    return all(
        isinstance(getattr(error, name, None), str) for name in ("code", "message_ja", "message_en")
    )


def shown(error: BaseException) -> Shown:
    if not is_known(error):
        return Shown(
            500,
            "portal.unexpected",
            {lang: text(lang, "error.unknown") for lang in ("ja", "en")},
            {lang: text(lang, "error.unknown_remedy") for lang in ("ja", "en")},
        )
    known = cast(Any, error)
    status = getattr(known, "status", None)
    return Shown(
        status if isinstance(status, int) else _status(known.code),
        known.code,
        {"ja": known.message_ja, "en": known.message_en},
        {"ja": getattr(known, "remedy_ja", ""), "en": getattr(known, "remedy_en", "")},
        getattr(known, "field", None),
    )


def _status(code: str) -> int:
    word = code.rpartition(".")[2]
    return next((status for end, status in _STATUS_BY_WORD.items() if word.endswith(end)), 400)


def answer(request: Request, error: BaseException) -> Response:
    """The page or the JSON that tells of this error."""
    said = shown(error)
    if wants_json(request):
        body = {
            "code": said.code,
            "message": said.message,
            "remedy": said.remedy,
            "field": said.field,
            "request_id": getattr(request.state, "request_id", None),
        }
        return JSONResponse(body, status_code=said.status, headers=_headers(said))
    if isinstance(error, SignInNeeded) and request.method == "GET":
        return RedirectResponse(_sign_in(request), status_code=303)
    request.state.session = None  # its transaction is over: no counting for the navigation
    page = render(
        request,
        "error.html",
        {"error": said, "language": language_of(request), "words": _title(request, said.status)},
        status=said.status,
    )
    page.headers.update(_headers(said))
    return page


def wants_json(request: Request) -> bool:
    if request.url.path.startswith("/api/"):
        return True
    first = request.headers.get("accept", "").partition(",")[0].partition(";")[0].strip()
    return first == "application/json"


def _headers(said: Shown) -> dict[str, str]:
    if said.status == 503:
        return {"retry-after": RETRY_AFTER_SECONDS}
    return {"www-authenticate": "Bearer"} if said.status == 401 else {}


def _title(request: Request, status: int) -> str:
    key = f"error.t{status}"
    try:
        return text(language_of(request), key)
    except KeyError:
        return text(language_of(request), "error.t500" if status >= 500 else "error.t400")


def _sign_in(request: Request) -> str:
    path = request.url.path
    door = "/vendor-login" if path.startswith("/vendor/") or path == "/vendor" else "/login"
    back = path + (f"?{request.url.query}" if request.url.query else "")
    return f"{door}?why=expired&next={quote(back, safe='/')}"


class ErrorPages:
    """Catches what the application raises, before the server sees it (pure ASGI)."""

    def __init__(self, app: ASGIApp, *, raise_unknown: bool) -> None:
        self.app = app
        self.raise_unknown = raise_unknown

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, watch)
        except Exception as raised:
            error = plain(raised)
            known = is_known(error)
            if not known:
                log.error("request.failed", error=type(error).__name__, exc_info=True)
            if started:
                raise
            request = Request(scope, receive)
            await answer(request, error)(scope, receive, send)
            if self.raise_unknown and not known:
                raise


def install(app: FastAPI, *, raise_unknown: bool) -> None:
    app.add_middleware(ErrorPages, raise_unknown=raise_unknown)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)


def _http(request: Request, error: Exception) -> Response:
    raised = cast(HTTPException, error)
    if raised.status_code == 413:
        stated = str(raised.detail)
        limit = get_service(request).settings.limits.upload_mb
        return answer(request, TooLarge(limit=stated if stated.endswith(" MB") else f"{limit} MB"))
    if raised.status_code == 404:
        return answer(request, NotFound())
    if raised.status_code == 401:
        return answer(request, SignInNeeded())
    refused = BadRequest()
    response = answer(request, _with_status(refused, raised.status_code))
    response.headers.update(raised.headers or {})
    return response


def _with_status(error: BadRequest, status: int) -> BadRequest:
    error.status = status  # type: ignore[misc] # one instance's own, such as 405
    return error


def _invalid(request: Request, error: Exception) -> Response:
    """Names the fields only: what was typed into them is not repeated."""
    details = cast(RequestValidationError, error).errors()
    fields = [".".join(str(part) for part in detail["loc"][1:]) for detail in details]
    named = "、".join(dict.fromkeys(name for name in fields if name)) or "–"
    return answer(
        request,
        BadRequest(
            field=fields[0] if fields else None,
            detail_ja=f"（項目: {named}）",
            detail_en=f"(field: {named})",
        ),
    )
