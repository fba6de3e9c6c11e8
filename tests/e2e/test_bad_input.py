"""What goes wrong at the door of the running service: clear words, nothing lost, nothing doubled.

What single functions make of bad input is tested beside them. Here it meets the real thing: a
browser, an HTTP server that stops reading, threads that answer at the same moment.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser
from sqlalchemy import update

from portal.accounts.models import LoginLink
from portal.demo import city
from portal.demo.contract_story import ContractStory
from portal.demo.files import award_export
from portal.demo.invoice_story import XML, InvoiceStory
from records import audit, calendar
from tests.e2e.running_city import RunningCity
from tests.e2e.screen import DESK, PHONE, Screen, screen

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("e2e")]

WORKS, GOODS, PRINTING, _ = city.AWARDS
AT_ONCE = 8
HUNDRED_MEGABYTES = 100 * 1024 * 1024


@pytest.fixture(scope="module")
def big_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """100 MB that begin like an invoice."""
    path = tmp_path_factory.mktemp("big") / "invoice.xml"
    with path.open("wb") as file:
        file.write(b'<?xml version="1.0"?><Invoice>')
        file.truncate(HUNDRED_MEGABYTES)
    return path


def contract_story(
    running_city: RunningCity, award: city.AwardLine, until: str = ""
) -> ContractStory:
    """Walked through the API up to and with the step named; all of it without a name."""
    today = calendar.jst_date(running_city.service.clock.now())
    story = ContractStory(running_city.voices, award, today)
    for _, step in story.steps():
        step()
        if step.__name__ == until:
            break
    return story


def at_once(act: Callable[[], httpx2.Response]) -> list[int]:
    """The statuses of the same request sent by several threads at the same moment."""
    with ThreadPoolExecutor(AT_ONCE) as crowd:
        pressed = [crowd.submit(act) for _ in range(AT_ONCE)]
    return [one.result().status_code for one in pressed]


def vendor_signs_in(running_city: RunningCity, phone: Screen, mail: str) -> None:
    phone.go("/vendor-login")
    phone.fill("メールアドレス", mail)
    phone.press(re.compile("リンクを送る"))
    phone.go(running_city.outbox.next_link(mail, "サインイン"))
    phone.press("続ける")
    phone.page.wait_for_url("**/home")


def test_an_expired_link_leads_to_a_new_one(running_city: RunningCity, browser: Browser) -> None:
    mail = WORKS.company.mail
    with screen(browser, running_city.stage.address, PHONE) as phone:
        phone.go("/vendor-login")
        phone.fill("メールアドレス", mail)
        phone.press(re.compile("リンクを送る"))
        link = running_city.outbox.next_link(mail, "サインイン")
        past = running_city.service.clock.now() - timedelta(minutes=1)
        with running_city.service.database.transaction() as session:
            session.execute(
                update(LoginLink).where(LoginLink.used_at.is_(None)).values(expires_at=past)
            )
        phone.go(link)
        phone.sees(re.compile("期限が切れています"))
        phone.sees(re.compile("expired"))
        phone.look("b01-link-expired")
        phone.press("新しいリンクを送る")
        phone.sees(re.compile("新しいリンクを送りました"))
        phone.go(running_city.outbox.next_link(mail, "サインイン"))
        phone.press("続ける")
        phone.page.wait_for_url("**/home")


def test_three_wrong_case_codes_and_the_way_out(
    running_city: RunningCity, browser: Browser
) -> None:
    story = contract_story(running_city, WORKS, "send")
    number, address = story.contract["number"], running_city.stage.address
    with screen(browser, address, PHONE) as phone:
        phone.go(running_city.outbox.next_link(WORKS.company.mail, number))
        phone.press("続ける")
        for words in ("あと2回", "あと1回", "3回間違えたため"):
            phone.fill("案件コード", "2222-2222-2222")
            phone.press("次へ")
            phone.sees(re.compile(words))
        phone.look("b02-case-code-stopped")
        with screen(browser, address, DESK) as desk:
            desk.sign_in("chotatsukacho", running_city.stage.password)
            desk.go(story.path)
            desk.press("案件コードを出し直す")
            desk.look("b03-case-code-again")
            code = desk.page.locator(".case-code").inner_text()
        phone.fill("案件コード", code)
        phone.press("次へ")
        phone.sees("本人確認の番号を入力してください")
    with running_city.service.database.reader() as session:
        acts = [entry.action for entry in audit.history(session, f"contract:{story.id}")]
    assert acts.count("contract.code_refused") == 3


def test_signatures_asked_for_at_the_same_moment_are_made_once(running_city: RunningCity) -> None:
    story = contract_story(running_city, PRINTING, "open")
    sha256 = story.contract["document"]["sha256"]
    version = story.vendor.get(f"{story.path}/consent-text")["version"]
    consent: dict[str, Any] = {"sha256": sha256, "text_version": version}
    assert set(at_once(lambda: story.vendor.try_post(f"{story.path}/consent", consent))) <= {
        200, 201, 409,
    }  # fmt: skip
    body = {"sha256": sha256}
    answers = at_once(lambda: story.vendor.try_post(f"{story.path}/signature", body))
    assert all(status < 500 for status in answers), answers
    for step in (story.vendor_signs, story.city_signs, story.kept):
        step()
    with running_city.service.database.reader() as session:
        acts = [entry.action for entry in audit.history(session, f"contract:{story.id}")]
    for act in ("contract.consented", "contract.concluded"):
        assert acts.count(act) == 1, acts
    assert acts.count("contract.signed") == 2


def test_the_same_invoice_and_hand_over_sent_at_the_same_moment_exist_once(
    running_city: RunningCity,
) -> None:
    contract = contract_story(running_city, GOODS)
    settings = running_city.stage.settings()
    invoice = InvoiceStory(
        running_city.voices, GOODS, contract.contract, settings.city, contract.today
    )
    invoice.inspect()
    invoice.commit()
    xml = invoice.xml("INV-0001-R", GOODS.net)
    answers = at_once(lambda: invoice.vendor.try_post("/invoices", content=xml, headers=XML))
    assert sorted(answers) == [200] * (AT_ONCE - 1) + [201]
    invoice.send_right()
    invoice.approve()
    body = {"invoices": [invoice.invoice["id"]], "pay_on": invoice.invoice["pay_on"]}
    answers = at_once(lambda: invoice.accounting.try_post("/handovers", body))
    assert all(status < 500 for status in answers), answers
    mine = [
        batch
        for batch in invoice.accounting.get("/handovers")["handovers"]
        if batch["payable"] == contract.contract["amount"]
    ]
    assert len(mine) == 1


def bad_files(good: bytes) -> list[tuple[str, bytes, str]]:
    """Name, content and the words that the vendor must read about it."""
    deep = b"<?xml version='1.0'?>" + b"<a>" * 100_000
    declared = good.replace(b'encoding="UTF-8"', b'encoding="Shift_JIS"', 1)
    declared = declared if declared != good else b'<?xml version="1.0" encoding="x-none"?><a/>'
    entities = b'<!DOCTYPE a [<!ENTITY x "xxxxxxxxxx">]>\n<a>&x;&x;</a>'
    return [
        ("空.xml", b"", "空です"),
        ("請求書.pdf", b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF"),
        ("表.xlsx.xml", b"PK\x03\x04" + b"\0" * 60, "XML"),
        ("実体.xml", entities, "DOCTYPE"),
        ("文字コード.xml", declared, "文字コード"),
        ("深い.xml", deep, "入れ子が深すぎます"),
        ("途中まで.xml", good[: len(good) // 2], "壊れています"),
        ("知らない仕様.xml", good.replace(b"billing-1@jp-1", b"billing-9@xx-1"), "billing-9@xx-1"),
    ]


def test_bad_files_chosen_together_are_each_explained_and_the_good_one_arrives(
    running_city: RunningCity, browser: Browser
) -> None:
    contract = contract_story(running_city, PRINTING)
    settings = running_city.stage.settings()
    good = InvoiceStory(
        running_city.voices, PRINTING, contract.contract, settings.city, contract.today
    ).xml("INV-GOOD", PRINTING.net)
    files = bad_files(good)
    with screen(browser, running_city.stage.address, PHONE) as phone:
        vendor_signs_in(running_city, phone, PRINTING.company.mail)
        phone.go("/vendor/invoices/new")
        phone.page.get_by_label("請求書のファイル").set_input_files(
            [
                {"name": name, "mimeType": "application/xml", "buffer": data}
                for name, data, _ in [("よい.xml", good, ""), *files]
            ]
        )
        phone.press("送る")
        phone.sees(re.compile("受け付けました（[0-9]+件）"))
        phone.look("b10-receipts")
        main = phone.page.locator("main")
        told = main.locator(".notice-error").inner_text()
        receipts = main.locator("td a").evaluate_all("links => links.map(a => a.pathname)")
        for path in receipts:
            phone.go(path)
            # wait_for_function would need eval, which the page's policy forbids
            phone.page.wait_for_selector("[data-poll]", state="detached", timeout=60_000)
            told += phone.page.locator("main").inner_text()
        phone.look("b11-refused")
    for name, _, words in files:
        assert words in told, name
    assert re.search(r"[A-Za-z]{4,} [a-z]{2,}", told), "nothing is said in English"
    listed = running_city.voices[PRINTING.company.code].get("/invoices")["invoices"]
    assert len([i for i in listed if i["number"] == "INV-GOOD"]) == 1


def test_a_hundred_megabytes_are_refused_with_words(
    running_city: RunningCity, browser: Browser, big_file: Path
) -> None:
    """The server answers instead of only hanging up, for signed-in people and for anybody."""
    with screen(browser, running_city.stage.address, PHONE) as phone:
        vendor_signs_in(running_city, phone, GOODS.company.mail)
        phone.go("/vendor/invoices/new")
        phone.page.get_by_label("請求書のファイル").set_input_files(big_file)
        phone.press("送る")
        phone.sees(re.compile("大きすぎます"))
        phone.sees(re.compile("too large"))
        phone.look("b20-too-large")
        phone.go("/verify")
        phone.page.get_by_label("署名されたPDF").set_input_files(big_file)
        phone.press("確かめる")
        phone.sees(re.compile("大きすぎます"))
    answer = running_city.voices[GOODS.company.code].try_post(
        "/invoices", content=big_file.read_bytes(), headers=XML
    )
    assert answer.status_code == 413
    assert answer.json()["message"]["ja"]
    assert answer.json()["message"]["en"]


def test_an_award_file_with_one_wrong_row_takes_in_nothing(
    running_city: RunningCity, browser: Browser
) -> None:
    today = calendar.jst_date(running_city.service.clock.now())
    fourth = (city.AWARDS[3],)
    text = award_export(fourth, today, encoding="utf-8-sig").decode("utf-8-sig")
    wrong = text + text.splitlines()[1].replace("R8-工-0150", "R8-工-0151").replace(
        f"{city.AWARDS[3].net}", "二千万円"
    )
    with screen(browser, running_city.stage.address, DESK) as desk:
        desk.sign_in("chotatsu", running_city.stage.password)
        desk.go("/contracts/awards")
        desk.choose("落札結果のCSVファイル", "落札結果.csv", wrong.encode())
        desk.press("取り込む")
        desk.sees("取り込みませんでした")
        desk.sees("3行目")
        desk.look("b30-award-row")
        desk.choose("落札結果のCSVファイル", "落札結果.pdf", b"%PDF-1.7\n", "application/pdf")
        desk.press("取り込む")
        desk.sees("取り込みませんでした")
        desk.look("b31-award-pdf")
    known = running_city.voices["chotatsu"].get("/awards")["awards"]
    assert not [a for a in known if a["case_number"] == city.AWARDS[3].case_number]
