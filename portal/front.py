"""The front door and each person's home."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from portal import home
from portal.messages import LANGUAGES
from portal.pages import LANGUAGE_COOKIE, STATIC, local_path, render
from portal.security import Identity, MaybeUser, require
from portal.web import DbSession, get_service

router = APIRouter()

A_YEAR = 365 * 24 * 3600


@router.get("/")
def front(request: Request, user: MaybeUser) -> HTMLResponse:
    return render(request, "front.html")


@router.get("/home")
def home_page(
    request: Request, session: DbSession, user: Annotated[Identity, Depends(require("home.read"))]
) -> HTMLResponse:
    return render(request, "home.html", {"cards": home.cards(session, user)})


@router.post("/language")
def choose_language(
    request: Request,
    language: Annotated[str, Form()],
    back: Annotated[str, Form(alias="next")] = "/",
) -> RedirectResponse:
    response = RedirectResponse(local_path(back), status_code=303)
    if language in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            language,
            max_age=A_YEAR,
            path="/",
            httponly=True,
            samesite="lax",
            secure=get_service(request).settings.web.secure,
        )
    return response


@router.get("/favicon.ico")
def favicon() -> Response:
    """Browsers that ask for it by this name get the drawing."""
    return Response(
        (STATIC / "favicon.svg").read_bytes(),
        media_type="image/svg+xml",
        headers={"cache-control": "public, max-age=86400"},
    )
