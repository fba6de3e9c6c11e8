"""契約を探す: the page, the CSV and ZIP of all hits, and the same by API, each side its own."""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile

import pytest
from sqlalchemy import update

from econtract import queries
from econtract.models import Act, Contract
from records import audit

VENDOR = "takahashi@example.jp"


@pytest.fixture
def concluded(office, contract_at):
    contract_id = contract_at("concluded")
    office.run_jobs()
    with office.service.database.reader() as session:
        session.expunge(contract := queries.contract(session, contract_id))
    assert contract.kept_sha256
    assert contract.certificate_sha256
    return contract


def test_s09_day_amount_and_partner_find_it_and_a_wrong_one_does_not(office, concluded):
    staff = office.browser("chotatsu")
    found = "/contracts/search?day_from=2026-01-01&day_to=2099-12-31&amount_from=8,800,000"
    found += "&partner=㈱高崎&text=書架"
    page = staff.get(found).text
    assert "1件" in page
    assert "図書館 書架用品 一式" in page
    assert "当てはまる契約はありません" in staff.get(found + "&amount_to=8800000&text=橋").text
    assert "入れ替えて" in staff.get(found + "&amount_to=1").text
    assert "当てはまる契約はありません" in staff.get("/contracts/search?partner=別の会社").text


def test_a_wrong_day_is_named_at_its_field_and_nothing_is_lost(office):
    answer = office.browser("chotatsu").get("/contracts/search?day_from=2026-02-30&partner=高崎")
    assert answer.status_code == 400
    assert 'id="field-day_from-error"' in answer.text
    assert "実在する日" in answer.text
    assert 'value="高崎"' in answer.text


def test_s09_csv_and_zip_hold_all_hits_and_the_files_are_the_kept_ones(office, concluded):
    staff = office.browser("kansa")
    rows = list(
        csv.reader(io.StringIO(staff.get("/contracts/search.csv").content.decode("utf-8-sig")))
    )
    assert len(rows) == 2
    line = dict(zip(*rows, strict=True))
    assert line["契約金額（税込・円）"] == "8800000"
    assert line["相手方"] == "株式会社髙﨑建設"
    archive = zipfile.ZipFile(io.BytesIO(staff.get("/contracts/search.zip").content))
    assert archive.testzip() is None
    pdf = archive.read(line["ファイル名"])
    assert hashlib.sha256(pdf).hexdigest() == line["SHA-256"] == concluded.kept_sha256
    certificate = archive.read(f"{concluded.number}_合意締結証明書.pdf")
    assert hashlib.sha256(certificate).hexdigest() == concluded.certificate_sha256
    with office.service.database.reader() as session:
        taken = [e for e in audit.entries(session) if e.action == "contract.exported"]
    assert [(e.details["form"], e.details["contracts"]) for e in taken] == [("csv", 1), ("zip", 1)]


def test_what_not_all_have_signed_is_never_handed_out_as_concluded(office, concluded):
    """The register may be wrong (a state set by hand): what counts is that every slot is signed."""

    def shown() -> tuple[dict[str, str], zipfile.ZipFile, str]:
        answer = office.api(VENDOR).get("/api/v1/contracts/search.zip")
        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        rows = list(csv.reader(io.StringIO(archive.read("索引.csv").decode("utf-8-sig"))))
        page = office.browser("kansa").get("/contracts/search").text
        return dict(zip(*rows, strict=True)), archive, page

    line, archive, page = shown()
    assert line["ファイル名"] in archive.namelist()
    assert "署名がそろっていません" not in page
    forged = (
        (Act, Act.contract_id == concluded.id, {"state": "requested"}, {"state": "signed"}),
        (Contract, Contract.id == concluded.id, {"state": "halted"}, {"state": "concluded"}),
        (
            Contract,
            Contract.id == concluded.id,
            {"concluded_sha256": "0" * 64},
            {"concluded_sha256": concluded.concluded_sha256},
        ),
    )
    for table, which, wrong, right in forged:
        with office.service.database.transaction() as session:
            session.execute(update(table).where(which).values(**wrong))
        line, archive, page = shown()
        assert line["確定日時（日本時間）"] == line["ファイル名"] == "（署名がそろっていません）"
        assert line["SHA-256"] == ""
        names = ["索引.csv", f"{concluded.number}_署名がそろっていません.txt"]
        assert archive.namelist() == names
        assert "署名がそろっていません" in page
        [found] = office.api("kansa").get("/api/v1/contracts/search").json()["contracts"]
        assert (found["is_proven"], found["sha256"]) == (False, None)
        with office.service.database.transaction() as session:
            session.execute(update(table).where(which).values(**right))
    assert shown()[0]["SHA-256"] == concluded.kept_sha256


def test_s08_the_vendors_zip_counts_as_its_copy_and_who_has_none_is_listed(office, concluded):
    missing = "/api/v1/contracts/search?copy=missing"
    assert office.api("chotatsu").get(missing).json()["count"] == 1
    answer = office.api(VENDOR).get("/api/v1/contracts/search.zip")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    index = archive.read("索引.csv").decode("utf-8-sig")
    assert office.service.settings.city.name in index
    with office.service.database.reader() as session:
        assert queries.contract(session, concluded.id).vendor_has_copy_at is not None
    assert office.api("chotatsu").get(missing).json()["count"] == 0


def test_another_department_finds_nothing_and_another_vendor_neither(office, concluded):
    assert office.api("dorokacho").get("/api/v1/contracts/search").json()["count"] == 1
    with office.service.database.transaction() as session:
        queries.locked(session, concluded.id).department = "図書館"
        for party in queries.parties(session, concluded.id):
            party.vendor_id = "somebody-else" if party.side == "vendor" else None
    assert office.api("dorokacho").get("/api/v1/contracts/search").json()["count"] == 0
    assert office.api(VENDOR).get("/api/v1/contracts/search").json()["count"] == 0
    assert office.api("kaikei").get("/api/v1/contracts/search").json()["count"] == 1


def test_a_damaged_file_is_named_in_the_zip_and_raises_the_alarm(office, concluded):
    store = office.service.store
    [file] = [f for f in store.folder.rglob(f"*{concluded.kept_sha256[4:]}*") if f.is_file()]
    file.chmod(0o600)
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    answer = office.api("chotatsu").get("/api/v1/contracts/search.zip")
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    [note] = [n for n in archive.namelist() if n.endswith("読めませんでした.txt")]
    assert concluded.number in note
    with office.service.database.reader() as session:
        history = audit.history(session, f"contract:{concluded.id}")
    assert "contract.alarm" in [entry.action for entry in history]
