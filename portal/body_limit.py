"""A request's body has a largest size, and who sends more is told so in words.

Two ways beyond it: a Content-Length that says so, and a body that grows past it. Starlette's own
middleware answers the first with three English words in place of our page.
"""

from __future__ import annotations

import asyncio
import re
import time

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from portal.errors import TooLarge

MEGABYTE = 1024 * 1024
#: A connection closed on unread data is reset, and a browser then shows no answer at all. So what
#: is still on its way is read and thrown away first: so many times the limit, for so long.
THROWN_AWAY = 4
PATIENCE_SECONDS = 20.0


class BodyLimit:
    """Refuses bodies above `megabytes` (pure ASGI; inside the error pages)."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        megabytes: int,
        larger: tuple[tuple[re.Pattern[str], int], ...] = (),
    ) -> None:
        """`larger`: paths (whole) that take more, with their own megabytes."""
        self.app = app
        self.megabytes = megabytes
        self.larger = larger

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        megabytes = next(
            (more for path, more in self.larger if path.fullmatch(scope["path"])), self.megabytes
        )
        largest = megabytes * MEGABYTE
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > largest:
            if "expect" not in headers:  # else the client waits for leave to send anything
                await self._throw_away(receive, largest)
            raise TooLarge(limit=f"{megabytes} MB")
        size = 0

        async def counted() -> Message:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > largest:
                # This class passes through whoever parses the body; it becomes TooLarge.
                raise HTTPException(413, f"{megabytes} MB")
            return message

        await self.app(scope, counted, send)

    async def _throw_away(self, receive: Receive, largest: int) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        left = THROWN_AWAY * largest
        more = True
        while more and left > 0 and (seconds := until - time.monotonic()) > 0:
            try:
                message = await asyncio.wait_for(receive(), seconds)
            except TimeoutError:
                return
            left -= len(message.get("body", b""))
            more = message["type"] == "http.request" and message.get("more_body", False)
