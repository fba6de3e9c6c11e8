"""Every router of the invoice's pages and API, in the order in which paths are tried."""

from __future__ import annotations

from fastapi import APIRouter

from portal.invoices import api, api_desk


def routers() -> list[APIRouter]:
    """The routers; home cards and navigation are registered with them."""
    return [api.router, api_desk.router]
