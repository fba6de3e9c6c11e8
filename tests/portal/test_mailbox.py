"""The demonstration's mailbox and banner: there in a demonstration, nowhere else."""

from __future__ import annotations

import pytest

from portal.app import create_app
from portal.mail import mailer
from portal.settings import Settings

from .conftest import HERE, Browser


@pytest.fixture
def sent(door) -> None:
    mailer(door.settings.mail).send(
        to="takasaki@example.co.jp",
        subject="契約書のご確認",
        body=f"ご確認ください。\n\n{HERE}/l/abc\n\nhttps://evil.example/x\n<b>太字ではない</b>\n",
        message_key="k1",
        at=door.clock.now(),
    )


def test_mails_of_the_folder_are_listed_and_open(browser, sent):
    page = browser.get("/demo/mailbox")
    assert "契約書のご確認" in page.text
    assert "2026年11月24日 12:00（日本時間）" in page.text
    link = page.text.split('href="/demo/mailbox/')[1].split('"')[0]
    mail = browser.get(f"/demo/mailbox/{link}").text
    assert f'<a href="{HERE}/l/abc">' in mail
    assert 'href="https://evil.example' not in mail
    assert "&lt;b&gt;太字ではない" in mail


def test_an_empty_mailbox_says_so(browser):
    assert "まだメールはありません" in browser.get("/demo/mailbox").text


@pytest.mark.parametrize(
    "name", ["x.eml", "..%2F..%2Fetc%2Fpasswd", "%2e%2e%2fsecret.eml", "x.txt"]
)
def test_only_mails_are_shown(browser, sent, name):
    assert browser.get(f"/demo/mailbox/{name}").status_code == 404


def test_the_banner_is_loud_in_a_demonstration(browser):
    for path in ("/", "/login", "/nothing"):
        assert "デモ環境・開発用の鍵と時刻" in browser.get(path).text


def test_no_mailbox_and_no_banner_in_production(door):
    door.settings = Settings(**(door.settings.model_dump() | {"demo": False}))
    browser = Browser(create_app(door), base_url=HERE)
    assert browser.get("/demo/mailbox").status_code == 404
    assert "デモ環境" not in browser.get("/").text


def test_development_keys_are_marked_even_outside_a_demonstration(door):
    given = door.settings.model_dump() | {"demo": False, "signing": {"development_keys": True}}
    door.settings = Settings(**given)
    page = Browser(create_app(door), base_url=HERE).get("/").text
    assert "開発用の鍵と時刻" in page
    assert "/demo/mailbox" not in page
