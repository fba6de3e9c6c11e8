"""履行・保証・変更・解除 through the door: pages and API, vendor and city."""

from __future__ import annotations

import base64
import re
from datetime import timedelta

import pytest

from econtract import queries
from econtract.states import ContractState
from portal.accounts import registering
from portal.contracts import sealed_keys
from records import Actor, audit, new_id

VENDOR = "takahashi@example.jp"
PDF = b"%PDF-1.7 photo"
SYSTEM = Actor(kind="system", id="tests", name="tests")


def make_concluded(office, contract_id, **changes):
    """確定 without ink, from 2026-12-01 on; the vendor's person is in the register."""
    if office.now.month == 11:
        office.service.clock.advance(timedelta(days=10))  # 2026-12-04, a Friday
    with office.service.database.transaction() as session:
        contract = queries.locked(session, contract_id)
        for name, value in changes.items():
            setattr(contract, name, value)
        contract.sent_at = contract.concluded_at = office.now
        contract.move(ContractState.CONCLUDED, office.now)
        if not office.known_vendor:
            registering.add_vendor_user(
                session,
                vendor_id=contract.vendor_id,
                mail=VENDOR,
                name="髙橋 𠮷郎",
                title="代表取締役",
                actor=SYSTEM,
                at=office.now,
            )
            office.known_vendor = True
    return contract_id


@pytest.fixture
def contract_id(office, contract_at):
    office.known_vendor = False
    return make_concluded(office, contract_at("draft"))


@pytest.fixture
def works_id(office, contract_at):
    office.known_vendor = False
    return make_concluded(office, contract_at("draft"), kind="works")


def vendor_browser(office, contract_id):
    """The vendor's browser, signed in by the link of its newest mail."""
    from portal.accounts import queries as accounts
    from portal.security import login_links
    from portal.security.server_secret import server_secret

    with office.service.database.transaction() as session:
        [person] = accounts.vendor_users_by_mail(session, VENDOR)
        link = login_links.issue(
            session,
            secret=server_secret(office.service.settings),
            vendor_user_id=person.id,
            at=office.now,
            expires_at=office.now + timedelta(days=1),
            target=f"/vendor/contracts/{contract_id}/life",
            subject=f"test:{new_id()}",
        )
    address = login_links.address_of(
        server_secret(office.service.settings),
        link.id,
        office.service.settings.web.public_url,
    )
    browser = office.browser()
    assert browser.submit("/l/" + address.rsplit("/", 1)[-1]).status_code == 303
    return browser


def give(browser, contract_id, **changes):
    fields = {"kind": "delivery", "performed_on": "2026-12-03", "note": "検査をお願いします"}
    files = {"files": ("納品写真.pdf", PDF, "application/pdf")}
    return browser.submit(
        f"/vendor/contracts/{contract_id}/life/notices", fields | changes, files=files
    )


def test_from_the_delivery_note_to_the_inspection_both_sides_see_the_same(office, contract_id):
    vendor = vendor_browser(office, contract_id)
    press = new_id()
    for _ in range(2):
        assert give(vendor, contract_id, press=press).status_code == 303
    office.run_jobs()
    mails = office.mails("dorokacho@enshu.example.jp")
    assert len(mails) == 1
    assert "2026年12月11日（金）" in mails[0]  # the 13th is a Sunday
    clerk = office.browser("dorokacho")
    page = clerk.get(f"/contracts/{contract_id}/life").text
    assert "検査の期限 2026年12月13日（日）" in page
    assert "あと7日（期限の12月13日は閉庁日）" in page
    file = re.search(r'href="(/contracts/[^"]+/files/[0-9a-f]{64})"', page)
    answer = clerk.get(file.group(1))
    assert answer.content == PDF
    assert answer.headers["content-disposition"].startswith("attachment")
    number = re.search(r"contract=([0-9-]+)&", page).group(1)
    form = clerk.get(f"/inspections/new?contract={number}").text
    assert 'name="notified_on"' in form
    assert 'value="2026-12-04"' in form
    recorded = clerk.submit(
        "/inspections",
        {
            "contract": number,
            "passed": "true",
            "notified_on": "2026-12-04",
            "inspected_on": "2026-12-04",
            "press": new_id(),
            "back": f"/contracts/{contract_id}/life",
        },
    )
    assert recorded.headers["location"] == f"/contracts/{contract_id}/life"
    assert "検査に合格しました" in clerk.get(f"/contracts/{contract_id}").text
    seen = vendor.get(f"/vendor/contracts/{contract_id}/life").text
    assert "受理・合格" in seen
    record = re.search(r'href="(/inspections/[^"]+/record)"', seen).group(1)
    for reader in (vendor, clerk):
        shown = reader.get(record).text
        assert "道路 次郎" in shown
        assert "2026年12月13日（日）" in shown


def test_a_part_is_inspected_by_its_amount(office, works_id):
    clerk = office.browser("dorokacho")
    page = clerk.get(f"/contracts/{works_id}/life").text
    number = re.search(r"contract=([0-9-]+)&", page).group(1)
    form = {
        "contract": number,
        "passed": "true",
        "notified_on": "2026-12-04",
        "inspected_on": "2026-12-04",
    }
    wrong = clerk.submit("/inspections", form | {"partial_gross": "999,999,999"})
    assert wrong.status_code == 400
    assert "契約金額" in wrong.text
    assert clerk.submit("/inspections", form | {"partial_gross": "3,000,000円"}).status_code == 303
    page = clerk.get(f"/contracts/{works_id}/life").text
    record = re.search(r'href="(/inspections/[^"]+/record)"', page).group(1)
    assert "3,000,000円" in clerk.get(record).text


def test_a_notice_is_returned_with_its_reason_and_the_vendor_hears_of_it(office, contract_id):
    vendor = vendor_browser(office, contract_id)
    give(vendor, contract_id)
    clerk = office.browser("dorokacho")
    page = clerk.get(f"/contracts/{contract_id}/life").text
    path = re.search(r'action="([^"]+/return)"', page).group(1)
    assert clerk.submit(path, {"reason": ""}).status_code == 400
    for _ in range(2):
        assert clerk.submit(path, {"reason": "写真がありません"}).status_code == 303
    office.run_jobs()
    assert len([m for m in office.mails(VENDOR) if "写真がありません" in m]) == 1
    assert "写真がありません" in vendor.get(f"/vendor/contracts/{contract_id}/life").text


def test_another_vendor_and_another_section_see_nothing(office, contract_id):
    api = office.api("chotatsu")
    assert api.post(f"/api/v1/contracts/{contract_id}/notices", json={}).status_code == 403
    office.service.database.dispose()
    stranger = office.browser("kaikei")
    path = f"/contracts/{contract_id}/life/cancellation"
    assert stranger.submit(path, {}).status_code == 403
    vendor = vendor_browser(office, contract_id)
    assert vendor.get(f"/vendor/contracts/{new_id()}/life").status_code == 404
    assert vendor.get(f"/vendor/contracts/{contract_id}/life/files/{'0' * 64}").status_code == 404


def test_the_api_gives_notice_once_and_says_by_when_the_city_inspects(office, contract_id):
    api = office.api(VENDOR)
    body = {
        "kind": "delivery",
        "performed_on": "2026-12-03",
        "files": [{"name": "a.pdf", "content_base64": base64.b64encode(PDF).decode()}],
    }
    head = {"idempotency-key": new_id()}
    path = f"/api/v1/contracts/{contract_id}/notices"
    first, second = (api.post(path, json=body, headers=head).json() for _ in range(2))
    assert first == second
    assert (first["due_on"], first["inspect_by"]) == ("2026-12-13", "2026-12-11")
    broken = body | {"files": [{"name": "a.pdf", "content_base64": "%"}]}
    assert api.post(path, json=broken).status_code == 400
    life = api.get(f"/api/v1/contracts/{contract_id}/life").json()
    assert len(life["notices"]) == 1


def test_s18_the_key_is_kept_enciphered_shown_once_on_request_and_the_look_is_noted(
    office, works_id
):
    clerk = office.browser("dorokacho")
    fields = {
        "purpose": "performance",
        "form": "company",
        "amount": "880,000",
        "number": "12-345",
        "key": "SECRET-KEY-1",
        "valid_until": "2027-03-19",
    }
    path = f"/contracts/{works_id}/guarantees"
    nothing = {"file": ("", b"", "application/octet-stream")}
    assert clerk.submit(path, fields | {"valid_until": ""}, files=nothing).status_code == 400
    assert clerk.submit(path, fields, files=nothing).status_code == 303
    page = clerk.get(f"/contracts/{works_id}/life").text
    assert "SECRET-KEY-1" not in page
    assert "確認待ち" in page
    other = office.browser("chotatsu")
    page = other.get(f"/contracts/{works_id}/life").text
    check = re.search(r'action="([^"]+/check)"', page).group(1)
    assert clerk.submit(check).status_code == 403
    assert other.submit(check).status_code == 303
    shown = other.submit(check.replace("/check", "/key"))
    assert "SECRET-KEY-1" in shown.text
    assert shown.headers["cache-control"] == "no-store"
    with office.service.database.reader() as session:
        entries = audit.history(session, f"contract:{works_id}")
        assert entries[-1].action == "contract.guarantee_key_shown"
        assert "SECRET" not in str([entry.details for entry in entries])
    assert "SECRET" not in str(other.get(f"/contracts/{works_id}").text)


def test_a_sealed_key_opens_for_its_own_contract_only(office):
    from econtract.life_errors import NoSuchEntry

    settings = office.service.settings
    sealed = sealed_keys.seal(settings, "one", "KEY")
    assert sealed_keys.open_sealed(settings, "one", sealed) == "KEY"
    with pytest.raises(NoSuchEntry):
        sealed_keys.open_sealed(settings, "another", sealed)
    assert sealed_keys.seal(settings, "one", "  ") is None


def test_s17_the_invoice_side_takes_amount_advance_and_pending_change_from_here(office, works_id):
    from portal import tally

    def terms():
        with office.service.database.reader() as session:
            contract = queries.contract(session, works_id)
            return tally.terms_of(office.service).terms(session, contract)

    assert terms().advance.advance_rate == 0
    clerk = office.browser("dorokacho")
    clerk.submit(f"/contracts/{works_id}/guarantees/advance", {"advance_percent": "40"})
    assert (terms().advance.advance_rate, terms().advance.guaranteed) == (40, 0)
    body = {
        "purpose": "advance",
        "form": "company",
        "amount": 3_520_000,
        "number": "1",
        "key": "k",
        "valid_until": "2027-03-31",
    }
    made = office.api("dorokacho").post(f"/api/v1/contracts/{works_id}/guarantees", json=body)
    guarantee = made.json()["id"]
    assert terms().advance.guaranteed == 0
    path = f"/api/v1/contracts/{works_id}/guarantees/{guarantee}/check"
    assert office.api("dorokacho").post(path).status_code == 403
    assert office.api("kaikei").post(path).json()["checked"] is True
    assert terms().advance.guaranteed == 3_520_000
    amendment = {"amount_change": -800_000, "reason": "数量の減", "period_to": "2027-03-10"}
    child = office.api("chotatsu").post(f"/api/v1/contracts/{works_id}/amendments", json=amendment)
    assert terms().amendment_pending is True
    assert terms().gross == 8_800_000
    make_concluded(office, child.json()["contract"]["id"])
    assert terms().amendment_pending is False
    assert (terms().gross, terms().ends_on.isoformat()) == (8_000_000, "2027-03-10")


def test_an_amended_price_table_measures_invoices_from_its_day(office, works_id):
    """From the page to the terms of the invoice half: nobody copies a price."""
    from portal import tally

    table = "牛乳\t200ml\t本\t3000\t52.37"
    with office.service.database.transaction() as session:
        parent = queries.locked(session, works_id)
        parent.kind, parent.tax_rate, parent.amount_is_estimate = "unit_price", 8, True
        parent.fields = {"unit_prices": table}
        starts = parent.period_from
    clerk = office.browser("chotatsu")
    path = f"/contracts/{works_id}/amendments"
    assert table in clerk.get(f"{path}/new").text  # shown to be mended, not typed anew
    day = starts + timedelta(days=30)
    fields = {
        "reason": "乳価の改定", "unit_prices": table.replace("52.37", "54"), "press": new_id()
    }  # fmt: skip
    assert "契約期間" in clerk.submit(path, fields).text  # no day was given
    fields["prices_from"] = day.isoformat()
    shown = clerk.submit(path, fields | {"step": "compare"}).text
    assert "単価　牛乳 200ml" in shown
    assert "54円" in shown
    drafted = clerk.submit(path, fields | {"step": "draft"})

    def price(on):
        with office.service.database.reader() as session:
            contract = queries.contract(session, works_id)
            found = tally.terms_of(office.service).terms(session, contract).as_of(on)
            assert found.total_is_planned
            return [(line.name, str(line.unit_price), line.reduced) for line in found.lines]

    old, new = [("牛乳 200ml", "52.37", True)], [("牛乳 200ml", "54", True)]
    assert price(day) == old
    make_concluded(office, drafted.headers["location"].rsplit("/", 1)[1])
    assert [price(on) for on in (starts, day - timedelta(days=1), day)] == [old, old, new]


def test_s13_the_difference_is_shown_before_it_is_drafted_and_drafted_once(office, works_id):
    clerk = office.browser("chotatsu")
    path = f"/contracts/{works_id}/amendments"
    assert "変更前と変更後を比べる" in clerk.get(f"{path}/new").text
    fields = {
        "amount_change": "880,000",
        "direction": "more",
        "period_to": "2027-03-31",
        "reason": "地中障害物",
        "item": "施工方法",
        "before": "開削工法",
        "after": "推進工法",
        "press": new_id(),
    }
    assert "何も変わりません" in clerk.submit(path, {"reason": "x"}).text
    shown = clerk.submit(path, fields | {"step": "compare"}).text
    for words in ("9,680,000円", "+10.00%", "令和9年3月", '<del class="change-old">', "施工方法"):
        assert words in shown
    with office.service.database.reader() as session:
        assert len(queries.listed(session)) == 1
    first, second = (clerk.submit(path, fields | {"step": "draft"}) for _ in range(2))
    assert first.headers["location"] == second.headers["location"]
    child = clerk.get(first.headers["location"]).text
    assert "第1回変更" in child
    life = clerk.get(f"/contracts/{works_id}/life").text
    assert "手続き中の変更契約が終わると" in life
    # A vendor sees nothing of an amendment before it was sent.
    assert (
        "第1回変更"
        not in vendor_browser(office, works_id).get(f"/vendor/contracts/{works_id}/life").text
    )
    path = f"/api/v1/contracts/{works_id}/life"
    assert office.api(VENDOR).get(path).json()["amendments"] == []
    assert len(office.api("chotatsu").get(path).json()["amendments"]) == 1


def test_s14_the_vote_is_recorded_with_its_evidence_and_the_vendor_sees_the_state(
    office, contract_at
):
    office.known_vendor = False
    contract_id = make_concluded(office, contract_at("draft"), form="provisional_works")
    with office.service.database.transaction() as session:
        contract = queries.locked(session, contract_id)
        contract.concluded_at = None
        contract.move(ContractState.AWAITING_CITY, office.now)
    vendor = vendor_browser(office, contract_id)
    assert "議会の議決を待っています" in vendor.get(f"/vendor/contracts/{contract_id}/life").text
    refused = give(vendor, contract_id)
    assert refused.status_code == 409
    clerk = office.browser("dorokacho")
    fields = {"voted_on": "2026-12-03", "passed": "true", "bill_number": "議案第120号"}
    path = f"/contracts/{contract_id}/life/vote"
    nothing = {"file": ("", b"", "application/octet-stream")}
    assert "議決書の写し" in clerk.submit(path, fields, files=nothing).text
    evidence = {"file": ("議決書.pdf", PDF, "application/pdf")}
    for _ in range(2):
        assert clerk.submit(path, fields, files=evidence).status_code == 303
    office.run_jobs()
    assert len([m for m in office.mails(VENDOR) if "議案第120号" in m]) == 1
    assert "可決" in vendor.get(f"/vendor/contracts/{contract_id}/life").text


def test_a_cancellation_is_decided_by_another_and_reaches_the_vendor(office, contract_id):
    clerk = office.browser("dorokacho")
    path = f"/contracts/{contract_id}/life/cancellation"
    fields = {"ground": "default", "effective_on": "2026-12-10", "reason": "催告の期限を過ぎた"}
    assert clerk.submit(path, fields | {"effective_on": "2026-12-01"}).status_code == 400
    assert clerk.submit(path, fields).status_code == 303
    officer = office.browser("keiyaku")
    page = officer.get(f"/contracts/{contract_id}/life").text
    decide = re.search(rf'action="({path}/[^"]+)"', page).group(1)
    assert clerk.submit(decide, {"agreed": "true"}).status_code == 403
    for _ in range(2):
        assert officer.submit(decide, {"agreed": "true"}).status_code == 303
    office.run_jobs()
    assert len([m for m in office.mails(VENDOR) if "解除します" in m]) == 1
    vendor = vendor_browser(office, contract_id)
    assert (
        "2026年12月10日（木） をもって解除"
        in vendor.get(f"/vendor/contracts/{contract_id}/life").text
    )
    assert "通知を開きました" in clerk.get(f"/contracts/{contract_id}/life").text
    assert give(vendor, contract_id).status_code == 409


def test_o16_from_the_dry_run_to_the_certificate_and_a_download_that_says_so(office, contract_id):
    clerk = office.browser("chotatsu")
    hold = f"/contracts/{contract_id}/life/hold"
    assert clerk.submit(hold, {"reason": "住民訴訟"}).status_code == 303
    office.service.clock.advance(timedelta(days=2400))  # July 2033: sessions are over
    clerk = office.browser("chotatsu")
    page = clerk.get("/contracts/retention").text
    assert "住民訴訟" in page
    assert clerk.submit("/contracts/retention/lists", {}).status_code == 400
    wanted = {"contract": contract_id}
    assert clerk.submit("/contracts/retention/lists", wanted).status_code == 409
    life = clerk.get(f"/contracts/{contract_id}/life").text
    lift = re.search(rf'action="({hold}/[^"]+/lift)"', life).group(1)
    assert clerk.submit(lift, {"reason": "判決の確定"}).status_code == 303
    api = office.api("kansa").get("/api/v1/retention").json()
    assert [k["contract_id"] for k in api["over"]] == [contract_id]
    made = clerk.submit("/contracts/retention/lists", wanted).headers["location"]
    assert clerk.submit(made, {"agreed": "true"}).status_code == 403
    assert "ではまだ" not in clerk.get(made).text
    officer = office.browser("keiyaku")
    assert officer.submit(made, {"agreed": "false", "answer": ""}).status_code == 400
    for _ in range(2):
        assert officer.submit(made, {"agreed": "true"}).status_code == 303
    with office.service.database.transaction() as session:
        queries.locked(session, contract_id).move(ContractState.DISPOSED, office.now)
    gone = office.api("chotatsu").get(f"/api/v1/contracts/{contract_id}/pdf")
    assert (gone.status_code, gone.json()["code"]) == (410, "econtract.disposed")
    assert "廃棄しています" in officer.get(made).text
    assert clerk.get(f"{made}/certificate").status_code == 409
    auditor = office.browser("kansa")
    assert auditor.get("/contracts/retention").status_code == 200
    assert auditor.submit("/contracts/retention/lists", wanted).status_code == 403


def test_the_calendar_and_the_queue_show_what_ends_and_falls_due(office, contract_id):
    clerk = office.browser("dorokacho")
    page = clerk.get("/contracts/calendar").text
    assert "2027年3月（1件）" in page
    assert "2027年3月19日（金）" in page
    endings = office.api("dorokacho").get("/api/v1/contract-endings?months=3").json()
    assert endings == {"endings": []}
    assert office.api("dorokacho").get("/api/v1/contract-endings").json()["endings"] != []
    assert "答えを待つ届はありません" in clerk.get("/contracts/inspections").text
    give(vendor_browser(office, contract_id), contract_id)
    assert "2026年12月13日（日）" in clerk.get("/contracts/inspections").text


def test_reminders_of_an_inspection_and_of_an_end_come_once(office, contract_id):
    from portal.contracts.reminding import remind

    give(vendor_browser(office, contract_id), contract_id)
    office.run_jobs()
    before = len(office.mails("dorokacho@enshu.example.jp"))
    for days in (0, 5, 0, 4, 0):  # until 12-13, a Sunday: told from 12-08, and when it is late
        office.service.clock.advance(timedelta(days=days))
        remind(office.service)
    office.run_jobs()
    told = office.mails("dorokacho@enshu.example.jp")[before:]
    assert len([m for m in told if "検査の期限は 2026年12月11日（金）" in m]) == 1
    office.service.clock.advance(timedelta(days=70))
    for _ in range(2):
        remind(office.service)
    office.run_jobs()
    told = office.mails("dorokacho@enshu.example.jp")[before:]
    assert len([m for m in told if "履行期間は 2027年3月19日（金） に終わります" in m]) == 1
    assert len([m for m in told if "検査の期限は" in m]) == 2
