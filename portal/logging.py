"""Logs: one JSON object a line on stderr, with who (by id), which request, which job; never
personal data.

What may stand in a line is a short list of words and identifiers. Keys that could carry a token, a
body, a name or an address are blanked out whoever passes them (``_without_secrets``): logs go to
places where the city's records may not. A path is logged as its route ("/l/{token}"), because a
link's token is in it.
"""

from __future__ import annotations

import logging
import re
import sys
import time
from collections.abc import MutableMapping
from typing import Any, TextIO

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger(__name__)

SECRET_KEYS = re.compile(
    r"token|password|secret|cookie|authorization|api_?key|code_value|one_time|body|mail|name$|address|phone|kana"
    r"|account_number|query|url"
)
# Named like a secret, yet harmless and wanted.
SPOKEN_KEYS = frozenset({"logger_name", "task_name", "queue_name", "event_name"})
BLANK = "…"
QUIET = ("/livez", "/readyz", "/health", "/static/")


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Send structlog's and the standard library's lines to ``stream`` (stderr) as JSON."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_secrets,
        structlog.processors.dict_tracebacks,
        _without_locals,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # HTTP clients tell every address they ask, whole; addresses may hold tokens.
    for name in ("httpx2", "httpcore2", "urllib3", "botocore", "boto3"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # uvicorn's own access lines carry the raw path, and with it one-time links.
    logging.getLogger("uvicorn.access").disabled = True
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = True


def _without_secrets(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key in event:
        if SECRET_KEYS.search(key.lower()) and key not in SPOKEN_KEYS:
            event[key] = BLANK
    return event


def _without_locals(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Keep where it broke; drop variables and exception texts, which may quote the input."""
    for raised in event.get("exception") or []:
        if isinstance(raised, dict):
            raised["exc_value"] = BLANK
            for frame in raised.get("frames", []):
                frame.pop("locals", None)
    return event


class RequestLog:
    """One line a request: method, route, status, milliseconds, who (pure ASGI)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 500
        state = scope.setdefault("state", {})

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=state.get("request_id")):
            try:
                await self.app(scope, receive, watch)
            finally:
                if not scope["path"].startswith(QUIET):
                    route = scope.get("route")
                    log.info(
                        "request",
                        method=scope["method"],
                        route=getattr(route, "path", "(none)"),
                        status=status,
                        ms=round((time.perf_counter() - began) * 1000),
                        actor=state.get("actor"),
                    )
