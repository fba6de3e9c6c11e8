"""The access point: an HTTP process of its own that takes AS4 messages in.

Apart from the pages on purpose: it alone holds the access point's key, it meets strangers, and it
can be run several times over. POST /as4 takes messages, GET /livez says that it lives.

A request's body goes to a temporary file while it arrives, never further than the cap, and only a
whole one is looked at: a slow or broken sender holds a file and no thread. So many are taken in at
the same time, others are asked to come again (503); memory is bounded by that number.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from peppol.as4 import Receiver, Reply
from peppol.as4.receiving import Outcome
from portal.logging import RequestLog
from portal.network.sending import SYSTEM
from records import audit

if TYPE_CHECKING:
    from portal.service import Service

log = structlog.get_logger(__name__)

TRY_AGAIN = {"Retry-After": "60"}


class Endpoint:
    """POST /as4 over one `Receiver`."""

    def __init__(self, service: Service) -> None:
        wanted = service.settings.peppol
        self._service = service
        self._receiver: Receiver = service.access_point.receiver()
        self._cap = service.access_point.limits.body
        self._in_memory = service.access_point.limits.in_memory
        self._patience = wanted.patience_seconds
        self._at_once = wanted.at_once
        self._taken = 0

    async def take(self, request: Request) -> Response:
        """One message. Every refusal is an answer; nothing raises."""
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._cap:
            return _refused(413, close=True)
        if self._taken >= self._at_once:
            await self._throw_away(request)
            return _refused(503, TRY_AGAIN, close=True)
        self._taken += 1
        try:
            with tempfile.SpooledTemporaryFile(max_size=self._in_memory) as spool:
                refused = await self._spool(request, cast(BinaryIO, spool))
                if refused is not None:
                    return refused
                spool.seek(0)
                reply = await run_in_threadpool(
                    self._receiver.receive, request.headers, cast(BinaryIO, spool)
                )
        finally:
            self._taken -= 1
        await run_in_threadpool(self._note, reply)
        return Response(reply.body, reply.status, dict(reply.headers))

    async def _spool(self, request: Request, spool: BinaryIO) -> Response | None:
        """Write the body down as it comes; an answer where it does not come whole."""
        size = 0
        stream = request.stream().__aiter__()
        while True:
            try:
                piece = await asyncio.wait_for(anext(stream), self._patience)
            except StopAsyncIteration:
                return None
            except TimeoutError:
                return _refused(408, close=True)
            except ClientDisconnect:
                return _refused(400, close=True)
            size += len(piece)
            if size > self._cap:
                return _refused(413, close=True)
            if size > self._in_memory:
                await run_in_threadpool(spool.write, piece)
            else:
                spool.write(piece)

    async def _throw_away(self, request: Request) -> None:
        """Read what a usual message has and drop it: a connection closed on unread data is reset,
        and the sender would not see our answer.
        """
        left = self._in_memory
        stream = request.stream().__aiter__()
        try:
            while left > 0:
                left -= len(await asyncio.wait_for(anext(stream), self._patience))
        except (StopAsyncIteration, TimeoutError, ClientDisconnect):
            return

    def _note(self, reply: Reply) -> None:
        """One line a message; what a person should look at goes into the audit trail."""
        told: dict[str, Any] = {
            "outcome": reply.outcome.value,
            "seat": reply.sender,
            "fault": reply.fault.code if reply.fault else None,
        }
        log.info("peppol.message", **told)
        if reply.cause is not None:
            log.error("peppol.failed", error=type(reply.cause).__name__)
        if reply.alarm is None or reply.outcome is Outcome.FAILED:
            return
        details = {"alarm": reply.alarm, "seat": reply.sender or ""}
        with self._service.database.transaction() as session:
            audit.append(
                session,
                SYSTEM,
                "network.alarm",
                f"network-message:{reply.message_id or ''}"[:300],
                details,
                self._service.clock.now(),
            )


def create_endpoint(service: Service) -> Starlette:
    """The ASGI application of the access point."""
    endpoint = Endpoint(service)

    async def live(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    return Starlette(
        routes=[
            Route("/as4", endpoint.take, methods=["POST"]),
            Route("/livez", live, methods=["GET"]),
        ],
        middleware=[Middleware(RequestLog)],
    )


def _refused(
    status: int, headers: Mapping[str, str] | None = None, *, close: bool = False
) -> Response:
    return Response(b"", status, {**(headers or {}), **({"Connection": "close"} if close else {})})
