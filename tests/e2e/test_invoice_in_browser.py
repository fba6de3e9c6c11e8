"""The invoice's walk as people walk it: the vendor with a phone, the city's offices at desks.

Every page on the way is looked at. The contracts exist already: made by the JSON API.
"""

from __future__ import annotations

import csv
import io
import re

import pytest
from playwright.sync_api import Browser, expect

import einvoice
from einvoice import zengin_reading
from portal.demo import city
from portal.demo.city import AwardLine
from portal.demo.contract_story import ContractStory
from portal.demo.invoice_story import InvoiceStory
from records import audit, calendar
from tests.e2e.running_city import RunningCity
from tests.e2e.screen import DESK, PHONE, Screen, screen

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.xdist_group("e2e")]

_, GOODS, PRINTING, _ = city.AWARDS
RECEIPT = re.compile(r"受付番号は (\S+) です")
DUE = re.compile(r"お支払いは .+ までに行います")


def invoice_story(running_city: RunningCity, award: AwardLine) -> InvoiceStory:
    """A concluded contract for this award, with its commitment, ready to be invoiced."""
    today = calendar.jst_date(running_city.service.clock.now())
    contract = ContractStory(running_city.voices, award, today)
    for _, step in contract.steps():
        step()
    settings = running_city.stage.settings()
    story = InvoiceStory(running_city.voices, award, contract.contract, settings.city, today)
    story.commit()
    return story


def vendor_signs_in(running_city: RunningCity, phone: Screen, mail: str) -> None:
    phone.go("/vendor-login")
    phone.fill("メールアドレス", mail)
    phone.press(re.compile("リンクを送る"))
    phone.go(running_city.outbox.next_link(mail, "サインイン"))
    phone.press("続ける")
    phone.page.wait_for_url("**/home")


def upload(phone: Screen, name: str, data: bytes) -> str:
    """The receipt number that the page tells."""
    phone.go("/vendor/invoices/new")
    phone.choose("請求書のファイル", name, data, "application/xml")
    phone.press("送る")
    phone.sees(RECEIPT)
    found = RECEIPT.search(phone.page.locator(".page").inner_text())
    assert found
    return found.group(1)


def test_an_uploaded_invoice_goes_back_once_and_is_paid(
    running_city: RunningCity, browser: Browser
) -> None:
    story = invoice_story(running_city, GOODS)
    address, mail = running_city.stage.address, GOODS.company.mail
    with screen(browser, address, PHONE) as phone:
        vendor_signs_in(running_city, phone, mail)
        phone.look("i01-vendor-home")
        phone.press("請求書を出す")
        phone.look("i02-new")
        unlike_its_sums(phone, story)
        wrong = upload(phone, "INV-0001.xml", story.xml("INV-0001", GOODS.net + 10_000))
        phone.look("i03-received")
        phone.sees("気を付けていただきたい点", patient=True)
        phone.look("i04-vendor-findings")

        with screen(browser, address, DESK) as desk:
            return_with_reasons(running_city, desk, wrong)

        body = running_city.outbox.next(mail, wrong)
        assert "返戻" in body
        assert "金額をご確認ください。" in body
        phone.go(f"/vendor/invoices/{wrong}")
        phone.sees(re.compile("付けで返戻しました"))
        phone.look("i12-vendor-returned")
        phone.go("/home")
        phone.look("i13-vendor-home-returned")
        xml = story.xml("INV-0001-R", GOODS.net)
        right = upload(phone, "INV-0001-R.xml", xml)
        assert upload(phone, "もう一度.xml", xml) == right
        phone.look("i14-vendor-duplicate")
        phone.go("/vendor/invoices")
        phone.look("i15-vendor-list")

        with screen(browser, address, DESK) as desk:
            section_approves(running_city, desk, right)
            accounting_approves(running_city, desk, right)
            treasurer_approves(running_city, desk, right)
            phone.go(f"/vendor/invoices/{right}")
            phone.sees(DUE)
            phone.look("i30-vendor-due")
            hand_over(running_city, desk, right)

        assert right in running_city.outbox.next(mail, "お支払い")
        phone.go(f"/vendor/invoices/{right}")
        phone.sees("お支払い済みです")
        phone.look("i40-vendor-paid")
        phone.go("/vendor/invoices?show=paid")
        phone.look("i41-vendor-list-paid")
    with running_city.service.database.reader() as session:
        acts = [entry.action for entry in audit.entries(session)]
    assert acts.count("handover.made") == 1
    assert acts.count("invoice.return") == 1


def unlike_its_sums(phone: Screen, story: InvoiceStory) -> None:
    """A file that the standard's own rules refuse: what is wrong is named at its line."""
    good = story.xml("INV-0000", GOODS.net)
    sums = re.compile(rb'(<cbc:PayableAmount currencyID="JPY">)[0-9]+')
    upload(phone, "INV-0000.xml", sums.sub(rb"\g<1>1", good))
    phone.sees("この請求書は受け付けできませんでした", patient=True)
    line = next(n for n, text in enumerate(good.splitlines(), 1) if b"PayableAmount" in text)
    phone.sees(re.compile(f"　{line}行目"))
    phone.look("i02-vendor-refused")


def return_with_reasons(running_city: RunningCity, desk: Screen, receipt: str) -> None:
    desk.sign_in("kanzai", running_city.stage.password)
    desk.look("i05-section-home")
    desk.go("/invoices")
    desk.look("i06-section-board")
    desk.press(GOODS.company.name)
    desk.page.wait_for_url(f"**/invoices/{receipt}")
    desk.sees(re.compile("残額.+を 11,000円 超えています"))
    desk.look("i07-section-findings")
    assert desk.page.get_by_role("button", name=re.compile("^承認する")).count() == 0
    desk.press("検収を登録する")
    desk.look("i08-inspection")
    desk.press("検収を登録する")
    desk.sees(re.compile("検収 .+（合格）を登録しました。"))
    desk.page.locator("summary", has_text="受注者へ返戻する").click()
    desk.fill("受注者への連絡", "金額をご確認ください。")
    desk.look("i09-section-returning")
    desk.page.locator("#return").get_by_role("button", name="返戻する", exact=True).click()
    desk.sees(re.compile("付けで返戻しました"))
    desk.look("i10-section-returned")


def section_approves(running_city: RunningCity, desk: Screen, receipt: str) -> None:
    desk.sign_in("kanzai", running_city.stage.password)
    desk.go(f"/invoices/{receipt}")
    desk.look("i20-section-right")
    approve(desk, "会計課へ送りました。")


def accounting_approves(running_city: RunningCity, desk: Screen, receipt: str) -> None:
    desk.press("サインアウト")
    desk.sign_in("kaikei", running_city.stage.password)
    desk.look("i21-accounting-home")
    desk.go("/invoices")
    desk.look("i22-accounting-board")
    desk.press(GOODS.company.name)
    desk.page.wait_for_url(f"**/invoices/{receipt}")
    desk.look("i23-accounting")
    approve(desk, "審査を終えました。")


def treasurer_approves(running_city: RunningCity, desk: Screen, receipt: str) -> None:
    desk.press("サインアウト")
    desk.sign_in("suito", running_city.stage.password)
    desk.go(f"/invoices/{receipt}")
    desk.look("i24-treasurer")
    approve(desk, "決裁しました。")
    desk.press("サインアウト")


def approve(desk: Screen, words: str) -> None:
    """Pressed twice, approved once: the next office still has to."""
    desk.page.get_by_role("button", name=re.compile("^承認する（")).dblclick()
    desk.sees(re.compile(words))


def hand_over(running_city: RunningCity, desk: Screen, receipt: str) -> None:
    """Write the files once, take them, report what the bank did."""
    desk.sign_in("kaikei", running_city.stage.password)
    desk.go("/payments")
    desk.look("i25-payments")
    desk.page.get_by_role("button", name="選んだ請求書を引き渡す").dblclick()
    desk.sees(re.compile("1件を引き渡しました"))
    desk.look("i26-batch")
    gross = GOODS.net * (100 + city.TAX_PERCENT) // 100
    orders = desk.download("支出命令（CSV・45列）をダウンロード").decode("utf-8-sig")
    heading, *rows = csv.reader(io.StringIO(orders))
    assert [int(row[heading.index("payable")]) for row in rows] == [gross]
    read = zengin_reading.read(desk.download("総合振込データ（全銀120バイト）をダウンロード"))
    assert not read.faults
    assert [int(transfer.amount) for transfer in read.transfers] == [gross]
    desk.press("すべて支払済にする")
    desk.sees(re.compile("1件を支払済にしました。"))
    desk.look("i27-batch-paid")
    desk.go("/payments")
    desk.look("i28-payments-done")
    desk.go(f"/invoices/{receipt}")
    desk.look("i29-invoice-paid")


def test_an_invoice_made_on_screen_from_the_contract(
    running_city: RunningCity, browser: Browser
) -> None:
    story = invoice_story(running_city, PRINTING)
    story.inspect()
    with screen(browser, running_city.stage.address, PHONE) as phone:
        vendor_signs_in(running_city, phone, PRINTING.company.mail)
        phone.go("/vendor/invoices/new")
        phone.look("i50-new")
        phone.press(f"{PRINTING.title}の請求書を作る")
        phone.page.wait_for_url("**/vendor/drafts/*")
        phone.look("i51-form")
        assert phone.page.get_by_label("単価（円）").input_value() == f"{PRINTING.net}"
        fill_in_wrongly(phone)
        phone.fill("請求書番号", "2026-011")
        phone.fill("単価（円）", f"{PRINTING.net:,}")
        phone.press("保存して後で続ける")
        phone.sees(re.compile("下書きを保存しました。"))
        phone.look("i53-vendor-list-draft")
        phone.press(re.compile("の請求書の続きを書く$"))
        phone.press("次へ：内容を確かめる")
        phone.sees("この内容で送りますか")
        phone.look("i54-confirm")
        phone.page.get_by_role("button", name="この内容で送る").dblclick()
        phone.sees(RECEIPT)
        phone.sees(DUE, patient=True)
        phone.look("i55-vendor-received")
        xml = phone.download("送ったファイルをダウンロード")
    report = einvoice.validate(xml)
    assert report.verdict == "valid", report.findings
    assert report.qualified == "met"
    listed = running_city.voices["kanzai"].get("/invoices")["invoices"]
    mine = [i for i in listed if i["number"] == "2026-011"]
    assert len(mine) == 1
    assert mine[0]["payable"] == story.contract["amount"]


def fill_in_wrongly(phone: Screen) -> None:
    """What cannot be read is named beside its field, and what was typed stays."""
    phone.page.locator("form").evaluate_all("forms => forms.forEach(f => f.noValidate = true)")
    phone.fill("単価（円）", "九十万円")
    phone.press("次へ：内容を確かめる")
    summary = phone.page.get_by_role("alert").first
    expect(summary).to_contain_text("請求書番号を入力してください")
    assert phone.page.get_by_label("単価（円）").input_value() == "九十万円"
    phone.look("i52-form-wrong")
