"""How a page is looked at: axe at each width, nothing over the edge, no small target."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Browser, Page

WIDTHS = {"phone": 360, "desk": 1280}
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
#: The browser's own line about an answer of 4xx, which a page for a dead link rightly is.
STATUS_LINE = "the server responded with a status of"
SMALL = """() => [...document.querySelectorAll('button, .button, nav a, input, summary.button')]
    .filter(e => e.type !== 'hidden' && e.checkVisibility()
                 && !e.closest('.breadcrumb, .tick, .visually-hidden, label'))
    .map(e => [e.getBoundingClientRect().height, e.outerHTML.slice(0, 80)])
    .filter(([height]) => height < 44)"""


@lru_cache(maxsize=1)
def axe_script() -> str:
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


class Window:
    """A window of Chromium on one address; who looks through it is changed by a cookie."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def become(self, cookie: tuple[str, str] | None) -> None:
        """Somebody signed in, or nobody."""
        self.page.context.clear_cookies()
        if cookie is not None:
            name, value = cookie
            known = {"name": name, "value": value, "url": self.address}
            self.page.context.add_cookies([known])  # type: ignore[list-item]

    def resize(self, width: str) -> None:
        self.page.set_viewport_size({"width": WIDTHS[width], "height": 800})

    def faults(self) -> list[Any]:
        """What axe, the edge and a thumb complain of."""
        found: list[Any] = []
        wide = self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if wide > 0:
            found.append(("over the edge", wide))
        if small := self.page.evaluate(SMALL):
            found.append(("below 44 px", small))
        if not self.page.evaluate("typeof axe === 'object'"):
            self.page.evaluate(axe_script())
        options = json.dumps({"runOnly": RULES, "resultTypes": ["violations"]})
        found += self.page.evaluate(
            f"""() => axe.run(document, {options}).then(result => {{
                if (result.passes.length < 15) return [['axe looked at little', 0]];
                return result.violations.map(
                    v => [v.id, v.nodes.map(n => n.html.slice(0, 200))]);
            }})"""
        )
        found += [line for line in self.complaints if STATUS_LINE not in line]
        return found


@contextmanager
def window(browser: Browser, address: str) -> Iterator[Window]:
    context = browser.new_context(locale="ja-JP", reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(60_000)
    yield Window(page, address)
    context.close()
