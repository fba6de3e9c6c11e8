"""What pages show and where they lead: amounts, days, instants, notices, addresses of our own."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from fastapi.testclient import TestClient

from portal.app import create_app
from portal.pages import day, jst, local_path, static_url, wareki, yen
from portal.security import rate_limits
from portal.security.rate_limits import Limit
from portal.settings import RegistrySettings
from records import Database
from records.errors import DatabaseUnreachable


@pytest.mark.parametrize(
    ("amount", "shown"),
    [(Decimal(1234567), "1,234,567円"), (0, "0円"), (Decimal(-1500), "-1,500円"), (None, "―")],
)
def test_amounts_are_whole_yen_with_commas(amount, shown):
    assert yen(amount) == shown


def test_instants_are_shown_in_japan_with_their_zone():
    at = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)  # midnight in Japan: the next day
    assert jst(at) == "2026年11月24日 00:00（日本時間）"
    assert jst(None) == "―"


def test_days_are_shown_with_their_weekday_and_in_wareki():
    assert day(date(2026, 11, 23)) == "2026年11月23日（月）"
    assert wareki(date(2026, 11, 23)) == "令和8年11月23日"
    assert day(None) == wareki(None) == "―"


@pytest.mark.parametrize(
    ("path", "leads_to"),
    [
        ("/contracts/1?x=1#y", "/contracts/1?x=1#y"),
        ("/vendors?q=緑地", "/vendors?q=%E7%B7%91%E5%9C%B0"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/x\\y", "/"),
        ("/x\r\nset-cookie: a=b", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_only_our_own_paths_are_followed(path, leads_to):
    assert local_path(path) == leads_to


def test_a_static_address_changes_with_its_content():
    assert static_url("warifu.css").startswith("/static/warifu.css?v=")
    assert static_url("warifu.css") != static_url("warifu.js")


def packed(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "cookie",
    [
        "not base64!",
        packed("text"),
        packed(["success"]),
        packed(["loud", "text"]),
        packed(["success", 7]),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
    ],
)
def test_a_notice_that_we_did_not_write_is_left_out(browser, cookie):
    browser.cookies.set("warifu_notice", cookie, domain="127.0.0.1")
    page = browser.get("/")
    assert page.status_code == 200
    assert 'class="notice' not in page.text


def test_a_notice_is_shown_once_and_never_as_markup(browser):
    browser.cookies.set(
        "warifu_notice", packed(["success", "<b>保存</b>しました"]), domain="127.0.0.1"
    )
    page = browser.get("/").text
    assert "&lt;b&gt;保存&lt;/b&gt;しました" in page
    assert "保存" not in browser.get("/").text


def test_counting_without_a_database_says_where_it_is_missing(clock):
    away = Database("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(DatabaseUnreachable, match=r"127\.0\.0\.1"):
        rate_limits.hit(away, Limit("x", 1, 1), "key", clock.now())


@pytest.mark.parametrize(("application_id", "is_said"), [(None, False), ("K0000000000000", True)])
def test_pages_say_so_where_the_registry_is_asked(door, application_id, is_said):
    """The terms of the National Tax Agency's Web-API ask for this sentence."""
    registry = RegistrySettings(application_id=application_id)
    door.settings = door.settings.model_copy(update={"registry": registry})
    page = TestClient(create_app(door), base_url="http://127.0.0.1:8000").get("/").text
    assert ("国税庁によって保証されたものではありません" in page) is is_said
