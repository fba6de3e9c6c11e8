"""The walk by JSON API, and what a program is told when it does something wrong."""

from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest

from einvoice import zengin_reading
from einvoice.models import Creditor, ReceivedInvoice
from portal import tally
from portal.accounts.models import Vendor
from tests.portal.invoices.conftest import HAGOROMO, NUMBER, SYSTEM, TAKAHASHI

XML = {"content-type": "application/xml"}


def test_a_program_walks_an_invoice_from_upload_to_payment(city) -> None:
    city.inspected()
    found = city.upload()
    assert found["receipt_no"] == "26-000001"
    path = f"/api/v1/invoices/{found['id']}"
    vendor, section = city.api(HAGOROMO), city.api("kanzai2")
    assert vendor.get(path).json()["state"]["code"] == "at_section"
    seen = section.get(path).json()
    assert (seen["result"], seen["open"], seen["findings"]) == ("MATCHED", [], [])
    assert seen["contract"]["left"] == 0
    assert seen["due_on"] == "2026-12-23"
    for who, step in (("kanzai2", "section"), ("kaikei", "accounting"), ("suito", "treasurer")):
        version = city.api(who).get(path).json()["version"]
        answer = city.api(who).post(f"{path}/approve", json={"step": step, "seen": version})
        assert answer.status_code == 200, answer.text
    accounting = city.api("kaikei")
    body = {"invoices": [found["receipt_no"]], "pay_on": "2026-12-10"}
    handed = accounting.post("/api/v1/handovers", json=body)
    assert handed.status_code == 201, handed.text
    batch = handed.json()
    assert (batch["count"], batch["net"]) == (1, 220_000)
    transfers = accounting.get(
        f"/api/v1/handovers/{batch['number']}/files/sougou_furikomi.txt"
    ).content
    read = zengin_reading.read(transfers)
    assert (read.faults, int(read.total)) == ((), 220_000)
    again = accounting.post("/api/v1/handovers", json=body)
    assert again.status_code == 409
    assert batch["number"] in again.json()["message"]["ja"]
    order = batch["orders"][0]["order_no"]
    results = f"order_no,result,paid_on\r\n{order},PAID,2026-12-10\r\n"
    answer = accounting.post(
        "/api/v1/payment-results", content=results, headers={"content-type": "text/csv"}
    )
    assert answer.json() == {"paid": 1, "failed": 0, "known": 0}
    shown = vendor.get(path).json()
    assert (shown["state"]["code"], shown["paid_on"]) == ("paid", "2026-12-10")
    city.run_jobs()
    assert any("お支払い" in body for body in city.mails(HAGOROMO))


def test_the_same_file_again_has_the_receipt_it_had(city) -> None:
    first = city.upload()
    again = city.api(HAGOROMO).post("/api/v1/invoices", content=city.invoice(), headers=XML)
    assert again.status_code == 200
    assert again.json()["receipt_no"] == first["receipt_no"]
    assert "受付済み" in again.json()["message"]["ja"]


def test_the_original_comes_back_byte_for_byte(city) -> None:
    data = city.invoice()
    found = city.upload(data=data)
    assert city.api(HAGOROMO).get(f"/api/v1/invoices/{found['id']}/original").content == data


def test_many_files_in_a_zip_get_a_receipt_each_and_bad_ones_are_named(city) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("1.xml", city.invoice("A-1"))
        archive.writestr("2.xml", city.invoice("A-2"))
        archive.writestr("memo.pdf", b"%PDF-1.7")
        archive.writestr("again.xml", city.invoice("A-1"))
    answer = city.api(HAGOROMO).post(
        "/api/v1/invoices", content=buffer.getvalue(), headers={"content-type": "application/zip"}
    )
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert [r["already"] for r in told["receipts"]] == [None, None, "same_bytes"]
    assert [r["name"] for r in told["refused"]] == ["memo.pdf"]
    city.run_jobs()
    listed = city.api(HAGOROMO).get(f"/api/v1/invoices?submission={told['submission']}").json()
    assert len(listed["invoices"]) == 2


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"%PDF-1.7", 400, "einvoice.intake_not_xml"),
        (b" ", 400, "einvoice.intake_empty"),
        ("請求書".encode("cp932"), 400, "einvoice.intake_not_xml"),
    ],
)
def test_what_is_no_xml_is_answered_with_what_it_is(
    city, data: bytes, status: int, code: str
) -> None:
    answer = city.api(HAGOROMO).post("/api/v1/invoices", content=data, headers=XML)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["remedy"]["ja"]


def test_a_body_above_the_limit_is_refused(city) -> None:
    answer = city.api(HAGOROMO).post(
        "/api/v1/invoices", content=b"<" + b"x" * (51 * 1024 * 1024), headers=XML
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "broken",
    [
        b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
        b"<a><b></a>",
        b'<?xml version="1.0" encoding="UTF-8"?><a>\x93\xfa</a>',
        b"<a>" * 5000,
    ],
    ids=["doctype", "not well-formed", "wrong encoding", "deep nesting"],
)
def test_hostile_or_broken_xml_is_received_refused_and_explained(city, broken: bytes) -> None:
    found = city.upload(data=broken)
    shown = city.api(HAGOROMO).get(f"/api/v1/invoices/{found['id']}").json()
    assert (shown["state"]["code"], shown["verdict"]) == ("refused", "unreadable")
    assert shown["findings"][0]["message"]["ja"]
    assert any("受け付けできませんでした" in body for body in city.mails(HAGOROMO))


def test_an_unknown_customization_is_refused_by_name(city) -> None:
    data = city.invoice().replace(b"urn:peppol:pint:billing-1@jp-1", b"urn:cen.eu:en16931:2017")
    found = city.upload(data=data)
    shown = city.api(HAGOROMO).get(f"/api/v1/invoices/{found['id']}").json()
    assert (shown["state"]["code"], shown["verdict"]) == ("refused", "invalid")


def test_a_vendor_cannot_see_or_touch_anothers_invoice(city) -> None:
    found = city.upload()
    stranger = city.api(TAKAHASHI)
    for name in (found["id"], found["receipt_no"], "26-999999", "nonsense"):
        path = f"/api/v1/invoices/{name}"
        answers = [
            stranger.get(path),
            stranger.get(f"{path}/original"),
            stranger.post(f"{path}/withdraw", json={"reason": "x"}),
        ]
        assert {answer.status_code for answer in answers} == {404}
    assert stranger.get("/api/v1/invoices").json()["invoices"] == []


def test_a_vendor_cannot_use_the_desks(city) -> None:
    found = city.upload()
    path = f"/api/v1/invoices/{found['id']}"
    vendor = city.api(HAGOROMO)
    for step in ("section", "accounting", "treasurer"):
        answer = vendor.post(f"{path}/approve", json={"step": step, "seen": 2})
        assert answer.status_code == 403
    assert vendor.post(f"{path}/return", json={"seen": 2}).status_code == 403
    body = {"invoices": [], "pay_on": "2026-12-10"}
    assert vendor.post("/api/v1/handovers", json=body).status_code == 403


def test_findings_that_are_not_for_the_vendor_stay_inside(city) -> None:
    with city.service.database.transaction() as session:
        vendor = session.merge(city.vendors[HAGOROMO])
        tally.register_creditor(session, vendor, actor=SYSTEM, at=city.now)
        session.get_one(Creditor, vendor.id).notice_on_file = "差押命令"
    city.inspected()
    found = city.upload()
    path = f"/api/v1/invoices/{found['id']}"
    assert "VEN-004" in {f["id"] for f in city.api("kanzai").get(path).json()["findings"]}
    assert "VEN-004" not in {f["id"] for f in city.api(HAGOROMO).get(path).json()["findings"]}


def test_another_section_cannot_see_or_decide(city) -> None:
    found = city.upload()
    path = f"/api/v1/invoices/{found['id']}"
    assert city.api("doro").get(path).status_code == 403
    body = {"step": "section", "seen": 2}
    assert city.api("doro").post(f"{path}/approve", json=body).status_code == 403
    assert city.api("doro").get("/api/v1/invoices").json()["invoices"] == []


def test_each_role_decides_its_own_step_only(city) -> None:
    city.inspected()
    found = city.upload()
    path = f"/api/v1/invoices/{found['id']}"
    for who, step in (
        ("kaikei", "section"),
        ("suito", "section"),
        ("kansa", "section"),
        ("kanzai2", "accounting"),
        ("kaikei", "treasurer"),
    ):
        answer = city.api(who).post(f"{path}/approve", json={"step": step, "seen": 2})
        assert answer.status_code == 403, (who, step)


def test_an_old_page_is_told_who_was_faster(city) -> None:
    city.inspected()
    found = city.upload()
    path = f"/api/v1/invoices/{found['id']}"
    seen = city.api("kanzai2").get(path).json()["version"]
    body = {"step": "section", "seen": seen}
    assert city.api("kanzai2").post(f"{path}/approve", json=body).status_code == 200
    assert city.api("kanzai2").post(f"{path}/approve", json=body).status_code == 200
    late = city.api("kanzai").post(f"{path}/approve", json=body)
    assert late.status_code == 409
    assert "浜田 次郎" in late.json()["message"]["ja"]


def test_a_return_tells_the_vendor_and_the_corrected_invoice_takes_its_place(city) -> None:
    city.inspected()
    found = city.upload(data=city.invoice(net=200_001))
    path = f"/api/v1/invoices/{found['id']}"
    section = city.api("kanzai")
    seen = section.get(path).json()
    assert seen["result"] == "REJECTED"
    reasons = [f["id"] for f in seen["findings"] if f["level"] == "STOP"]
    body = {"seen": seen["version"], "checks": reasons, "note": "契約金額をご確認ください"}
    assert section.post(f"{path}/return", json=body).status_code == 200
    city.run_jobs()
    told = city.api(HAGOROMO).get(path).json()
    assert told["state"]["code"] == "returned"
    assert {r["id"] for r in told["returned"]["reasons"]} == set(reasons)
    assert any("契約金額をご確認ください" in body for body in city.mails(HAGOROMO))
    again = city.upload()
    shown = section.get(f"/api/v1/invoices/{again['id']}").json()
    assert shown["replaces"] == found["receipt_no"]
    # The number came again with another amount: a person looks, and says why that is right.
    assert shown["open"] == ["DUP-010"]
    body = {"check": "DUP-010", "reason": "返戻の理由どおりの訂正"}
    released = section.post(f"/api/v1/invoices/{again['id']}/release", json=body).json()
    assert released["open"] == []


def test_holds_releases_deductions_and_sending_back_by_api(city) -> None:
    city.inspected()
    found = city.upload(data=city.invoice(payment_note="月末払い"))
    path = f"/api/v1/invoices/{found['id']}"
    section = city.api("kanzai2")
    assert section.post(f"{path}/hold", json={"reason": "確認中"}).json()["on_hold"] == "確認中"
    body = {"step": "section", "seen": section.get(path).json()["version"]}
    assert section.post(f"{path}/approve", json=body).status_code == 409
    assert section.post(f"{path}/lift-hold", json={"reason": "済"}).json()["on_hold"] is None
    deduction = {"kind": "OTHER", "base": 220_000, "amount": 1_000, "payee": "市"}
    answer = section.post(f"{path}/deductions", json={"deductions": [deduction]})
    assert answer.json()["deductions"][0]["amount"] == 1_000
    assert section.post(f"{path}/approve", json=body).status_code == 409
    body["seen"] = answer.json()["version"]
    assert section.post(f"{path}/approve", json=body).status_code == 200
    accounting = city.api("kaikei")
    body = {"seen": accounting.get(path).json()["version"], "reason": "科目の確認"}
    assert accounting.post(f"{path}/send-back", json=body).json()["state"]["code"] == "at_section"
    missing = section.post(f"{path}/release", json={"check": "DAT-009", "reason": "x"})
    assert missing.status_code == 409


def test_a_changed_account_is_released_by_accounting_and_not_by_the_section(city) -> None:
    city.inspected()
    found = city.upload()
    path = f"/api/v1/invoices/{found['id']}"
    with city.service.database.transaction() as session:
        row = session.get(ReceivedInvoice, found["id"])
        session.get(Vendor, row.vendor_id).account_number = "7654320"
    section = city.api("kanzai2")
    shown = section.post(f"{path}/contract", json={"contract_no": NUMBER}).json()
    assert shown["open"] == ["PAY-003"]
    body = {"check": "PAY-003", "reason": "電話で確認"}
    refused = section.post(f"{path}/release", json=body)
    assert refused.status_code == 403
    assert "会計課" in refused.json()["message"]["ja"]
    assert city.api("kaikei").post(f"{path}/release", json=body).json()["open"] == []


def test_commitments_and_contracts_are_entered_by_api(city) -> None:
    body = {
        "number": "R8-F-0000008",
        "contract_no": NUMBER,
        "fiscal_year": 2026,
        "dated_on": "2026-10-05",
        "amount": 1,
        "account": "01",
        "section": "0120",
        "kan": "02",
        "kou": "01",
        "moku": "05",
        "jigyo": "0021",
        "setsu": "10",
        "saisetsu": "01",
    }
    section = city.api("kanzai")
    assert section.post("/api/v1/commitments", json=body).status_code == 201
    assert section.post("/api/v1/commitments", json=body).status_code == 201
    other = section.post("/api/v1/commitments", json={**body, "amount": 2})
    assert other.status_code == 400
    found = city.upload(data=city.invoice(contract="不明"))
    path = f"/api/v1/invoices/{found['id']}"
    assert section.get(path).json()["contract_no"] is None
    chosen = section.post(f"{path}/contract", json={"contract_no": NUMBER}).json()
    assert chosen["contract_no"] == NUMBER


def test_a_hand_over_is_taken_back_by_the_treasurer(city) -> None:
    found = city.approved()
    accounting = city.api("kaikei")
    body = {"invoices": [found["id"]], "pay_on": "2026-12-10"}
    batch = accounting.post("/api/v1/handovers", json=body).json()
    path = f"/api/v1/handovers/{batch['id']}"
    assert accounting.post(f"{path}/take-back").status_code == 403
    treasurer = city.api("suito")
    assert treasurer.post(f"{path}/take-back").status_code in {400, 409}
    asked = accounting.post(f"{path}/recall", json={"reason": "支払日の誤り"}).json()
    assert asked["recall"]["reason"] == "支払日の誤り"
    declined = treasurer.post(f"{path}/recall/decline", json={"reason": "確認を"}).json()
    assert declined["recall"] is None
    accounting.post(f"{path}/recall", json={"reason": "支払日の誤り"})
    taken = treasurer.post(f"{path}/take-back")
    assert taken.json()["taken_back_at"]
    assert accounting.post("/api/v1/handovers", json=body).status_code == 201
    assert len(accounting.get("/api/v1/handovers").json()["handovers"]) == 2
    assert accounting.get(f"{path}/files/nothing.txt").status_code == 404


def test_an_account_changed_after_approval_stops_the_hand_over(city) -> None:
    found = city.approved()
    with city.service.database.transaction() as session:
        vendor = session.merge(city.vendors[HAGOROMO])
        vendor.account_number = "1111111"
    body = {"invoices": [found["id"]], "pay_on": "2026-12-10"}
    answer = city.api("kaikei").post("/api/v1/handovers", json=body)
    assert answer.status_code == 409
    assert "口座が変更" in answer.json()["message"]["ja"]


def test_an_invoice_is_found_by_number_name_and_amount_words(city) -> None:
    city.upload()
    for words in ("H-2026-11", "はごろも", NUMBER, "26-000001", "T2080402990002"):
        found = city.api("kaikei").get("/api/v1/invoices", params={"q": words}).json()
        assert len(found["invoices"]) == 1, words
    assert city.api("kaikei").get("/api/v1/invoices?q=%25").json()["invoices"] == []


def test_withdrawing_gives_everything_back(city) -> None:
    city.inspected()
    found = city.upload()
    path = f"/api/v1/invoices/{found['id']}"
    vendor = city.api(HAGOROMO)
    assert vendor.post(f"{path}/withdraw", json={"reason": " "}).status_code == 400
    taken = vendor.post(f"{path}/withdraw", json={"reason": "金額の誤り"})
    assert taken.json()["state"]["code"] == "withdrawn"
    again = city.upload(data=city.invoice("H-2026-12"))
    shown = city.api("kanzai").get(f"/api/v1/invoices/{again['id']}").json()
    assert shown["result"] == "MATCHED"
    assert date.fromisoformat(shown["due_on"])


def test_a_section_cannot_take_back_what_has_gone_on_to_accounting(city) -> None:
    city.inspected()
    path = f"/api/v1/invoices/{city.upload()['id']}"
    section, accounting = city.api("kanzai2"), city.api("kaikei")
    version = section.get(path).json()["version"]
    section.post(f"{path}/approve", json={"step": "section", "seen": version})
    assert accounting.post(f"{path}/hold", json={"reason": "口座を確認中"}).status_code == 200
    version = section.get(path).json()["version"]
    refused = section.post(f"{path}/return", json={"seen": version, "note": "やはり返します"})
    assert refused.status_code == 403
    assert "会計課" in refused.json()["message"]["ja"]
    assert section.post(f"{path}/lift-hold", json={"reason": "急ぐので"}).status_code == 403
    assert section.get(path).json()["on_hold"] == "口座を確認中"
    assert accounting.post(f"{path}/lift-hold", json={"reason": "確認済"}).status_code == 200


def test_an_inspection_sent_twice_with_one_key_is_recorded_once(city) -> None:
    section = city.api("kanzai")
    body = {"contract_no": NUMBER, "notified_on": "2026-11-20", "inspected_on": "2026-11-24"}
    key = {"idempotency-key": "6f1c2b7e-0000-4000-8000-000000000001"}
    first = section.post("/api/v1/inspections", json=body, headers=key)
    again = section.post("/api/v1/inspections", json=body, headers=key)
    assert first.status_code == again.status_code == 201, first.text
    assert again.json()["number"] == first.json()["number"]
    refused = section.post("/api/v1/inspections", json=body, headers={"idempotency-key": "one"})
    assert refused.status_code in (400, 422)


def test_the_budget_is_entered_by_accounting_and_an_invoice_split_by_its_section(city) -> None:
    item = dict.fromkeys(
        ("account", "section", "kan", "kou", "moku", "jigyo", "setsu", "saisetsu"), "01"
    )
    accounting, section = city.api("kaikei"), city.api("kanzai")
    allotment = {**item, "fiscal_year": 2026, "amount": 1_000_000}
    first = accounting.post("/api/v1/allotments", json=allotment)
    assert first.status_code == 200, first.text
    assert accounting.post("/api/v1/allotments", json=allotment).json() == first.json()
    assert section.post("/api/v1/allotments", json=allotment).status_code == 403
    advance = {
        "number": "G-1",
        "vendor_id": city.vendors[HAGOROMO].id,
        "kind": "estimate",
        "amount": 50_000,
        "paid_on": "2026-10-01",
        "settle_by": "2026-11-01",
    }
    assert accounting.post("/api/v1/advances", json=advance).status_code == 200
    found = city.upload()
    path = f"/api/v1/invoices/{found['id']}"
    assert "ADV-006" in section.get(path).text
    settled = {"settled_on": "2026-11-24"}
    assert accounting.post("/api/v1/advances/G-1/settle", json=settled).status_code == 200
    assert accounting.post("/api/v1/advances/G-9/settle", json=settled).status_code == 400
    shares = {"shares": [{**item, "amount": 220_001}]}
    answer = section.post(f"{path}/shares", json=shares)
    assert "BUD-005" in answer.text
    assert "ADV-006" not in answer.text
    assert "BUD-005" not in section.post(f"{path}/shares", json={"shares": []}).text
    assert city.api("doro").post(f"{path}/shares", json=shares).status_code == 403
    assert city.api(HAGOROMO).post(f"{path}/shares", json=shares).status_code == 403
