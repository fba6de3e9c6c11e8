"""Many invoices at once: clean ones approved in two clicks, lists as CSV, days that are due."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from einvoice import approving
from einvoice.states import State, Step
from tests.portal.invoices.conftest import HAGOROMO, TAKAHASHI


def rows_of(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


def picked(page: str) -> list[str]:
    import re

    return re.findall(r'name="pick" value="([^"]+)"', page)


def test_clean_invoices_are_approved_in_two_clicks(city) -> None:
    city.inspected()
    city.upload()
    section = city.browser("kanzai2")
    assert "指摘のない 1 件をまとめて承認する" in section.get("/invoices").text
    page = section.get("/invoices/bulk/section").text  # the first click
    assert "220,000円" in page
    answer = section.submit("/invoices/bulk/section", {"pick": picked(page)})  # the second
    assert answer.status_code == 303
    again = section.submit("/invoices/bulk/section", {"pick": picked(page)})
    assert again.status_code == 303  # a double click is answered like the first
    assert "まとめて承認できる請求書はありません" in section.get("/invoices/bulk/section").text
    assert city.api("kaikei").get("/api/v1/invoices/26-000001").json()["state"]["code"] == (
        "at_accounting"
    )


def test_what_changed_meanwhile_is_left_and_named(city) -> None:
    city.inspected()
    city.upload()
    section, other = city.browser("kanzai2"), city.api("kanzai")
    pick = picked(section.get("/invoices/bulk/section").text)
    held = other.post("/api/v1/invoices/26-000001/hold", json={"reason": "数量を確認中"})
    assert held.status_code == 200
    answer = section.submit("/invoices/bulk/section", {"pick": pick})
    assert answer.status_code == 409
    assert "26-000001" in answer.text
    assert "数量を確認中" in answer.text


def test_an_invoice_with_a_finding_is_not_offered_in_bulk(city) -> None:
    city.upload()  # no inspection yet
    section = city.browser("kanzai")
    assert "まとめて承認する" not in section.get("/invoices").text
    answer = section.submit("/invoices/bulk/section", {"pick": ["26-000001:2"]})
    assert answer.status_code == 409


@pytest.mark.parametrize("who", ["doro", "kaikei", "kansa"])
def test_others_cannot_approve_in_bulk_for_the_section(city, who: str) -> None:
    city.inspected()
    city.upload()
    browser = city.browser(who)
    assert picked(browser.get("/invoices/bulk/section").text) == []
    answer = browser.submit("/invoices/bulk/section", {"pick": ["26-000001:2"]})
    assert answer.status_code == 409
    assert city.api("kaikei").get("/api/v1/invoices/26-000001").json()["state"]["code"] == (
        "at_section"
    )


def test_the_board_is_saved_as_a_csv(city) -> None:
    city.upload(data=city.invoice(number="=1+1"))
    answer = city.browser("kaikei").get("/invoices/export.csv?step=section")
    header, row = rows_of(answer.text)
    assert header[0] == "受付番号"
    found = dict(zip(header, row, strict=True))
    assert found["請求者"] == "有限会社はごろも文具"
    assert found["請求書番号"] == "'=1+1"  # a spreadsheet does not calculate it
    assert found["請求額"] == "220000"


def test_a_vendor_exports_its_own_invoices_only(city) -> None:
    city.upload()
    own = rows_of(city.vendor_browser(HAGOROMO).get("/vendor/invoices/export.csv").text)
    others = rows_of(city.vendor_browser(TAKAHASHI).get("/vendor/invoices/export.csv").text)
    assert (len(own), len(others)) == (2, 1)
    staff_list = city.vendor_browser(TAKAHASHI).get("/invoices/export.csv", follow_redirects=False)
    assert staff_list.status_code == 303


def test_another_section_exports_nothing_of_ours(city) -> None:
    city.upload()
    assert len(rows_of(city.browser("doro").get("/invoices/export.csv").text)) == 1


def test_late_invoices_and_their_interest_are_reported(city) -> None:
    city.inspected()
    city.upload()
    accounting = city.browser("kaikei")
    assert "期限を過ぎた請求書はありません" in accounting.get("/due-dates").text
    city.on(date(2027, 3, 24))
    page = city.browser("kaikei").get("/due-dates").text
    assert "日遅れ" in page
    header, row = rows_of(city.browser("kaikei").get("/due-dates.csv").text)
    found = dict(zip(header, row, strict=True))
    # due 2026-12-23; 91 days: 220,000 × 2.5 % × 91 / 365 = 1,371.2 → 1,300
    assert (found["支払期限"], found["遅延日数"], found["遅延利息"]) == ("2026-12-23", "91", "1300")


def test_a_route_with_a_head_and_a_deputy_on_screen(city) -> None:
    accounting = city.browser("kaikei")
    assert "まだ登録がありません" in accounting.get("/approval-routes").text
    rows = {
        "setsu": ["", ""],
        "amount_from": ["0", "１，０００，０００円"],
        "head_title": ["課長", "部長"],
        "treasurer": ["no", "yes"],
    }
    assert accounting.submit("/approval-routes", rows).status_code == 303
    page = accounting.get("/approval-routes").text
    assert 'value="1,000,000"' in page
    city.inspected()
    city.upload()
    city.give_title("kanzai", "課長")
    for other in ("kanzai2", "kanzai3"):
        city.give_title(other, "主任")
    clerk, head = city.browser("kanzai2"), city.browser("kanzai")
    pick = picked(clerk.get("/invoices/bulk/section").text)
    assert clerk.submit("/invoices/bulk/section", {"pick": pick}).status_code == 303
    # The head inspected it, which is no step of decision; but the clerk cannot decide as head.
    refused = clerk.submit("/invoices/bulk/head", {"pick": ["26-000001:3"]})
    assert refused.status_code == 409
    assert "職名" in refused.text
    people = city.people()
    form = {
        "holder": people["kanzai"],
        "deputy": people["kanzai3"],
        "valid_from": "2026-11-24",
        "valid_until": "2026-11-24",
        "reason": "出張",
    }
    assert accounting.submit("/approval-routes/deputies", form).status_code == 303
    deputy = city.browser("kanzai3")
    page = deputy.get("/invoices/26-000001").text
    assert "承認する（課の決裁）" in page
    answer = deputy.submit("/invoices/26-000001/approve", {"step": "head", "seen": "3"})
    assert answer.status_code == 303
    assert "の代決" in head.get("/invoices/26-000001").text
    city.on(date(2026, 11, 25))
    assert picked(city.browser("kanzai3").get("/invoices/bulk/head").text) == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"amount_from": ["たくさん"]}, "を読めません"),
        ({"amount_from": ["5"]}, "0円からの行がありません"),
        ({"amount_from": ["0"], "setsu": ["委託料"]}, "数字で入力"),
    ],
)
def test_a_route_that_cannot_be_is_told_and_nothing_typed_is_lost(city, fields, words) -> None:
    rows = {"setsu": [""], "head_title": ["課長"], "treasurer": ["yes"], **fields}
    answer = city.browser("kaikei").submit("/approval-routes", rows)
    assert answer.status_code == 400
    assert words in answer.text
    assert 'value="課長"' in answer.text


def test_only_accounting_keeps_the_routes(city) -> None:
    assert city.browser("kanzai").get("/approval-routes").status_code == 403
    assert city.browser("suito").submit("/approval-routes").status_code == 403


def test_a_hold_of_accounting_is_not_lifted_by_the_section_on_screen(city) -> None:
    city.upload()
    accounting, section = city.browser("kaikei"), city.browser("kanzai")
    held = accounting.submit("/invoices/26-000001/hold", {"reason": "差押の照会中"})
    assert held.status_code == 303
    refused = section.submit("/invoices/26-000001/lift-hold", {"reason": "急ぐ"})
    assert refused.status_code == 400
    assert "伊藤 由美 が付けた" in refused.text
    lifted = accounting.submit("/invoices/26-000001/lift-hold", {"reason": "回答あり"})
    assert lifted.status_code == 303


def test_an_examination_that_gave_up_is_told_in_words_and_tried_again(city) -> None:
    from einvoice import examining
    from portal.invoices.parts import invoice_parts

    parts = invoice_parts(city.service)
    answer = city.api(HAGOROMO).post(
        "/api/v1/invoices", content=city.invoice(), headers={"content-type": "application/xml"}
    )
    invoice_id = answer.json()["id"]
    examining.give_up(parts, invoice_id=invoice_id, error=RuntimeError("down"))
    vendor = city.vendor_browser(HAGOROMO)
    page = vendor.get("/vendor/invoices/26-000001").text
    assert "自動の確認が終わりませんでした" in page
    assert "送り直していただく必要はありません" in page
    assert "/progress" not in page
    assert vendor.get("/vendor/invoices/26-000001/progress").json()["done"] is True
    staff = city.browser("kaikei")
    assert "もう一度確認する" in staff.get("/invoices/26-000001").text
    assert staff.submit("/invoices/26-000001/examine").status_code == 303
    assert staff.submit("/invoices/26-000001/examine").status_code == 303
    city.run_jobs()
    assert "自動の確認が終わりませんでした" not in vendor.get("/vendor/invoices/26-000001").text
    assert city.api("kaikei").get("/api/v1/invoices/26-000001").json()["state"]["code"] == (
        "at_section"
    )


def test_two_clerks_press_at_once_and_one_decision_stands(city) -> None:
    """The same page open twice, both buttons pressed in the same moment, many times over."""
    from concurrent.futures import ThreadPoolExecutor
    from threading import Barrier

    from einvoice.refusals import DecidedMeanwhileError
    from portal.invoices.parts import invoice_parts
    from records import Actor

    city.inspected()
    city.upload()
    parts = invoice_parts(city.service)
    row = city.api("kaikei").get("/api/v1/invoices/26-000001").json()
    start = Barrier(2)

    def press(name: str) -> str:
        start.wait(60)
        try:
            with parts.database.transaction() as session:
                approving.approve(
                    session,
                    parts,
                    invoice_id=row["id"],
                    step=Step.SECTION,
                    seen=row["version"],
                    actor=Actor("staff", name, name),
                    at=city.now,
                )
        except DecidedMeanwhileError as refused:
            return refused.message_ja
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(press, ("a", "b")))
    assert outcomes.count("done") == 1
    assert any("先に" in words or "処理" in words for words in outcomes if words != "done")
    after = city.api("kaikei").get("/api/v1/invoices/26-000001").json()
    assert after["state"]["code"] == State.AT_ACCOUNTING.value


def many(city, count: int) -> bytes:
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        xml = city.invoice("NUMBER")
        for number in range(count):
            archive.writestr(f"{number}.xml", xml.replace(b"NUMBER", f"A-{number}".encode()))
        archive.writestr("memo.txt", b"no invoice")
    return buffer.getvalue()


def test_a_large_zip_has_a_number_at_once_and_a_page_of_its_progress(city) -> None:
    vendor = city.vendor_browser(HAGOROMO)
    files = [("files", ("10月分.zip", many(city, 60), "application/zip"))]
    answer = vendor.submit("/vendor/invoices/upload", files=files)
    assert (answer.status_code, answer.headers["location"]) == (
        303,
        "/vendor/invoices/batches/B-000001",
    )
    page = vendor.get("/vendor/invoices/batches/B-000001").text
    assert "順に受け付けています" in page
    assert vendor.get("/vendor/invoices/batches/B-000001/progress").json()["percent"] == 0
    assert "B-000001" in vendor.get("/vendor/invoices").text
    city.run_jobs()
    told = vendor.get("/vendor/invoices/batches/B-000001/progress").json()
    assert (told["done"], told["percent"]) == (True, 100)
    page = vendor.get("/vendor/invoices/batches/B-000001").text
    assert "memo.txt" in page
    assert "60件" in page
    lines = rows_of(vendor.get("/vendor/invoices/batches/B-000001/files.csv").text)
    assert len(lines) == 62
    again = vendor.submit("/vendor/invoices/upload", files=files)
    assert again.headers["location"] == "/vendor/invoices/batches/B-000001"


def test_a_program_follows_its_batch_and_no_other_vendor_does(city) -> None:
    own, other = city.api(HAGOROMO), city.api(TAKAHASHI)
    headers = {"content-type": "application/zip"}
    data = many(city, 60)
    answer = own.post("/api/v1/invoices", content=data, headers=headers)
    assert answer.status_code == 202
    where = answer.json()["progress"]
    assert own.get(where).json()["done"] == 0
    city.run_jobs()
    told = own.get(where).json()
    assert (told["accepted"], told["refused"]) == (60, 1)
    assert [f["name"] for f in told["files"]] == ["memo.txt"]
    assert len(own.get(f"{where}?outcome=accepted").json()["files"]) == 60
    assert other.get(where).status_code == 404
    browser = city.vendor_browser(TAKAHASHI)
    for path in ("", "/progress", "/files.csv"):
        assert browser.get(f"/vendor/invoices/batches/B-000001{path}").status_code == 404
    again = own.post("/api/v1/invoices", content=data, headers=headers)
    assert (again.status_code, again.json()["already"]) == (200, "same_bytes")
