"""Stylesheet, script and drawings; an address that names their content may be kept for ever."""

from __future__ import annotations

from fastapi.staticfiles import StaticFiles
from starlette.responses import Response
from starlette.types import Scope

FOR_EVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"


class VersionedFiles(StaticFiles):
    """``/static/x.css?v=<hash>`` is kept for ever; without ``v`` it is asked for again (ETag)."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        versioned = scope["query_string"].startswith(b"v=")
        response.headers["cache-control"] = FOR_EVER if versioned else ASK_AGAIN
        return response
