"""Making and deciding in the browser's words: awards, forms, files, deputies, routes, register."""

from __future__ import annotations

import re

import pytest

from econtract import queries
from econtract.models import Award, Contract
from records import audit

pytestmark = pytest.mark.slow

OTHER_NAMES = {"案件番号": "整理番号", "件名": "調達の名称"}


def hidden(html: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', html)
    assert found, f"no {name} on the page"
    return found.group(1)


def upload(browser, data: bytes, source: str = "e-bidding"):
    return browser.submit(
        "/contracts/awards", {"source": source}, files={"file": ("a.csv", data, "text/csv")}
    )


def typed_award(**changes: str) -> dict[str, str]:
    return {
        "case_number": "2026-随-0007", "title": "庁舎 清掃業務", "kind": "業務委託",
        "department": "道路保全課", "award_date": "2026-11-20", "vendor_code": "V-0001",
        "vendor_name": "株式会社髙﨑建設", "vendor_address": "静岡県遠州市東区1-1",
        "representative_title": "代表取締役", "representative": "髙橋 𠮷郎",
        "email": "takahashi@example.jp", "net": "1,000,000", "tax_rate": "10",
        "period_from": "2026-12-01", "period_to": "2027-03-31", "place": "本庁舎",
    } | changes  # fmt: skip


def test_columns_of_another_system_are_chosen_once_without_sending_the_file_again(
    office, csv_text
) -> None:
    browser = office.browser("chotatsu")
    for here, there in OTHER_NAMES.items():
        csv_text = csv_text.replace(here, there)
    asked = upload(browser, csv_text.encode("cp932", "replace"), "会計システム")
    assert asked.status_code == 400
    assert "見つからない列があります" in asked.text
    assert "案件番号、案件名" in asked.text
    fields = {
        "sha256": hidden(asked.text, "sha256"), "source": "会計システム",
        "heading_0": "整理番号", "column_0": "case_number",
        "heading_1": "調達の名称", "column_1": "title",
    }  # fmt: skip
    answer = browser.submit("/contracts/awards/columns", fields)
    assert answer.status_code == 303, answer.text
    again = upload(browser, csv_text.replace("0101", "0102").encode(), "会計システム")
    assert again.status_code == 303
    with office.service.database.reader() as session:
        assert len(queries.undrafted_awards(session)) == 2


def test_an_award_is_typed_once_into_the_form_and_never_again(office) -> None:
    browser = office.browser("chotatsu")
    wrong = browser.submit("/contracts/awards/new", typed_award(period_to="2026-13-40", net=""))
    assert wrong.status_code == 400
    assert "日付として読めません" in wrong.text
    assert 'value="庁舎 清掃業務"' in wrong.text
    for _ in range(2):
        assert browser.submit("/contracts/awards/new", typed_award()).status_code == 303
    # The vendor is in the register now: its number is enough.
    second = typed_award(case_number="2026-随-0008", vendor_name="", vendor_address="")
    second |= {"representative_title": "", "representative": "", "email": ""}
    assert browser.submit("/contracts/awards/new", second).status_code == 303
    html = browser.get("/contracts/awards").text
    made = browser.submit("/contracts", {"award_id": hidden(html, "award_id"), "form": ""})
    draft = browser.get(made.headers["location"]).text
    for words in ("庁舎 清掃業務", "1,100,000円", "株式会社髙﨑建設", "takahashi@example.jp"):
        assert words in draft


def test_awards_come_by_api_as_rows_and_twice_is_once(office) -> None:
    api = office.api("chotatsu")
    body = {"source": "財務会計", "awards": [typed_award()]}
    first = api.post("/api/v1/awards/rows", json=body).json()
    again = api.post("/api/v1/awards/rows", json=body).json()
    assert (len(first["new"]), again["new"], again["known"]) == (1, [], first["new"])
    bad = api.post(
        "/api/v1/awards/rows", json={"source": "x", "awards": [typed_award(net="たくさん")]}
    )
    assert bad.status_code == 400
    [problem] = bad.json()["problems"]
    assert (problem["line"], problem["name"]) == (1, "net")
    assert problem["remedy"]["ja"]
    unknown = api.post("/api/v1/awards/rows", json={"source": "x", "awards": [{"a": "b"}]})
    assert unknown.status_code in {400, 422}


def test_a_declined_award_is_contracted_anew_by_two_people_in_the_browser(
    office, contract_at
) -> None:
    contract_id = contract_at("ready")
    drafter = office.browser("chotatsu")
    path = f"/contracts/{contract_id}"
    drafter.submit(f"{path}/withdrawal", {"reason": "仕様の見直し"})
    html = drafter.get("/contracts/awards").text
    assert "契約に至らなかった案件" in html
    assert "起案した人（調達 花子）ではない" in drafter.get(path).text
    assert drafter.submit(f"{path}/release", {"reason": "x"}).status_code == 403
    second = office.browser("chotatsu2")
    assert "契約し直すことを認める" in second.get(path).text
    assert second.submit(f"{path}/release", {"reason": "仕様を直した"}).status_code == 303
    html = drafter.get("/contracts/awards").text
    assert "の作り直し" in html
    award_id = hidden(html, "award_id")
    assert second.submit("/contracts", {"award_id": award_id}).status_code == 403
    made = drafter.submit("/contracts", {"award_id": award_id})
    assert made.status_code == 303
    new_path = made.headers["location"].removesuffix("/draft")
    assert "の代わりに作られました" in drafter.get(new_path).text
    assert "で契約し直しています" in drafter.get(path).text


def test_large_drawings_are_listed_by_hash_in_the_pdf_and_given_back_whole(
    office, contract_at
) -> None:
    contract_id = contract_at("draft")
    browser = office.browser("chotatsu")
    path = f"/contracts/{contract_id}"
    drawing = b"%PDF-1.7 drawing " * 400_000  # 6.8 MB
    sent = browser.submit(
        f"{path}/attachments", {}, files={"file": ("図面 一式.pdf", drawing, "application/pdf")}
    )
    assert sent.status_code == 303, sent.text
    for name in ("run.exe", "noending"):
        refused = browser.submit(f"{path}/attachments", {}, files={"file": (name, b"x", "a/b")})
        assert refused.status_code == 400
    empty = browser.submit(f"{path}/attachments", {}, files={"file": ("a.pdf", b"", "a/b")})
    assert "中身が空です" in empty.text
    html = browser.get(f"{path}/draft").text
    href = re.search(rf'href="({path}/attachments/[0-9a-f-]+)"', html)
    assert href
    got = browser.get(href.group(1))
    assert got.content == drawing
    assert browser.submit(f"{path}/document").status_code == 303
    office.run_jobs()
    with office.service.database.reader() as session:
        contract = queries.contract(session, contract_id)
        assert contract.document_id
        words = "".join(p.words for p in queries.pages(session, contract.document_id))
        document = queries.document(session, contract)
        assert document
        sha256 = document.source["attachments"][0]["sha256"]
    assert "図面 一式.pdf" in words
    assert sha256 in words.replace("\n", "").replace(" ", "")
    assert f"{len(drawing):,}" in words
    other = office.browser("kaikei").get("/contracts/decisions")
    assert other.status_code == 200


def test_a_deputy_decides_in_the_browser_and_the_register_tells(office, contract_at) -> None:
    contract_id = contract_at("deciding")
    head = office.browser("dorokacho")
    page = head.get("/contracts/deputies").text
    deputy = re.search(r'<option value="([0-9a-f-]+)">会計 三郎', page)
    assert deputy
    fields = {
        "role": "department", "deputy": deputy.group(1), "valid_from": "2026-11-24",
        "valid_until": "2026-11-26", "reason": "出張のため",
    }  # fmt: skip
    bad = head.submit("/contracts/deputies", fields | {"valid_until": "2026-11-20"})
    assert bad.status_code == 400
    assert "終わりが始まりより前" in bad.text
    assert head.submit("/contracts/deputies", fields).status_code == 303
    other = office.browser("kaikei")
    assert "道路 次郎 の代決" in other.get("/contracts/inbox").text
    html = other.get(f"/contracts/{contract_id}").text
    assert "の代決・出張のため" in html
    seen = {"sha256": hidden(html, "sha256"), "decision_id": hidden(html, "decision_id")}
    answer = other.submit(f"/contracts/{contract_id}/approval", seen)
    assert answer.status_code == 303, answer.text
    book = office.browser("kansa").get("/contracts/decisions?q=図書館")
    for words in ("会計 三郎", "道路 次郎 の代決：出張のため", seen["sha256"]):
        assert words in book.text
    csv = office.browser("kansa").get("/contracts/decisions/register.csv")
    assert csv.content.startswith(b"\xef\xbb\xbf")
    assert seen["sha256"] in csv.text
    assert office.browser("kansa").get("/contracts/decisions?since=x").status_code == 400
    row = hidden(head.get("/contracts/deputies").text, "deputy_id")
    assert head.submit("/contracts/deputies/end", {"deputy_id": row}).status_code == 303
    assert other.submit("/contracts/deputies/end", {"deputy_id": row}).status_code == 400


def test_the_table_of_routes_is_changed_by_one_and_approved_by_another(office) -> None:
    writer = office.browser("chotatsu")
    assert writer.submit("/contracts/routes/begin").status_code == 303
    html = writer.get("/contracts/routes").text
    table = re.search(r"/contracts/routes/([0-9a-f-]+)/rows/0", html)
    assert table
    path = f"/contracts/routes/{table.group(1)}"
    row = {
        "revision": "1", "id": "物品・小口", "kind": "goods", "amount_from": "0",
        "amount_below": "10,000,000", "valid_from": "2026-04-01", "valid_until": "",
        "role_1": "department", "title_1": "担当課長", "act_1": "decide", "signers": "契約 四郎",
    }  # fmt: skip
    wrong = writer.submit(f"{path}/rows/0", row | {"amount_below": "なし"})
    assert wrong.status_code == 400
    assert writer.get(f"{path}/rows/0").status_code == 200
    assert writer.submit(f"{path}/rows/0", row).status_code == 303
    warned = writer.get("/contracts/routes").text  # the row for all kinds has become one for goods
    assert "0円以上 10,000,000円未満 の契約に当てはまる行がありません" in warned
    assert "すき間も、届かない行もありません" in warned  # of the table in force
    stale = writer.submit(f"{path}/rows/1", row | {"id": "x"})
    assert "ほかの人が先に直しました" in stale.text
    early = {"revision": "2", "valid_from": "2026-01-01", "reason": "規程の改正"}
    assert "過去です" in writer.submit(f"{path}/proposal", early).text
    assert (
        writer.submit(f"{path}/proposal", early | {"valid_from": "2026-11-24"}).status_code == 303
    )
    yes = {"revision": "2", "answer": "approve"}
    own = writer.submit(f"{path}/decision", yes)
    assert own.status_code == 400
    assert "自分が書いた表" in own.text
    assert office.browser("kaikei").submit(f"{path}/decision", yes).status_code == 403
    assert office.browser("keiyaku").submit(f"{path}/decision", yes).status_code == 303
    page = office.browser("kansa").get("/contracts/routes").text
    assert "物品・小口" in page
    assert "承認済み" in page
    with office.service.database.reader() as session:
        trail = [e.action for e in audit.history(session, f"routes:{table.group(1)}")]
    assert trail == ["routes.begun", "routes.saved", "routes.proposed", "routes.approved"]


def test_a_draft_changes_its_form_and_says_what_does_not_fit(office, contract_at) -> None:
    contract_id = contract_at("draft")
    browser = office.browser("chotatsu")
    path = f"/contracts/{contract_id}"
    assert browser.submit(f"{path}/form", {"form": "acceptance"}).status_code == 303
    assert "請書" in browser.get(f"{path}/draft").text
    refused = browser.submit(f"{path}/form", {"form": "provisional_works"})
    assert refused.status_code == 400
    assert "書式を選び直してください" in refused.text
    with office.service.database.reader() as session:
        contract = session.get_one(Contract, contract_id)
        assert contract.form == "acceptance"
        assert session.get(Award, contract.award_id)


def test_a_drawing_of_a_concluded_contract_is_confirmed_on_the_page_that_verifies(
    office, contract_at
) -> None:
    from hashlib import sha256

    from econtract.attachment_models import Attachment
    from records import new_id

    drawing = b"%PDF-1.7 a drawing without any signature"
    digest = sha256(drawing).hexdigest()
    anybody = office.browser()
    contract_id = contract_at("draft")
    with office.service.database.transaction() as session:
        session.add(
            Attachment(
                id=new_id(), contract_id=contract_id, position=1, name="図面.pdf",
                media_type="application/pdf", size=len(drawing), sha256=digest, added_by="x",
                added_by_name="x", added_at=office.now,
            )
        )  # fmt: skip
    assert "確定した契約の中にありません" in anybody.get(f"/verify?sha256={digest}").text
    with office.service.database.transaction() as session:
        session.get_one(Contract, contract_id).state = "concluded"
    assert "の「図面.pdf」" in anybody.get(f"/verify?sha256={digest.upper()}").text
    sent = anybody.submit("/verify", {}, files={"file": ("x.pdf", drawing, "application/pdf")})
    assert "契約書に添付されたファイルと同じです" in sent.text
    assert anybody.get("/verify?sha256=zz").status_code == 400
