"""The reference pages are what the tables say."""

from __future__ import annotations

import pytest

from einvoice.law_reference import FOLDER, PAGES
from einvoice.own_checks import own_checks


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_up_to_date(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name](), "./dev docs"


def test_every_check_is_on_the_page() -> None:
    page = PAGES["own-checks.md"]()
    assert all(f"### `{key}`" in page for key in own_checks())
