"""One person before a browser: every page they come to is looked at, nothing is typed twice."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
DESK, PHONE = 1280, 360
#: The browser's own line about an answer of 4xx, which a page for bad input rightly is.
STATUS_LINE = "the server responded with a status of"
WORKS_FOR = 60_000  # milliseconds that work in the background may take on a busy machine


class Screen:
    """A window of `width` CSS pixels on the service at `address`, with its own cookies."""

    def __init__(self, browser: Browser, address: str, width: int, *, script: bool = True) -> None:
        self.address = address
        self.width = width
        self.script = script
        self._context = browser.new_context(
            viewport={"width": width, "height": 800 if width > PHONE else 740},
            locale="ja-JP",
            java_script_enabled=script,
            accept_downloads=True,
        )
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(60_000)
        self.complaints: list[str] = []
        self.page.on(
            "console", lambda m: self.complaints.append(m.text) if m.type == "error" else None
        )
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def go(self, path: str) -> None:
        self.page.goto(path if path.startswith("http") else self.address + path)

    def press(self, name: str | re.Pattern[str]) -> None:
        """The one button or link of this name."""
        exact = isinstance(name, str)
        button = self.page.get_by_role("button", name=name, exact=exact)
        link = self.page.get_by_role("link", name=name, exact=exact)
        button.or_(link).first.click()

    def fill(self, label: str, words: str) -> None:
        self.page.get_by_label(label).fill(words)

    def choose(self, label: str, name: str, data: bytes, kind: str = "text/csv") -> None:
        """Choose one file, as if it were on the person's disk."""
        self.page.get_by_label(label).set_input_files(
            {"name": name, "mimeType": kind, "buffer": data}
        )

    def sees(self, words: str | re.Pattern[str], *, patient: bool = False) -> None:
        """`patient`: work in the background comes first."""
        shown = self.page.get_by_text(words).filter(visible=True).first
        expect(shown).to_be_visible(timeout=WORKS_FOR if patient else 20_000)

    def look(self, name: str) -> None:
        """axe finds nothing, nothing hangs over the edge, no small target; a picture if asked."""
        self.page.wait_for_load_state()
        self._keep(name)
        if not self.script:
            return  # axe is a script
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert wide <= 0, f"{name}: {wide} px too wide"
        small = self.page.evaluate(
            """() => [...document.querySelectorAll('button, .button, nav a, input, summary.button')]
            .filter(e => e.type !== 'hidden' && e.checkVisibility()
                         && !e.closest('.breadcrumb, .tick, .visually-hidden, label'))
            .map(e => [e.getBoundingClientRect().height, e.outerHTML.slice(0, 80)])
            .filter(([height]) => height < 44)"""
        )
        assert not small, f"{name}: targets below 44 px: {small}"
        result = Axe().run(self.page, options=RULES).response
        found = [(v["id"], [node["html"] for node in v["nodes"]]) for v in result["violations"]]
        assert found == [], name
        assert len(result["passes"]) > 15, "axe looked at little"

    def download(self, link: str) -> bytes:
        """What the browser saves when the link or button of this name is pressed."""
        with self.page.expect_download() as saved:
            self.press(link)
        return Path(saved.value.path()).read_bytes()

    def sign_in(self, login_name: str, password: str) -> None:
        self.go("/login")
        self.fill("ログイン名", login_name)
        self.fill("パスワード", password)
        self.press("サインイン")
        self.page.wait_for_url(f"{self.address}/home")

    def _keep(self, name: str) -> None:
        if folder := os.environ.get("WARIFU_TEST_SCREENSHOTS"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            how = "" if self.script else "-noscript"
            self.page.screenshot(path=f"{folder}/{name}-{self.width}{how}.png", full_page=True)

    def close(self) -> None:
        self._context.close()
        said = [line for line in self.complaints if STATUS_LINE not in line]
        assert said == [], "the browser's console has errors"


@contextmanager
def screen(browser: Browser, address: str, width: int, *, script: bool = True) -> Iterator[Screen]:
    """A window for as long as the block lasts; its console must have stayed clean."""
    one = Screen(browser, address, width, script=script)
    try:
        yield one
    except BaseException:
        one._keep("failed")
        one._context.close()
        raise
    one.close()
