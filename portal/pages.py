"""Making an HTML answer: ``render`` a template, or ``redirect`` with a notice for the next page."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from einvoice.registry_client import NOTICE_EN, NOTICE_JA
from portal import home
from portal.messages import LANGUAGES, text
from portal.security import csrf, sessions
from portal.security.identity import Identity
from portal.security.tokens import new_token
from portal.settings import Settings
from portal.web import get_service
from records import calendar

HERE = Path(__file__).parent
STATIC = HERE / "static"
TOKYO = ZoneInfo("Asia/Tokyo")
LANGUAGE_COOKIE = "warifu_language"
NOTICE_COOKIE = "warifu_notice"
LONGEST_NOTICE = 300

Tone = Literal["info", "success", "warning", "error"]


def render(
    request: Request,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
) -> HTMLResponse:
    """The template as a page. Besides ``context`` it sees: user, nav, city, demo, t, lang,
    csrf_token, notice, path, request_id, public_url; filters yen, jst, day, wareki; and
    ``static('warifu.css')``.
    """
    service = get_service(request)
    settings = service.settings
    cookie = sessions.cookie_value(request, settings)
    fresh = None if cookie else new_token()
    user: Identity | None = getattr(request.state, "identity", None)
    session = getattr(request.state, "session", None)
    language = language_of(request)
    shown: dict[str, Any] = {
        "user": user,
        "nav": home.navigation(session, user, request.url.path),
        "city": settings.city,
        "demo": settings.demo,
        # Development keys without the demonstration still make worthless signatures: same banner.
        "development": settings.demo or settings.signing.development_keys,
        "lang": language,
        "t": lambda key, **values: text(language, key, **values),
        "csrf_token": csrf.token_for(cookie or fresh or ""),
        "notice": _notice(request),
        "path": request.url.path,
        "request_id": getattr(request.state, "request_id", ""),
        "public_url": settings.web.public_url,
        "registry_notice": _registry_notice(settings, language),
        **(context or {}),
    }
    response = HTMLResponse(templates().get_template(template).render(shown), status_code=status)
    if fresh:
        sessions.set_cookie(response, settings, fresh)
    if NOTICE_COOKIE in request.cookies:
        response.delete_cookie(NOTICE_COOKIE, path="/")
    response.headers["content-language"] = language
    return response


def _registry_notice(settings: Settings, language: str) -> str:
    """What the terms of the registry's Web-API want users of its answers to read."""
    if settings.registry.application_id is None:
        return ""
    return NOTICE_JA if language == "ja" else NOTICE_EN


def redirect(
    request: Request, path: str, *, notice: str | None = None, tone: Tone = "success"
) -> RedirectResponse:
    """303 to a path of our own after a change, with a sentence that the next page shows once."""
    response = RedirectResponse(local_path(path), status_code=303)
    if notice:
        packed = json.dumps([tone, notice[:LONGEST_NOTICE]]).encode()
        response.set_cookie(
            NOTICE_COOKIE,
            base64.urlsafe_b64encode(packed).decode(),
            max_age=60,
            path="/",
            httponly=True,
            samesite="lax",
            secure=get_service(request).settings.web.secure,
        )
    return response


def local_path(path: str, otherwise: str = "/") -> str:
    """``path`` when it stays on this host, else ``otherwise`` (no open redirect)."""
    if not path.startswith("/") or path.startswith(("//", "/\\")):
        return otherwise
    if any(ord(character) < 0x20 or character == "\\" for character in path):
        return otherwise
    return quote(path, safe="/?&=%#:@!$'()*+,;~-._[]")


def language_of(request: Request) -> str:
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    return chosen if chosen in LANGUAGES else "ja"


def _notice(request: Request) -> dict[str, str] | None:
    packed = request.cookies.get(NOTICE_COOKIE)
    if not packed:
        return None
    try:
        tone, words = json.loads(base64.urlsafe_b64decode(packed.encode()))
    except (binascii.Error, ValueError, TypeError):
        return None
    if tone not in ("info", "success", "warning", "error") or not isinstance(words, str):
        return None
    return {"tone": tone, "text": words[:LONGEST_NOTICE]}


@cache
def templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(yen=yen, jst=jst, day=day, wareki=wareki)
    environment.globals["static"] = static_url
    return environment


@cache
def static_url(name: str) -> str:
    """Address of a static file that changes with its content, so browsers may keep it for long."""
    version = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={version}"


def yen(amount: Decimal | int | None) -> str:
    """``1234567`` → ``1,234,567円``; None → ``―``."""
    return "―" if amount is None else f"{amount:,.0f}円"


def jst(instant: datetime | None, form: str = "%Y年%-m月%-d日 %H:%M") -> str:
    """An instant as the clock on the wall in Japan shows it; a time of day with its zone."""
    if instant is None:
        return "―"
    zone = "（日本時間）" if "%H" in form else ""
    return f"{instant.astimezone(TOKYO).strftime(form)}{zone}"


def day(value: date | None) -> str:
    """``2026年11月23日（月）``."""
    if value is None:
        return "―"
    return f"{value.year}年{value.month}月{value.day}日（{'月火水木金土日'[value.weekday()]}）"


def wareki(value: date | None) -> str:
    return "―" if value is None else calendar.wareki(value)
