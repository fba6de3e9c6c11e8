"""Whether the service lives and can work: for people (/health), for machines (/livez, /readyz)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse
from sqlalchemy import text as sql

from portal.errors import SettingsError
from portal.pages import render
from portal.web import get_service
from records.calendar import jst_date

if TYPE_CHECKING:
    from portal.service import Service

RENEW_DAYS = 60  # before its end: a certificate of the LGPKI takes weeks to be issued

router = APIRouter()
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing looked at. ``needed``: without it the service can't take requests."""

    name: str
    ja: str
    en: str
    well: bool
    needed: bool
    detail: str = ""


def examine(service: Service) -> list[Part]:
    """Look at every part; a part that can't be looked at is not well."""
    return [
        _look("database", "データベース", "Database", True, lambda: _database(service)),
        _look("migrations", "表の版", "Schema version", True, lambda: _migrations(service)),
        _look("store", "文書の保管先", "Document store", True, lambda: _store(service)),
        _look("worker", "ワーカー", "Worker", False, lambda: _worker(service)),
        _look(
            "certificates",
            "署名用の証明書",
            "Signing certificates",
            False,
            lambda: _certificates(service),
        ),
    ]


def _look(name: str, ja: str, en: str, needed: bool, look: Callable[[], str]) -> Part:
    try:
        return Part(name, ja, en, True, needed, look())
    except Exception as error:  # whatever is wrong with a part is this page's news
        log.warning("health.part_unwell", part=name, error=type(error).__name__)
        return Part(
            name, ja, en, False, needed, str(error)[:200] if isinstance(error, Unwell) else ""
        )


class Unwell(Exception):
    """Words for the page: why a part is not well."""


def _database(service: Service) -> str:
    return f"PostgreSQL {service.database.ping()}"


def _migrations(service: Service) -> str:
    from portal.migrations import current, head

    here, wanted = current(service.database), head()
    if here != wanted:
        raise Unwell(f"{here or '–'} ≠ {wanted}: warifu database migrate")
    return str(here)


def _store(service: Service) -> str:
    """Puts a small object, the same all day so that nothing piles up, and reads it back."""
    day = service.clock.now().date().isoformat()
    kept = service.store.put(f"warifu health {day}".encode())
    service.store.read(kept.sha256)
    return "✓"


def _worker(service: Service) -> str:
    oldest = timedelta(seconds=service.settings.worker.heartbeat_seconds)
    with service.database.reader() as session:
        seen: datetime | None = session.scalar(
            sql("SELECT max(last_heartbeat) FROM procrastinate_workers")
        )
    if seen is None or service.clock.now() - seen > oldest:
        raise Unwell("動いていません / not running")
    return seen.astimezone().isoformat(timespec="seconds")


def _certificates(service: Service) -> str:
    """The day the first one ends; unwell while there is still time to have a new one issued."""
    try:
        first = min(service.certificates, key=lambda each: each.not_after)
    except SettingsError as error:
        raise Unwell("鍵の設定がありません / no key is set") from error
    left = (first.not_after - service.clock.now()).days
    day = jst_date(first.not_after).isoformat()
    if left >= RENEW_DAYS:
        return f"～ {day}"
    raise Unwell(
        f"「{first.subject}」は {day} に切れます（あと{max(left, 0)}日）。"
        "新しい証明書の発行を受け、鍵を入れ替えてください"
        f" / ends in {max(left, 0)} days: have a new one issued"
    )


@router.get("/livez")
def livez() -> JSONResponse:
    """The process answers. Touches nothing, so that a slow database restarts no web process."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
def readyz(request: Request) -> JSONResponse:
    parts = examine(get_service(request))
    ready = all(part.well for part in parts if part.needed)
    body = {
        "status": "ok" if ready else "unavailable",
        "parts": {part.name: "ok" if part.well else "unavailable" for part in parts},
    }
    return JSONResponse(body, status_code=200 if ready else 503)


@router.get("/health")
def health_page(request: Request) -> HTMLResponse:
    parts = examine(get_service(request))
    ready = all(part.well for part in parts if part.needed)
    return render(request, "health.html", {"parts": parts}, status=200 if ready else 503)
