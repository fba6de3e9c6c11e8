"""Routers of the pages with figures: what was (実績) and what would be (試算)."""

from __future__ import annotations

from fastapi import APIRouter

from portal.simulation import pages as simulation_pages


def routers() -> list[APIRouter]:
    """The routers; links of the navigation are registered with them."""
    simulation_pages.register()
    return [simulation_pages.router]
