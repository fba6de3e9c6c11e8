"""The demonstration's mailbox: shows the mails that the folder outbox holds. Mounted in a
demonstration only.
"""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from portal.errors import NotFound
from portal.pages import render
from portal.web import get_service

router = APIRouter()

NEWEST = 200
NAME = re.compile(r"[A-Za-z0-9._@+-]{1,200}\.eml")
LINK = re.compile(r"https?://[^\s<>\"]+")


@dataclass(frozen=True, slots=True)
class Mail:
    name: str
    to: str
    subject: str
    at: datetime | None
    body: str


@router.get("/demo/mailbox")
def mailbox(request: Request) -> HTMLResponse:
    folder = get_service(request).settings.mail.folder
    files = sorted(folder.glob("*.eml"), key=lambda file: file.stat().st_mtime, reverse=True)
    mails = [_read(file) for file in files[:NEWEST]]
    return render(request, "mailbox.html", {"mails": mails})


@router.get("/demo/mailbox/{name}")
def one_mail(request: Request, name: str) -> HTMLResponse:
    file = get_service(request).settings.mail.folder / name
    if not NAME.fullmatch(name) or not file.is_file():
        raise NotFound()
    mail = _read(file)
    pieces = _pieces(mail.body, get_service(request).settings.web.public_url)
    return render(request, "mail.html", {"mail": mail, "pieces": pieces})


def _read(file: Path) -> Mail:
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    plain = message.get_body(("plain",))
    date = message["date"]
    return Mail(
        name=file.name,
        to=str(message["to"] or ""),
        subject=str(message["subject"] or ""),
        at=getattr(date, "datetime", None),
        body=plain.get_content() if plain is not None else "",
    )


def _pieces(body: str, public_url: str) -> list[tuple[str, str]]:
    """Text and links in turn; only links to this service are made clickable."""
    pieces: list[tuple[str, str]] = []
    last = 0
    for found in LINK.finditer(body):
        if not found.group().startswith(f"{public_url}/"):
            continue
        pieces.append(("text", body[last : found.start()]))
        pieces.append(("link", found.group()))
        last = found.end()
    pieces.append(("text", body[last:]))
    return pieces
