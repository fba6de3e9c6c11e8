"""Routers of the pages with figures: what was (実績) and what would be (試算)."""

from __future__ import annotations

from fastapi import APIRouter

from portal.figures import pages
from portal.simulation import pages as simulation_pages


def routers() -> list[APIRouter]:
    """The routers; links of the navigation are registered with them."""
    pages.register()
    simulation_pages.register()
    return [pages.router, simulation_pages.router]
