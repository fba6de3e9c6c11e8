"""The walk in a browser's requests: vendor, section, accounting, treasurer, bank."""

from __future__ import annotations

import re

import pytest

from tests.portal.invoices.conftest import HAGOROMO, NUMBER, TAKAHASHI


def path_of(response) -> str:
    assert response.status_code == 303, response.text[:3000]
    return response.headers["location"]


def version_of(page: str) -> str:
    return re.search(r'name="seen" value="(\d+)"', page).group(1)


def begin_draft(city) -> tuple:
    vendor = city.vendor_browser(HAGOROMO)
    draft = path_of(vendor.submit("/vendor/drafts", {"contract": NUMBER}))
    return vendor, draft


FIELDS = {
    "number": "2026-011",
    "issue_date": "2026-11-24",
    "start": "2026-11-20",
    "end": "2026-11-20",
    "note": "",
    "prepaid": "",
    "name": "事務用品",
    "quantity": "1",
    "unit": "式",
    "price": "２００，０００円",
    "rate": "10",
}


def test_an_invoice_made_on_screen_goes_all_the_way_to_payment(city) -> None:
    vendor, draft = begin_draft(city)
    page = vendor.get(draft).text
    assert 'value="200000"' in page  # prefilled with the contract's net amount
    confirm = path_of(vendor.submit(draft, {**FIELDS, "act": "next"}))
    assert "220,000円" in vendor.get(confirm).text
    first = path_of(vendor.submit(f"{draft}/send"))
    again = path_of(vendor.submit(f"{draft}/send"))
    assert first == again == "/vendor/invoices/26-000001"
    assert "内容を自動で確認しています" in vendor.get(first).text
    city.run_jobs()
    assert "検査（検収）が終わると" in vendor.get(first).text

    section = city.browser("kanzai")
    board = section.get("/invoices").text
    assert "有限会社はごろも文具" in board
    page = section.get("/invoices/26-000001").text
    assert "検収を登録する" in page
    assert "まだ承認できません" in page
    form = section.get(f"/inspections/new?contract={NUMBER}&back=/invoices/26-000001")
    assert "10日以内" in form.text
    fields = {
        "contract": NUMBER,
        "passed": "true",
        "notified_on": "2026-11-20",
        "inspected_on": "2026-11-24",
        "back": "/invoices/26-000001",
        "press": re.search(r'name="press" value="([^"]+)"', form.text).group(1),
    }
    back = path_of(section.submit("/inspections", fields))
    assert path_of(section.submit("/inspections", fields)) == back
    again = section.get(f"/inspections/new?contract={NUMBER}").text
    assert "1 件の検収" in again
    other = city.browser("kanzai2")
    page = other.get(back).text
    assert "一致しています" in page
    for who, step in (("kanzai2", "section"), ("kaikei", "accounting"), ("suito", "treasurer")):
        browser = city.browser(who)
        seen = version_of(browser.get(back).text)
        path_of(browser.submit(f"{back}/approve", {"step": step, "seen": seen}))
    accounting = city.browser("kaikei")
    page = accounting.get("/payments").text
    invoice_id = re.search(r'name="invoices" value="([^"]+)"', page).group(1)
    fields = {"invoices": invoice_id, "pay_on": "2026-12-10"}
    batch = path_of(accounting.submit("/payments", fields))
    refused = accounting.submit("/payments", fields)
    assert refused.status_code == 400
    assert "すでに引き渡し済み" in refused.text
    shown = accounting.get(batch).text
    assert "220,000円" in shown
    transfers = accounting.get(f"{batch}/files/sougou_furikomi.txt")
    assert transfers.headers["content-disposition"].startswith("attachment")
    assert len(transfers.content) == 4 * 122
    path_of(accounting.submit(f"{batch}/paid", {"paid_on": "2026-12-10"}))
    assert "お支払い済みです" in vendor.get(first).text


def test_a_field_that_cannot_be_read_is_named_and_nothing_typed_is_lost(city) -> None:
    vendor, draft = begin_draft(city)
    page = vendor.submit(draft, {**FIELDS, "number": "", "price": "高い", "act": "next"})
    assert page.status_code == 400
    assert "請求書番号を入力してください" in page.text
    assert "1行目の単価を数字で" in page.text
    assert 'value="高い"' in vendor.get(draft).text


def test_a_draft_is_kept_continued_and_thrown_away(city) -> None:
    vendor, draft = begin_draft(city)
    path_of(vendor.submit(draft, {**FIELDS, "name": "途中の品", "act": "later"}))
    assert "途中の品" in vendor.get("/vendor/invoices").text
    assert path_of(vendor.submit("/vendor/drafts", {"contract": NUMBER})) == draft
    added = vendor.submit(draft, {**FIELDS, "act": "add"})
    assert "2行目の内容" in added.text
    path_of(vendor.submit(f"{draft}/discard"))
    assert vendor.get(draft).status_code == 404


def test_a_vendor_cannot_open_anothers_draft_contract_or_invoice(city) -> None:
    _, draft = begin_draft(city)
    city.upload()
    stranger = city.vendor_browser(TAKAHASHI)
    assert stranger.get(draft).status_code == 404
    assert stranger.submit("/vendor/drafts", {"contract": NUMBER}).status_code == 404
    assert stranger.get("/vendor/invoices/26-000001").status_code == 404
    assert stranger.get("/vendor/invoices/26-000001/original").status_code == 404
    assert stranger.get("/vendor/invoices/26-000001/progress").status_code == 404
    assert "はごろも" not in stranger.get("/vendor/invoices").text


def test_files_are_uploaded_with_a_receipt_each_and_bad_ones_are_named(city) -> None:
    vendor = city.vendor_browser(HAGOROMO)
    good = [
        ("files", ("1.xml", city.invoice("A-1"), "application/xml")),
        ("files", ("2.xml", city.invoice("A-2"), "application/xml")),
    ]
    page = vendor.submit("/vendor/invoices/upload", files=good)
    assert "受け付けました（2件）" in page.text
    url = re.search(r'data-poll="([^"]+)"', page.text).group(1)
    assert vendor.get(url).json()["done"] is False
    city.run_jobs()
    assert vendor.get(url).json()["done"] is True
    bad = ("files", ("請求書.pdf", b"%PDF-1.7", "application/pdf"))
    page = vendor.submit("/vendor/invoices/upload", files=[*good, bad])
    assert "請求書.pdf" in page.text
    assert "同じ請求書を受付済み" in page.text


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"%PDF-1.7", "PDFです"), (b"", "空です")],
)
def test_a_single_bad_file_is_told_on_the_page(city, data: bytes, words: str) -> None:
    vendor = city.vendor_browser(HAGOROMO)
    files = [("files", ("x.xml", data, "application/xml"))]
    page = vendor.submit("/vendor/invoices/upload", files=files)
    assert page.status_code == 400
    assert words in page.text


def test_uploading_the_same_file_twice_shows_the_same_receipt(city) -> None:
    vendor = city.vendor_browser(HAGOROMO)
    files = [("files", ("1.xml", city.invoice(), "application/xml"))]
    first = path_of(vendor.submit("/vendor/invoices/upload", files=files))
    again = path_of(vendor.submit("/vendor/invoices/upload", files=files))
    assert first == again
    assert "受付済み" in vendor.get(again).text


def test_a_refused_invoice_says_what_to_mend(city) -> None:
    data = city.invoice()
    total = data.index(b"<cac:LegalMonetaryTotal>")
    found = city.upload(data=data[:total] + data[total:].replace(b">200000<", b">200001<", 1))
    page = city.vendor_browser(HAGOROMO).get(f"/vendor/invoices/{found['receipt_no']}").text
    assert "受け付けできませんでした" in page
    assert "要修正" in page


def test_returning_with_reasons_on_screen(city) -> None:
    city.inspected()
    found = city.upload(data=city.invoice(net=210_000))
    path = f"/invoices/{found['receipt_no']}"
    section = city.browser("kanzai")
    page = section.get(path).text
    assert "超過 11,000円" in page
    seen = version_of(page)
    empty = section.submit(f"{path}/return", {"seen": seen})
    assert empty.status_code == 400
    assert "理由を入力してください" in empty.text
    path_of(section.submit(f"{path}/return", {"seen": seen, "checks": ["CON-008", "AMT-005"]}))
    vendor = city.vendor_browser(HAGOROMO)
    told = vendor.get(f"/vendor/invoices/{found['receipt_no']}").text
    assert "令和8年11月24日付けで返戻しました" in told
    assert "残額（220,000円）" in told
    assert "返戻された請求書" in vendor.get("/home").text


def test_an_old_page_is_told_on_the_new_one(city) -> None:
    city.inspected()
    found = city.upload()
    path = f"/invoices/{found['receipt_no']}"
    one, other = city.browser("kanzai"), city.browser("kanzai2")
    seen = version_of(one.get(path).text)
    fields = {"step": "section", "seen": seen}
    path_of(one.submit(f"{path}/approve", fields))
    late = other.submit(f"{path}/approve", fields)
    assert late.status_code == 400
    assert "山﨑 健一が処理しました" in late.text
    assert "二重の処理はしていません" in late.text


def test_holding_releasing_and_deducting_on_screen(city) -> None:
    city.inspected()
    found = city.upload()
    path = f"/invoices/{found['receipt_no']}"
    section = city.browser("kanzai")
    path_of(section.submit(f"{path}/hold", {"reason": "電話で確認中"}))
    assert "電話で確認中" in section.get(path).text
    path_of(section.submit(f"{path}/lift-hold", {"reason": "確認した"}))
    fields = {"kind": "DAMAGE", "amount": "１，０００", "income_number": "R8-C-1"}
    path_of(section.submit(f"{path}/deductions", fields))
    assert "遅延損害金　1,000円" in section.get(path).text
    wrong = section.submit(f"{path}/deductions", {"kind": "WH", "amount": "NaN"})
    assert wrong.status_code == 400
    wrong = section.submit(f"{path}/deductions", {"kind": "WH", "amount": "abc"})
    assert "読めません" in wrong.text
    path_of(section.submit(f"{path}/deductions", {"kind": "DAMAGE", "amount": "0"}))
    assert "遅延損害金　1,000円" not in section.get(path).text
    refused = section.submit(f"{path}/release", {"check": "NONE", "reason": "x"})
    assert refused.status_code == 400


def test_an_invoice_without_a_contract_is_given_one_on_screen(city) -> None:
    found = city.upload(data=city.invoice(contract="不明"))
    section = city.browser("kanzai")
    assert "契約が分からない請求書が 1 件" in section.get("/invoices").text
    assert found["receipt_no"] in section.get("/invoices/unassigned").text
    path = f"/invoices/{found['receipt_no']}"
    assert "この受注者の契約から選んでください" in section.get(path).text
    path_of(section.submit(f"{path}/contract", {"contract_no": NUMBER}))
    assert "事務用品の購入" in section.get(path).text


def test_sending_back_and_taking_back_on_screen(city) -> None:
    city.inspected()
    found = city.upload()
    path = f"/invoices/{found['receipt_no']}"
    section, accounting = city.browser("kanzai"), city.browser("kaikei")
    fields = {"step": "section", "seen": version_of(section.get(path).text)}
    path_of(section.submit(f"{path}/approve", fields))
    fields = {"seen": version_of(accounting.get(path).text), "reason": "科目の確認"}
    path_of(accounting.submit(f"{path}/send-back", fields))
    assert "担当課で確認中" in section.get(path).text
    assert "科目の確認" in section.get(path).text


def test_a_batch_is_taken_back_on_screen_by_the_treasurer(city) -> None:
    found = city.approved()
    accounting, treasurer = city.browser("kaikei"), city.browser("suito")
    batch = path_of(
        accounting.submit("/payments", {"invoices": found["id"], "pay_on": "2026-12-10"})
    )
    assert "取消しを承認する" not in treasurer.get(batch).text
    assert treasurer.submit(f"{batch}/take-back").status_code == 400
    assert accounting.submit(f"{batch}/recall", {"reason": " "}).status_code == 400
    path_of(accounting.submit(f"{batch}/recall", {"reason": "支払日の誤り"}))
    assert "会計管理者の承認を待っています" in accounting.get(batch).text
    assert accounting.submit(f"{batch}/take-back").status_code == 403
    assert "取消しが依頼されています" in treasurer.get("/payments").text
    path_of(treasurer.submit(f"{batch}/recall/decline", {"reason": "もう一度確認を"}))
    path_of(accounting.submit(f"{batch}/recall", {"reason": "支払日の誤り"}))
    assert "取消しを承認する" in treasurer.get(batch).text
    path_of(treasurer.submit(f"{batch}/take-back"))
    assert "取り消されました" in accounting.get(batch).text
    assert "引き渡しを待つ請求書（1件" in accounting.get("/payments").text
    holiday = accounting.submit("/payments", {"invoices": found["id"], "pay_on": "2026-12-12"})
    assert "銀行休業日" in holiday.text


def test_results_of_the_bank_are_read_from_a_file(city) -> None:
    found = city.approved()
    accounting = city.browser("kaikei")
    batch = path_of(
        accounting.submit("/payments", {"invoices": found["id"], "pay_on": "2026-12-10"})
    )
    order = re.search(r"R8-\d{6}", accounting.get(batch).text).group(0)
    line = f"order_no,result,paid_on,reason\r\n{order},FAILED,2026-12-10,口座なし\r\n"
    files = {"file": ("r.csv", line.encode("cp932"), "text/csv")}
    path_of(accounting.submit(f"{batch}/results", files=files))
    assert "振込不能" in accounting.get(batch).text
    assert "口座なし" in accounting.get("/payments").text
    bad = {"file": ("r.csv", b"a,b\r\n1,2\r\n", "text/csv")}
    assert "列" in accounting.submit(f"{batch}/results", files=bad).text


def test_empty_desks_say_what_they_are_for(city) -> None:
    assert "ここで待っている請求書はありません" in city.browser("kanzai").get("/invoices").text
    assert "引き渡しはまだありません" in city.browser("kaikei").get("/payments").text
    vendor = city.vendor_browser(TAKAHASHI)
    assert "請求書はまだありません" in vendor.get("/vendor/invoices").text
    assert "請求できる契約がありません" in vendor.get("/vendor/invoices/new").text


def test_the_auditor_reads_everything_and_presses_nothing(city) -> None:
    found = city.upload()
    auditor = city.browser("kansa")
    page = auditor.get(f"/invoices/{found['receipt_no']}").text
    assert "次にすること" not in page
    assert auditor.get("/payments").status_code == 200
    assert (
        auditor.submit(f"/invoices/{found['receipt_no']}/hold", {"reason": "x"}).status_code == 403
    )
