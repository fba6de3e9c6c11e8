"""Every page of the service is opened by somebody, with data and empty, on a phone and at a desk.

The routes come from the application itself: a new page without a visit in `visits.py` fails here.
With WARIFU_SCREENS naming a folder, a picture of each page is kept there (see `gallery.py`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from fastapi.routing import iter_route_contexts
from playwright.sync_api import Browser

from portal.app import create_app
from portal.settings import Settings
from tests.screens import gallery
from tests.screens.lively_city import SECRET, LivelyCity
from tests.screens.looking import WIDTHS, Window, window
from tests.screens.visits import EXEMPT, VISITS

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("screens")]

PICTURES = os.environ.get("WARIFU_SCREENS")


def routes() -> set[str]:
    """The path of every GET route but the JSON API's."""
    settings = Settings(demo=True, security={"secret": SECRET})
    nothing = SimpleNamespace(settings=settings, database=None, store=None, clock=None)
    app = create_app(nothing)  # type: ignore[arg-type]
    return {
        route.path
        for route in iter_route_contexts(app.routes)
        if getattr(route, "dependant", None) is not None
        and "GET" in route.methods
        and not route.path.startswith("/api/")
    }


PAGES = sorted(routes() - set(EXEMPT))


def test_what_is_exempted_is_a_route() -> None:
    assert set(EXEMPT) - routes() == set()
    assert set(VISITS) & set(EXEMPT) == set()


@pytest.fixture(scope="module")
def glass(chromium: Browser, address: str) -> Iterator[Window]:
    with window(chromium, address) as found:
        yield found


@pytest.fixture(scope="module")
def cookies(lively: LivelyCity, empty: LivelyCity) -> dict[tuple[str, bool], tuple[str, str]]:
    """A session of everybody, in the lively city and in the empty one."""
    who = {visit.who for visits in VISITS.values() for visit in visits if visit.who}
    return {
        (name, is_empty): city.cookie(name)
        for name in sorted(who)
        for is_empty, city in ((False, lively), (True, empty))
    }


@pytest.mark.parametrize("route", PAGES)
def test_every_page_is_seen(
    route: str, glass: Window, cookies, lively: LivelyCity, address: str, empty_address: str
) -> None:
    visits = VISITS.get(route)
    assert visits, f"{route}: nobody opens this page. Add a visit (or a reason) to visits.py"
    for number, visit in enumerate(visits):
        glass.address = empty_address if visit.is_empty else address
        glass.become(cookies.get((visit.who, visit.is_empty)))
        path = visit.path.format(**lively.places)
        answer = glass.page.goto(glass.address + path)
        assert answer is not None
        expected = visit.status
        assert answer.status == expected, f"{path}: {answer.status}"
        for width in WIDTHS:
            glass.resize(width)
            assert glass.faults() == [], f"{path} ({visit.caption}) at {WIDTHS[width]} px"
            if PICTURES:
                gallery.keep(glass.page, Path(PICTURES), route, number, width)
        glass.complaints.clear()
