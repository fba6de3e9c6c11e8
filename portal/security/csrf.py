"""A form is taken only from our own pages. Three layers, each enough against a plain forgery:

1. Where it comes from: ``Sec-Fetch-Site`` must be same-origin (or none: typed by hand), ``Origin``
   must be
   ours; a browser too old to send either is refused.
2. The session cookie is ``SameSite=Lax``: another site's POST comes without it.
3. A form token bound to that cookie (HMAC of it), in the field ``csrf`` or the header
   ``X-CSRF-Token``.

Paths under /api/ read no cookie (bearer keys only), so there is nothing to forge and nothing is
checked.
"""

from __future__ import annotations

import base64
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import FormData

from portal.errors import FormRefused
from portal.security.sessions import cookie_value
from portal.security.tokens import derive, same
from portal.settings import Settings

FIELD = "csrf"
HEADER = "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
MOST_FIELDS = 2000
MOST_FILES = 50
LONGEST_FIELD = 2 * 1024 * 1024


def token_for(cookie: str) -> str:
    """The form token that belongs to this cookie value."""
    return base64.urlsafe_b64encode(derive(cookie.encode(), "form", "token")).rstrip(b"=").decode()


def is_api(request: Request) -> bool:
    return request.url.path.startswith("/api/")


async def guard_forms(request: Request) -> None:
    """Dependency of the whole application: refuse a change that does not come from our own page."""
    if request.method in SAFE or is_api(request):
        return
    settings: Settings = request.app.state.service.settings
    if not _from_here(request, settings):
        raise FormRefused()
    cookie = cookie_value(request, settings)
    if cookie is None:
        raise FormRefused()
    given = request.headers.get(HEADER) or await _field(request)
    if not given or not same(given.encode(), token_for(cookie).encode()):
        raise FormRefused()


def _from_here(request: Request, settings: Settings) -> bool:
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is None and origin is None:
        return False
    if site is not None and site not in ("same-origin", "none"):
        return False
    if origin is None:
        return True
    # The browser's own words for this request, or the public address when a proxy rewrites Host.
    here = {
        _host(settings.web.public_url),
        f"{request.url.scheme}://{request.headers.get('host', '')}",
    }
    return origin in here


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


async def _field(request: Request) -> str | None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in FORM_TYPES:
        return None
    # Starlette keeps the parsed form on the request: the endpoint's own Form() reads the same one.
    form: FormData = await request.form(
        max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=LONGEST_FIELD
    )
    value = form.get(FIELD)
    return value if isinstance(value, str) else None
