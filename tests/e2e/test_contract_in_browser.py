"""The contract's walk as people walk it: staff at a desk, the vendor with a phone.

Every page on the way is looked at (axe, width, size of targets, console). Set
WARIFU_TEST_SCREENSHOTS to a folder to keep what was seen.
"""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from playwright.sync_api import Browser, expect

from portal.demo import city
from portal.demo.contract_story import ContractStory
from portal.demo.files import award_export
from records import audit, calendar
from signing import verify
from tests.e2e.running_city import RunningCity
from tests.e2e.screen import DESK, PHONE, Screen, screen

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("e2e")]

WORKS, GOODS, PRINTING, _ = city.AWARDS
CODE_SHOWN = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}")


def test_a_contract_from_the_award_to_the_copies_of_both_sides(
    running_city: RunningCity, browser: Browser
) -> None:
    address = running_city.stage.address
    with screen(browser, address, DESK) as desk:
        desk.go("/")
        desk.look("c01-front")
        take_in_both_exports(running_city, desk)
        number = draft_and_make(desk)
        submit(desk)
        where = desk.page.url.removeprefix(address)
        desk.press("サインアウト")
        decide_along_the_route(running_city, desk, where)
        case_code = send(running_city, desk, where)
    with screen(browser, address, PHONE) as phone:
        open_mailed_link(running_city, phone, number)
        go_through_the_ceremony(running_city, phone, number, case_code)
        sign_with_a_double_click(phone)
        with screen(browser, address, DESK) as desk:
            close_for_the_city(running_city, desk, number)
            city_pdf = fetch_the_citys_copies(running_city, desk, where)
        vendor_pdf = fetch_the_vendors_copies(running_city, phone, number)
    assert vendor_pdf == city_pdf
    verdict = verify(city_pdf, running_city.service.trust)
    assert verdict.is_passed, verdict.reasons
    assert len(verdict.slots_signed) == 2
    with running_city.service.database.reader() as session:
        acts = [entry.action for entry in audit.history(session, f"contract:{where[11:47]}")]
    assert acts.count("contract.concluded") == 1
    with screen(browser, address, PHONE) as anybody:
        check_in_public(anybody, city_pdf)


def take_in_both_exports(running_city: RunningCity, desk: Screen) -> None:
    today = calendar.jst_date(running_city.service.clock.now())
    desk.go("/login")
    desk.look("c02-login")
    desk.sign_in("chotatsu", running_city.stage.password)
    desk.look("c03-home")
    desk.go("/contracts/awards")
    desk.look("c04-awards-empty")
    shift_jis = award_export((GOODS, PRINTING), today, encoding="cp932")
    utf8 = award_export((WORKS,), today, encoding="utf-8-sig")
    for name, data, words in (
        ("落札結果_ShiftJIS.csv", shift_jis, "2件を取り込みました。"),
        ("落札結果_UTF8.csv", utf8, "1件を取り込みました。"),
        ("もう一度.csv", utf8, "1件は取り込み済みのため、変えていません。"),
    ):
        desk.choose("落札結果のCSVファイル", name, data)
        desk.press("取り込む")
        desk.sees(re.compile(words))
    desk.look("c05-awards")


def draft_and_make(desk: Screen) -> str:
    """Draft, leave out a mandatory item once, make the PDF, read it on the page. The number."""
    desk.press(f"{WORKS.title}の契約書を作る")
    desk.page.wait_for_url("**/draft")
    desk.look("c06-draft")
    place = desk.page.locator("#field-place")
    place.evaluate("field => field.removeAttribute('required')")
    place.fill("")
    desk.press("保存して契約書を作る")
    desk.page.get_by_role("alert").first.wait_for()
    desk.sees(re.compile("場所"))
    desk.look("c07-draft-lacks")
    place.fill(WORKS.place)
    desk.press("保存して契約書を作る")
    desk.page.wait_for_url(re.compile(r"/contracts/[0-9a-f-]{36}$"))
    desk.sees("決裁に回す", patient=True)
    desk.look("c08-ready")
    for sheet in desk.page.locator(".sheet img").all():
        sheet.scroll_into_view_if_needed()
        expect(sheet).to_have_js_property("complete", True)
        assert sheet.evaluate("image => image.naturalWidth") > 600
    assert desk.download("PDFをダウンロード").startswith(b"%PDF-")
    found = re.search(r"契約番号 (\S+)", desk.page.locator("main").inner_text())
    assert found
    return found.group(1)


def submit(desk: Screen) -> None:
    desk.press("決裁に回す")
    desk.sees("決裁に回しました。")
    desk.look("c09-deciding")


def decide_along_the_route(running_city: RunningCity, desk: Screen, where: str) -> None:
    """Each role in the route's order finds the contract in its inbox and approves what it read."""
    for _ in range(8):
        waiting = running_city.voices["chotatsu"].get(where)
        if waiting["state"] != "deciding":
            break
        role = next(d["role"] for d in waiting["decisions"] if d["outcome"] == "waiting")
        who = {"department": "kanzai", "accounting": "kaikei", "contracting_officer": "keiyaku"}
        desk.sign_in(who[role], running_city.stage.password)
        desk.look(f"c10-home-{role}")
        desk.go("/contracts/inbox")
        desk.look(f"c11-inbox-{role}")
        desk.press(f"{WORKS.title}を読んで決める")
        desk.look(f"c12-decide-{role}")
        desk.press(re.compile("^(承認する|合議に同意する)$"))
        desk.sees(re.compile("承認しました。"))
        desk.press("サインアウト")


def send(running_city: RunningCity, desk: Screen, where: str) -> str:
    """The case code, shown this once."""
    desk.sign_in("chotatsu", running_city.stage.password)
    desk.go(where)
    desk.look("c13-approved")
    desk.press("受注者へ送る")
    desk.sees("受注者へ案内のメールを送りました")
    desk.look("c14-sent")
    shown = CODE_SHOWN.search(desk.page.locator(".case-code").inner_text())
    assert shown
    desk.go(where)
    assert shown.group() not in desk.page.content()
    desk.look("c15-awaiting-vendor")
    desk.go("/contracts")
    desk.look("c16-board")
    return shown.group()


def open_mailed_link(running_city: RunningCity, phone: Screen, number: str) -> None:
    phone.go(running_city.outbox.next_link(WORKS.company.mail, number))
    phone.look("c20-link")
    phone.press("続ける")


def go_through_the_ceremony(
    running_city: RunningCity, phone: Screen, number: str, case_code: str
) -> None:
    phone.sees("案件コードを入力してください")
    phone.look("c21-case-code")
    phone.fill("案件コード", case_code.lower().replace("-", " "))
    phone.press("次へ")
    phone.sees("本人確認の番号を入力してください")
    phone.look("c22-one-time-code")
    phone.fill("6桁の番号", running_city.outbox.next_code(WORKS.company.mail, number))
    phone.press("次へ")
    phone.sees("契約書を読んでください")
    for sheet in phone.page.locator(".sheet img").all():
        sheet.scroll_into_view_if_needed()
        expect(sheet).to_have_js_property("complete", True)
    phone.page.get_by_label("上の方法で契約を結ぶことに同意します").check()
    phone.look("c23-read-agree-sign")


def sign_with_a_double_click(phone: Screen) -> None:
    phone.page.get_by_role("button", name="内容を確認し、合意して署名する").dblclick()
    phone.page.wait_for_url(re.compile(r"/vendor/contracts/[0-9a-f-]{36}$"))
    phone.look("c26-signing")
    phone.sees("署名が終わりました", patient=True)
    phone.look("c27-signed")


def close_for_the_city(running_city: RunningCity, desk: Screen, number: str) -> None:
    body = running_city.outbox.next("keiyaku@", number)
    found = re.search(r"http\S+/close", body)
    assert found, "the mail to the contracting officer holds no link"
    desk.go(found.group())
    desk.fill("ログイン名", "keiyaku")
    desk.fill("パスワード", running_city.stage.password)
    desk.press("サインイン")
    desk.page.wait_for_url("**/close")
    desk.look("c30-close")
    desk.press("番号を送る")
    desk.sees("メールで届いた6桁の番号")
    desk.look("c31-close-code")
    desk.fill("メールで届いた6桁の番号", running_city.outbox.next_code("keiyaku@", number))
    desk.page.get_by_role("button", name="署名して確定する").dblclick()
    desk.sees(re.compile("に確定しました"), patient=True)
    desk.sees(re.compile("^契約書（PDF）"))


def fetch_the_citys_copies(running_city: RunningCity, desk: Screen, where: str) -> bytes:
    """The long-term form, as the page offers it once it says so."""
    running_city.voices["chotatsu"].wait(
        where, lambda c: bool(c["sha256"]["kept"] and c["sha256"]["certificate"])
    )
    desk.go(where)
    desk.sees(re.compile("長期保存の形式（PAdES B-LTA）にしました"))
    desk.look("c32-concluded")
    assert desk.download("合意締結証明書").startswith(b"%PDF-")
    assert zipfile.ZipFile(io.BytesIO(desk.download("一式（ZIP）"))).testzip() is None
    return desk.download("契約書（PDF）")


def fetch_the_vendors_copies(running_city: RunningCity, phone: Screen, number: str) -> bytes:
    phone.go(running_city.outbox.next_link(WORKS.company.mail, f"確定しました（契約番号 {number}"))
    phone.press("続ける")
    phone.sees("契約が確定しました")
    phone.look("c40-vendor-concluded")
    assert phone.download("合意締結証明書").startswith(b"%PDF-")
    assert zipfile.ZipFile(io.BytesIO(phone.download("一式（ZIP）"))).testzip() is None
    pdf = phone.download("契約書をダウンロード（PDF）")
    phone.go("/vendor/contracts")
    phone.look("c41-vendor-list")
    phone.go("/home")
    phone.look("c42-vendor-home")
    return pdf


def check_in_public(anybody: Screen, pdf: bytes) -> None:
    """The good file is valid; with one byte flipped anywhere, it never is."""
    anybody.go("/verify")
    anybody.look("c50-verify")
    anybody.choose("署名されたPDF", "契約書.pdf", pdf, "application/pdf")
    anybody.press("確かめる")
    anybody.sees(re.compile("有効です（VALID）"))
    anybody.look("c51-verify-passed")
    for n, place in enumerate((len(pdf) // 7, len(pdf) // 2, len(pdf) - 2000)):
        flipped = bytearray(pdf)
        flipped[place] ^= 0x01
        anybody.choose("署名されたPDF", "直された契約書.pdf", bytes(flipped), "application/pdf")
        anybody.press("確かめる")
        anybody.sees(re.compile(r"（(INVALID|CANNOT BE CONFIRMED)）"))
        expect(anybody.page.get_by_text("（VALID）")).to_have_count(0)
        anybody.look(f"c52-verify-flipped-{n}")


def test_the_vendor_signs_with_javascript_switched_off(
    running_city: RunningCity, browser: Browser
) -> None:
    story = ContractStory(
        running_city.voices, GOODS, calendar.jst_date(running_city.service.clock.now())
    )
    for step in (story.take_in, story.draft, story.make, story.submit, story.decide, story.send):
        step()
    number = story.contract["number"]
    address = running_city.stage.address
    with screen(browser, address, PHONE, script=False) as phone:
        phone.go(running_city.outbox.next_link(GOODS.company.mail, number))
        phone.press("続ける")
        phone.fill("案件コード", story.case_code)
        phone.press("次へ")
        phone.sees("本人確認の番号を入力してください")
        phone.fill("6桁の番号", running_city.outbox.next_code(GOODS.company.mail, number))
        phone.press("次へ")
        phone.sees("契約書を読んでください")
        phone.look("c60-read")
        phone.page.get_by_label("上の方法で契約を結ぶことに同意します").check()
        phone.press("内容を確認し、合意して署名する")
        phone.sees("署名が終わりました", patient=True)  # the page fetches itself anew by <meta>
        phone.look("c62-signed")
    assert running_city.voices["chotatsu"].get(story.path)["state"] == "awaiting_city"
