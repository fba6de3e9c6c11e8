"""Stories 1, 4, 5, 8 and 10 seen on one contract that was concluded: what anyone may do with it.

A test's name is the line of acceptance, s and the story's number first; tests/stories/lines.py
lists them all.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

import signing
from econtract import keeping, queries
from portal.cli import pdf as pdf_cli
from records import audit
from signing import Judge

pytestmark = pytest.mark.slow
VENDOR = "takahashi@example.jp"


def vendor_browser(office):
    browser = office.browser()
    browser.submit("/vendor-login", {"mail": VENDOR})
    office.run_jobs()
    assert browser.submit(office.mailed_link(VENDOR)).status_code == 303
    return browser


def signatures(pdf: bytes, office):
    verdict = signing.verify(pdf, office.service.trust, office.now)
    assert verdict.is_passed, verdict.reasons
    return verdict, [s for s in verdict.signatures if s.kind == "signature"]


def test_s04_concluded_at_the_time_of_the_last_timestamp_and_both_sides_told(kept):
    """Each act carries a proven time (B-T); the event's time is the last one's, and both sides
    hear of it once."""
    office, contract = kept.office, kept.contract
    pdf = office.service.store.read(contract.concluded_sha256)
    verdict, (vendor, city) = signatures(pdf, office)
    assert (vendor.field, city.field) == ("Vendor_A", "City")
    assert vendor.proven_time is not None
    assert verdict.level == "B-T"
    assert contract.concluded_at == city.proven_time
    with office.service.database.reader() as session:
        acts = queries.acts(session, contract.document_id)
    assert [acts[s.field].signed_at for s in (vendor, city)] == [
        vendor.proven_time,
        city.proven_time,
    ]
    for side in (VENDOR, office.service.settings.city.mail):
        told = [body for body in office.mails(side) if "確定" in body and contract.number in body]
        assert len(told) == 1, side


def test_s05_page_and_command_give_the_same_verdict_in_japanese(kept, tmp_path, monkeypatch):
    """The page's API and `verify file.pdf --json` give one JSON; its words are Japanese."""
    office = kept.office
    pdf = office.service.store.read(kept.contract.kept_sha256)
    file = tmp_path / "契約書.pdf"
    file.write_bytes(pdf)

    class JudgeOfThatDay(Judge):
        """The command judges by the machine's clock; this contract has another day."""

        def verify(self, pdf, at=None, **more):
            return super().verify(pdf, at or office.now, **more)

    monkeypatch.setattr(pdf_cli, "Judge", JudgeOfThatDay)
    pki = office.service.settings.signing.pki_folder
    done = CliRunner().invoke(pdf_cli.app, ["verify", "--json", str(file), "--trust", str(pki)])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout.splitlines()[-1])
    del said["file"]
    browser = office.browser()
    head = {"content-type": "application/pdf"}
    assert browser.post("/api/v1/verify", content=pdf, headers=head).json() == said
    page = browser.submit("/verify", {}, files={"file": ("a.pdf", pdf, "application/pdf")}).text
    assert "有効です（VALID）" in page


def test_s05_no_file_is_kept_no_signature_is_not_ok_and_a_missing_slot_is_shown(kept):
    office = kept.office
    browser = office.browser()
    before = sorted(p for p in office.service.store.folder.rglob("*") if p.is_file())

    def page(data: bytes) -> str:
        answer = browser.submit("/verify", {}, files={"file": ("a.pdf", data, "application/pdf")})
        assert answer.status_code == 200
        return answer.text

    contract = kept.contract
    with office.service.database.reader() as session:
        document = queries.document(session, contract)
        acts = queries.acts(session, contract.document_id)
    unsigned = page(office.service.store.read(document.sha256))
    assert "有効です（VALID）" not in unsigned
    half = page(office.service.store.read(acts["Vendor_A"].result_sha256))
    assert "有効です（VALID）" not in half
    missing = half[half.index("足りない署名") :]
    assert "発注者 遠州市" in missing[: missing.index("予定にない署名")]
    assert sorted(p for p in office.service.store.folder.rglob("*") if p.is_file()) == before


def test_s08_zip_with_pdf_certificate_evidence_and_hashes_for_both_sides(kept):
    """The package of either side holds the kept PDF, the certificate of agreement, the evidence
    as JSON and their hashes."""
    import hashlib

    office = kept.office
    path = f"/api/v1/contracts/{kept.contract_id}/package"
    for who in ("chotatsu", VENDOR):
        archive = zipfile.ZipFile(io.BytesIO(office.api(who).get(path).content))
        names = archive.namelist()
        [contract] = [n for n in names if n.endswith("_契約書.pdf")]
        [certificate] = [n for n in names if "合意締結証明書" in n]
        assert hashlib.sha256(archive.read(contract)).hexdigest() == kept.contract.kept_sha256
        assert (
            hashlib.sha256(archive.read(certificate)).hexdigest()
            == kept.contract.certificate_sha256
        )
        [evidence] = [n for n in names if n.endswith(".json")]
        assert kept.contract.number in json.dumps(json.loads(archive.read(evidence)))
        sums = "".join(archive.read(n).decode() for n in names if not n.endswith(".pdf"))
        assert kept.contract.kept_sha256 in sums
        assert keeping.CHECK_NAME in names


def test_s10_the_auditor_reads_the_whole_timeline_with_who_when_and_hash(kept):
    office = kept.office
    page = office.browser("kansa").get(f"/contracts/{kept.contract_id}").text
    for who in ("調達 花子", "道路 次郎", "契約 四郎", "髙橋 𠮷郎"):
        assert who in page
    with office.service.database.reader() as session:
        history = audit.history(session, f"contract:{kept.contract_id}")
        document = queries.document(session, queries.contract(session, kept.contract_id))
    actions = [entry.action for entry in history]
    for step in ("drafted", "submitted", "decided", "sent", "signed", "concluded", "kept"):
        assert f"contract.{step}" in actions, step
    decided = next(e for e in history if e.action == "contract.decided")
    assert document.sha256 in json.dumps(decided.details)


def test_s10_the_log_proves_itself_offline_and_a_changed_row_is_named(kept, tmp_path: Path):
    with kept.office.service.database.reader() as session:
        lines = list(audit.export(session))
    assert audit.verify_export(lines).is_whole
    number = next(i for i, line in enumerate(lines) if '"contract.sent"' in line)
    row = json.loads(lines[number])["seq"]
    lines[number] = lines[number].replace("調達 花子", "調達 太郎")
    report = audit.verify_export(lines)
    assert not report.is_whole
    assert f"{row} 番" in report.broken.message_ja
