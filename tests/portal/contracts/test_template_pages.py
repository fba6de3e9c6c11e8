"""The template editor: a new version with lint and preview beside it, published by two."""

from __future__ import annotations

import re

import pytest
from looking import look, sign_in

from econtract import template_book

pytestmark = pytest.mark.slow


def begin(browser, kind: str = "services") -> str:
    made = browser.submit("/contracts/templates/begin", {"kind": kind})
    assert made.status_code == 303, made.text
    return made.headers["location"]


def fields(html: str) -> dict[str, str]:
    """The editor's form as a browser would send it back."""
    form = html[html.index("<h2>文面</h2>") :]
    unescape = __import__("html").unescape
    found = {
        n: unescape(v)
        for n, v in re.findall(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"', form)
    }
    areas = re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>(.*?)</textarea>', form, re.DOTALL)
    found |= {n: unescape(v) for n, v in areas}
    found["revision"] = re.findall(r'name="revision" value="(\d+)"', form)[0]
    found.pop("csrf", None)
    return found


def test_a_new_version_is_previewed_compared_linted_and_published_by_a_second_person(
    office,
) -> None:
    writer = office.browser("chotatsu")
    path = begin(writer)
    assert begin(writer) == path
    office.run_jobs()
    html = writer.get(path).text
    assert "必ず書く事項はすべてあります" in html
    assert "違いはありません" in html
    assert writer.get(f"{path}/pages/0.png").headers["content-type"] == "image/png"
    assert writer.get(f"{path}/progress").json()["done"]
    typed = fields(html)
    clause = next(n for n, v in typed.items() if n.endswith("_id") and v == "dispute")
    text = clause.replace("_id", "_text")
    # Without the clause on disputes the law's item is missing, by name, and nothing is proposed.
    assert writer.submit(path, typed | {text: ""}).status_code == 303
    html = writer.get(path).text
    assert "紛争の解決方法（支払遅延防止法4条4号）" in html
    asked = {"revision": "2", "valid_from": "2026-11-24", "note": "条文の見直し"}
    assert writer.submit(f"{path}/proposal", asked).status_code == 400
    better = typed[text] + "\n・あっせん\n・調停"
    stale = writer.submit(path, typed | {text: better})
    assert "ほかの人が先に直しました" in stale.text
    assert writer.submit(path, typed | {text: better, "revision": "2"}).status_code == 303
    assert not writer.get(f"{path}/progress").json()["done"]
    office.run_jobs()
    html = writer.get(path).text
    assert "・あっせん" in html
    assert "違いを見る（2行）" in html
    asked["revision"] = "3"
    assert writer.submit(f"{path}/proposal", asked).status_code == 303
    publish = {"revision": "3", "answer": "publish"}
    assert "自分が書いた版" in writer.submit(f"{path}/decision", publish).text
    assert office.browser("kaikei").submit(f"{path}/decision", publish).status_code == 403
    for _ in range(2):
        second = office.browser("chotatsu2").submit(f"{path}/decision", publish)
        assert second.status_code == 303
    assert writer.submit(path, typed | {"revision": "3"}).status_code == 400
    with office.service.database.reader() as session:
        day = office.now.date()
        chosen = template_book.current(session, "services", day)
        assert chosen.version == "2026.2"
        assert template_book.find(session, "services", "2026.2").sha256 == chosen.sha256
        assert template_book.find(session, "services", "2026.1").version == "2026.1"
    assert "2026.2" in office.browser("kansa").get("/contracts/templates").text


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing_in_the_template_editor(office, served, chromium, width) -> None:
    path = begin(office.browser("chotatsu"), "acceptance")
    office.run_jobs()
    context = chromium.new_context(viewport={"width": width, "height": 900}, locale="ja-JP")
    page = context.new_page()
    sign_in(page, served, "chotatsu")
    page.goto(f"{served}/contracts/templates")
    look(page, f"templates-{width}")
    page.goto(f"{served}{path}")
    page.locator("summary", has_text="第1条").click()
    look(page, f"template-edit-{width}")
    context.close()
