"""The network's routers and its place in the navigation."""

from __future__ import annotations

from fastapi import APIRouter

from portal.network import provider_api


def routers() -> list[APIRouter]:
    """The routers, in the order in which paths are tried."""
    return [provider_api.router]
