"""Pictures of every page for people, and the page that shows them.

    WARIFU_SCREENS=docs/images/pages .venv/bin/pytest tests/screens/test_every_page.py
    .venv/bin/python -m tests.screens.gallery

The first keeps a picture of each page at each width, the second writes docs/reference/screens.md.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

from tests.screens.visits import VISITS

FOLDER = Path("docs/images/pages")
INDEX = Path("docs/reference/screens.md")
LONGEST = {"phone": 2400, "desk": 2000}
"""Pixels of a long page that are shown; the rest is more of the same."""
COLOURS = 64
HEAD = """\
# 画面の一覧

すべての画面の絵です。架空の「遠州市」のデータで、スマートフォン（360px）とパソコン（1280px）の
幅で撮りました。長い画面は途中までです。絵を作り直すには:

    WARIFU_SCREENS=docs/images/pages .venv/bin/pytest tests/screens/test_every_page.py
    .venv/bin/python -m tests.screens.gallery

どの画面も同じ試験で、読み上げや色の決まり（WCAG 2.2 AA）に反しないこと、横にはみ出さないことを
確かめています。画面を足したのに試験が開かないと、試験は失敗します
（[tests/screens/visits.py](../../tests/screens/visits.py)）。
"""


def name_of(route: str, number: int, width: str) -> str:
    stem = re.sub(r"[^a-z0-9]+", "-", route.lower()).strip("-") or "front"
    return f"{stem}-{number + 1}-{width}.webp"


def keep(page: Page, folder: Path, route: str, number: int, width: str) -> None:
    """One picture, few colours, no longer than a person looks."""
    folder.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size
    assert size is not None
    height = int(page.evaluate("document.documentElement.scrollHeight"))
    # As high as the page itself: what clings to the window's edge then stands in its place.
    page.set_viewport_size({"width": size["width"], "height": min(height, 8000)})
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    picture = picture.crop((0, 0, picture.width, min(picture.height, LONGEST[width])))
    if width == "desk":
        picture = picture.resize(
            (picture.width * 3 // 4, picture.height * 3 // 4), Image.Resampling.LANCZOS
        )
    few = picture.quantize(COLOURS, dither=Image.Dither.NONE).convert("RGB")
    few.save(folder / name_of(route, number, width), lossless=True, quality=40, method=2)


def index() -> str:
    """The page with every picture and its caption."""
    blocks = [HEAD]
    for route, visits in VISITS.items():
        blocks.append(f"## `{route}`\n")
        for number, visit in enumerate(visits):
            shown = "\n".join(
                f'<img src="../images/pages/{name_of(route, number, width)}" '
                f'alt="{visit.caption}（{words}）" width="{pixels}">'
                for width, words, pixels in (
                    ("phone", "スマートフォン", 200),
                    ("desk", "パソコン", 560),
                )
            )
            blocks.append(f"### {visit.caption}\n\n{shown}\n")
    return "\n".join(blocks)


if __name__ == "__main__":
    known = {
        name_of(route, number, width)
        for route, visits in VISITS.items()
        for number in range(len(visits))
        for width in LONGEST
    }
    for file in FOLDER.glob("*.webp"):
        if file.name not in known:
            file.unlink()
    INDEX.write_text(index(), encoding="utf-8")
    print(INDEX)
