"""How the browser tests look at a page: axe, nothing over the edge, a picture when asked for."""

from __future__ import annotations

import os
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe

PASSWORD = "correct horse battery"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


def look(page, name: str, *, axe: bool = True) -> None:
    """axe finds nothing and nothing hangs over the edge; the picture is kept when asked for."""
    folder = os.environ.get("WARIFU_TEST_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, name
    if not axe:  # it is script itself: without script in the page it never answers
        return
    found = [
        (rule["id"], [node["html"][:200] for node in rule["nodes"]])
        for rule in Axe().run(page, options=RULES).response["violations"]
    ]
    assert found == [], name


def sign_in(page, live: str, name: str) -> None:
    """As a member of staff, whoever was signed in before."""
    page.context.clear_cookies()
    page.goto(f"{live}/login")
    page.get_by_label("ログイン名").fill(name)
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="サインイン").click()
    page.wait_for_url(f"{live}/home")
