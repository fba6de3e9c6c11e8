"""The network's routers and its place in the navigation."""

from __future__ import annotations

from fastapi import APIRouter

from portal.home import register_card
from portal.network import pages, provider_api
from portal.security.roles import Role


def routers() -> list[APIRouter]:
    """The routers, in the order in which paths are tried; the home cards come with them.

    No link in the navigation: a city without the network should not see one. The card appears
    with the first message.
    """
    register_card(Role.ACCOUNTING, pages.card)
    register_card(Role.AUDITOR, pages.card)
    return [pages.router, provider_api.router]
