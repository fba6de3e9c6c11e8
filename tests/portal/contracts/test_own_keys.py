"""当事者型: a party signs with its own key, beside 立会人型 for the others, in pages and API."""

from __future__ import annotations

import json
import subprocess
from datetime import timedelta

import own_certificates
import pytest
from cryptography.hazmat.primitives import serialization
from test_ceremony import VENDOR, enter, hidden, opened, page_of

from econtract import queries
from econtract.own_key_models import HandOut
from records import audit
from signing import verify

pytestmark = pytest.mark.slow


@pytest.fixture
def pki(office):
    return office.service.keys._development


@pytest.fixture
def own(tmp_path, pki, office):
    """The vendor's computer with its certificate."""
    return own_certificates.machine(tmp_path / "vendor", pki.root, at=office.now)


def at_own_key(office, contract_id):
    """A browser at the page of the vendor's own key; the pages were read and agreed to."""
    browser = opened(office, contract_id)
    html = page_of(browser, contract_id)
    answer = browser.submit(
        f"/vendor/contracts/{contract_id}/sign/act",
        {
            "sha256": hidden(html, "sha256"), "text_version": hidden(html, "text_version"),
            "agree": "yes", "way": "own_key",
        },
    )  # fmt: skip
    assert answer.headers["location"].endswith("/sign/own-key")
    return browser


def present(browser, contract_id, certificate, base=None):
    base = base or f"/vendor/contracts/{contract_id}/sign/own-key"
    html = browser.get(base).text
    return browser.submit(
        f"{base}/certificate",
        {"sha256": hidden(html, "sha256")},
        files={"certificate": ("own.pem", certificate)},
    )


def send(browser, contract_id, answer, base=None, **fields):
    base = base or f"/vendor/contracts/{contract_id}/sign/own-key"
    return browser.submit(f"{base}/answer", fields, files={"answer": ("answer.json", answer)})


def handed_out(office, browser, contract_id, certificate):
    """(request, document) as downloaded from the page."""
    assert present(browser, contract_id, certificate).status_code == 303
    office.run_jobs()
    base = f"/vendor/contracts/{contract_id}/sign/own-key"
    assert "回答（answer.json）を送る" in browser.get(base).text
    return browser.get(f"{base}/request.json").content, browser.get(f"{base}/contract.pdf").content


def actions(office, contract_id):
    with office.service.database.reader() as session:
        return [e.action for e in audit.history(session, f"contract:{contract_id}")]


def test_the_vendors_own_key_signs_its_slot_beside_the_citys(office, contract_at, own, pki):
    """当事者型 where wished; mixed in one document with 立会人型."""
    contract_id = contract_at("sent")
    browser = at_own_key(office, contract_id)
    request, document = handed_out(office, browser, contract_id, own.pem)
    answer = own.answer(request, document)
    for _ in range(2):  # a double click is one act
        assert send(browser, contract_id, answer).status_code == 303
    office.run_jobs()
    assert "署名が終わりました" in browser.get(f"/vendor/contracts/{contract_id}").text
    officer = office.api("keiyaku")
    path = f"/api/v1/contracts/{contract_id}"
    officer.post(f"{path}/closing/one-time-code")
    office.run_jobs()
    code = office.mailed_code("keiyaku@enshu.example.jp")
    sha256 = officer.get(path).json()["sha256"]["decided"]
    officer.post(f"{path}/closing", json={"sha256": sha256, "one_time_code": code})
    office.run_jobs()
    shown = officer.get(path).json()
    assert shown["state"] == "concluded", shown["note"]
    assert "own_key" in shown["parties"][0]["act"]["factors"]
    assert "own_key" not in shown["parties"][1]["act"]["factors"]
    pdf = officer.get(f"{path}/pdf").content
    verdict = verify(
        pdf, pki.trust(), office.now, expected_slots=[p["slot"] for p in shown["parties"]]
    )
    assert verdict.status == "passed"
    subjects = [str(signature.subject) for signature in verdict.signatures]
    assert "髙橋" in subjects[0]
    assert "髙橋" not in subjects[1]
    trail = actions(office, contract_id)
    for action in ("way_chosen", "digest_asked", "digest_handed_out", "act_requested", "signed"):
        assert f"contract.{action}" in trail


def test_all_by_api_and_the_city_with_its_own_key_too(office, contract_at, own, pki, tmp_path):
    contract_id = contract_at("ready")
    path = f"/api/v1/contracts/{contract_id}"
    staff, officer = office.api("chotatsu"), office.api("keiyaku")
    for party in staff.get(path).json()["parties"]:
        staff.put(f"{path}/parties/{party['id']}/way", json={"own_key": True})
    seen = {"sha256": staff.get(path).json()["document"]["sha256"]}
    staff.post(f"{path}/submission", json=seen)
    for decider in ("dorokacho", "keiyaku"):
        office.api(decider).post(f"{path}/approval", json=seen)
    sent = staff.post(f"{path}/sending").json()
    office.run_jobs()
    vendor = office.api(VENDOR)
    vendor.post(f"{path}/case-code", json={"code": sent["case_codes"][0]["code"]})
    vendor.post(f"{path}/one-time-code/mail")
    office.run_jobs()
    vendor.post(f"{path}/one-time-code", json={"code": office.mailed_code(VENDOR)})
    text = vendor.get(f"{path}/consent-text").json()
    vendor.post(f"{path}/consent", json=seen | {"text_version": text["version"]})
    # Set at making: the service's key may not stand for the party's.
    refused = vendor.post(f"{path}/signature", json=seen)
    assert refused.status_code == 409
    assert refused.json()["code"] == "econtract.own_key_chosen"
    asked = vendor.post(
        f"{path}/own-key/certificate", json=seen | {"certificate": own.pem.decode()}
    )
    assert asked.json()["state"] == "opening"
    assert vendor.get(f"{path}/own-key/request").status_code == 409
    office.run_jobs()
    answer = own.answer(
        vendor.get(f"{path}/own-key/request").content,
        vendor.get(f"{path}/own-key/document").content,
    )
    done = vendor.post(f"{path}/own-key/answer", json={"answer": json.loads(answer)})
    assert done.status_code == 202, done.text
    office.run_jobs()
    city = own_certificates.machine(
        tmp_path / "city", pki.root, at=office.now, person="遠州市長", organisation="遠州市"
    )
    asked = officer.post(
        f"{path}/closing/own-key/certificate", json=seen | {"certificate": city.pem.decode()}
    )
    assert asked.status_code == 202, asked.text
    office.run_jobs()
    assert officer.get(f"{path}/closing/own-key").json()["state"] == "ready"
    answer = city.answer(
        officer.get(f"{path}/closing/own-key/request").content,
        officer.get(f"{path}/closing/own-key/document").content,
    )
    body = {"answer": json.loads(answer), "one_time_code": "000000"}
    # The certificate does not stand for the second factor.
    assert officer.post(f"{path}/closing/own-key/answer", json=body).status_code == 400
    officer.post(f"{path}/closing/one-time-code")
    office.run_jobs()
    body["one_time_code"] = office.mailed_code("keiyaku@enshu.example.jp")
    for _ in range(2):
        assert officer.post(f"{path}/closing/own-key/answer", json=body).status_code == 202
    office.run_jobs()
    shown = officer.get(path).json()
    assert shown["state"] == "concluded"
    assert all("own_key" in p["act"]["factors"] for p in shown["parties"])


def test_the_city_signs_with_its_own_certificate_in_the_browser(office, contract_at, pki, tmp_path):
    contract_id = contract_at("vendor_signed")
    browser = office.browser("keiyaku")
    close = f"/contracts/{contract_id}/close"
    assert "自分の電子証明書で署名する" in browser.get(close).text
    browser.submit(f"{close}/own-key/choose")
    assert "電子証明書で署名することになっています" in browser.get(close).text
    city = own_certificates.machine(
        tmp_path / "city", pki.root, at=office.now, person="契約 四郎", organisation="遠州市"
    )
    base = f"{close}/own-key"
    assert present(browser, contract_id, city.pem, base).status_code == 303
    assert browser.get(f"{base}/progress").json()["done"] is False
    office.run_jobs()
    assert browser.get(f"{base}/progress").json()["done"] is True
    answer = city.answer(
        browser.get(f"{base}/request.json").content, browser.get(f"{base}/contract.pdf").content
    )
    assert send(browser, contract_id, answer, base, code="000000").status_code == 400
    browser.submit(f"{base}/code")
    office.run_jobs()
    code = office.mailed_code("keiyaku@enshu.example.jp")
    assert send(browser, contract_id, answer, base, code=code).status_code == 303
    office.run_jobs()
    assert office.api("keiyaku").get(f"/api/v1/contracts/{contract_id}").json()["state"] == (
        "concluded"
    )


def test_a_wrong_certificate_is_refused_with_clear_words(office, contract_at, pki, tmp_path, own):
    """Not the person or organisation named, expired, not trusted, or a private key."""
    contract_id = contract_at("sent")
    browser = at_own_key(office, contract_id)

    def said(**names):
        other = own_certificates.machine(
            tmp_path / "other", pki.root, **({"at": office.now} | names)
        )
        answer = present(browser, contract_id, other.pem)
        assert answer.status_code == 400
        return answer.text

    assert "山田 太郎" in said(person="山田 太郎")  # a colleague is not the person named
    assert "一致しません" in said(person="山田 太郎", organisation="別の会社")
    assert "有効期間" in said(at=office.now - timedelta(days=400)) or "切れ" in said(
        at=office.now - timedelta(days=400)
    )
    foreign = own_certificates.development.root_pair("another", at=office.now)
    stranger = own_certificates.machine(tmp_path / "stranger", foreign, at=office.now)
    assert "信頼" in present(browser, contract_id, stranger.pem).text
    assert "秘密鍵" in present(browser, contract_id, own.p12.read_bytes()).text
    assert "証明書のファイルではありません" in present(browser, contract_id, b"x").text
    assert actions(office, contract_id).count("contract.certificate_refused") >= 6
    # An organisation's certificate names nobody else, or writes a number as 商業登記 does.
    company = own_certificates.machine(
        tmp_path / "company", pki.root, at=office.now, person="0801-01-012345"
    )
    assert present(browser, contract_id, company.pem).status_code == 303


def test_a_handed_out_digest_ends_after_thirty_minutes(office, contract_at, own):
    contract_id = contract_at("sent")
    browser = at_own_key(office, contract_id)
    request, document = handed_out(office, browser, contract_id, own.pem)
    answer = own.answer(request, document)
    office.service.clock.advance(timedelta(minutes=31))
    late = send(browser, contract_id, answer)
    assert late.status_code == 400
    assert "30分" in late.text
    assert "contract.answer_refused" in actions(office, contract_id)
    request, document = handed_out(office, browser, contract_id, own.pem)
    assert send(browser, contract_id, own.answer(request, document)).status_code == 303


def test_a_digest_is_worthless_once_the_document_moved_on(office, contract_at, own):
    """Another act in between: a colleague, or the person itself, signs the other way."""
    contract_id = contract_at("sent")
    browser = at_own_key(office, contract_id)
    request, document = handed_out(office, browser, contract_id, own.pem)
    answer = own.answer(request, document)
    browser.submit(f"/vendor/contracts/{contract_id}/sign/own-key/leave")
    sha256 = hidden(page_of(browser, contract_id), "sha256")
    browser.submit(f"/vendor/contracts/{contract_id}/sign/act", {"sha256": sha256})
    assert send(browser, contract_id, answer).status_code == 303  # the act is there: no second
    office.run_jobs()
    shown = office.api("chotatsu").get(f"/api/v1/contracts/{contract_id}").json()
    assert "own_key" not in shown["parties"][0]["act"]["factors"]
    assert shown["state"] == "awaiting_city"


def test_declining_in_between_ends_the_digest(office, contract_at, own):
    contract_id = contract_at("sent")
    browser = at_own_key(office, contract_id)
    request, document = handed_out(office, browser, contract_id, own.pem)
    answer = own.answer(request, document)
    browser.submit(f"/vendor/contracts/{contract_id}/sign/decline", {"reason": "資金の都合"})
    assert send(browser, contract_id, answer).status_code == 409
    with office.service.database.reader() as session:
        assert queries.contract(session, contract_id).state == "declined"


def test_an_answer_of_another_key_or_junk_is_refused(office, contract_at, own, pki, tmp_path):
    contract_id = contract_at("sent")
    browser = at_own_key(office, contract_id)
    request, document = handed_out(office, browser, contract_id, own.pem)
    good = json.loads(own.answer(request, document))
    for bad in (
        b"[]", b"{}", json.dumps(good | {"document_digest": "00" * 32}).encode(),
        json.dumps(good | {"signature": good["signature"][:-8] + "AAAAAAA="}).encode(),
    ):  # fmt: skip
        refused = send(browser, contract_id, bad)
        assert refused.status_code == 400
        assert "回答を受け付けられません" in refused.text, bad
    assert send(browser, contract_id, b"").status_code == 400
    assert send(browser, contract_id, json.dumps(good).encode()).status_code == 303


def test_another_person_of_the_company_may_not_answer_my_digest(office, contract_at, own):
    contract_id = contract_at("sent")
    browser = at_own_key(office, contract_id)
    request, document = handed_out(office, browser, contract_id, own.pem)
    answer = own.answer(request, document)
    with office.service.database.transaction() as session:
        session.query(HandOut).one().asked_by = {"kind": "vendor", "id": "x", "name": "x"}
    assert "ほかの人" in send(browser, contract_id, answer).text


def test_asked_twice_it_is_one_digest(office, contract_at, own):
    contract_id = contract_at("sent")
    browser = at_own_key(office, contract_id)
    for _ in range(2):
        handed_out(office, browser, contract_id, own.pem)
    with office.service.database.reader() as session:
        assert session.query(HandOut).count() == 1


def test_an_answer_outlives_an_outage_of_the_time_authority(office, contract_at, own, pki):
    """The signature came in time; only its timestamp waits, and the page says so."""
    contract_id = contract_at("sent")
    browser = at_own_key(office, contract_id)
    request, document = handed_out(office, browser, contract_id, own.pem)
    answer = own.answer(request, document)
    timestamper = office.service.timestamper
    working, timestamper.authorities = timestamper.authorities, []
    assert send(browser, contract_id, answer).status_code == 303
    office.run_jobs()
    assert "時刻局" in browser.get(f"/vendor/contracts/{contract_id}").text
    timestamper.authorities = working
    office.service.clock.advance(timedelta(hours=3))
    office.run_jobs()
    shown = office.api("chotatsu").get(f"/api/v1/contracts/{contract_id}").json()
    assert shown["state"] == "awaiting_city"
    assert "own_key" in shown["parties"][0]["act"]["factors"]


def test_only_the_certificate_leaves_the_machine(own):
    out = own.folder / "certificate.pem"
    done = own.command("--certificate", str(out), "--pkcs12", str(own.p12))
    assert done.exit_code == 0, done.output
    assert out.read_bytes().startswith(own.pem)
    assert b"PRIVATE" not in out.read_bytes()


def test_a_card_signs_by_pkcs11(office, contract_at, own, softhsm):
    """The same with the key on a card (SoftHSM).

    A token of its own: one process logs in to a token once, and other tests hold theirs open."""
    key = own.folder / "own.key.pem"
    key.write_bytes(
        own.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    subprocess.run(
        ["softhsm2-util", "--import", key, "--token", "party", "--label", "own-key", "--id",
         "0b", "--pin", "1234"], check=True, capture_output=True,
    )  # fmt: skip
    contract_id = contract_at("sent")
    browser = at_own_key(office, contract_id)
    request, document = handed_out(office, browser, contract_id, own.pem)
    (own.folder / "request.json").write_bytes(request)
    (own.folder / "contract.pdf").write_bytes(document)
    out = own.folder / "answer.json"
    done = own.command(
        str(own.folder / "request.json"), "--document", str(own.folder / "contract.pdf"),
        "--pkcs11", str(softhsm), "--token", "party", "--label", "own-key",
        "--answer", str(out), "--yes", typed="1234\n",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert send(browser, contract_id, out.read_bytes()).status_code == 303
    office.run_jobs()
    shown = office.api("chotatsu").get(f"/api/v1/contracts/{contract_id}").json()
    assert shown["state"] == "awaiting_city"


def test_the_way_is_chosen_at_making_and_offered_in_the_ceremony(office, contract_at):
    contract_id = contract_at("draft")
    staff = office.browser("chotatsu")
    page = staff.get(f"/contracts/{contract_id}/draft").text
    assert "自分の電子証明書で署名する" in page
    slot = (
        office.api("chotatsu").get(f"/api/v1/contracts/{contract_id}").json()["parties"][0]["slot"]
    )
    staff.submit(f"/contracts/{contract_id}/ways", {"own_key": slot})
    parties = office.api("chotatsu").get(f"/api/v1/contracts/{contract_id}").json()["parties"]
    assert [p["own_key"] for p in parties] == [True, False]


def test_without_the_codes_nothing_is_handed_out(office, contract_at):
    contract_id = contract_at("sent")
    browser = enter(office)
    base = f"/vendor/contracts/{contract_id}/sign/own-key"
    assert browser.get(base, follow_redirects=False).status_code == 303
    assert browser.get(f"{base}/request.json").status_code == 400
