"""The service answers to its own names only.

A page elsewhere can let its own name point to this machine (DNS rebinding) and would then count
as "same origin". Such a name has a dot and is not ours. Addresses and names without a dot can't be
had by strangers; probes use them.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from portal.errors import WrongHost
from portal.settings import Settings


class OwnNames:
    """Refuses requests for a name that is not in the settings (pure ASGI)."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self.app = app
        ours = urlsplit(settings.web.public_url).hostname or ""
        self.names = frozenset({ours, *(name.lower() for name in settings.web.other_names)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_ours(Headers(scope=scope).get("host", "")):
            raise WrongHost()
        await self.app(scope, receive, send)

    def _is_ours(self, host: str) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".")
        except ValueError:
            return False
        return name in self.names or "." not in name or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
