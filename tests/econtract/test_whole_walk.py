"""The whole walk, once, on real parts."""

import io
import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from walk import Walk

import signing
from econtract import keeping, queries
from econtract.states import ContractState
from records import audit


@pytest.mark.slow
def test_an_award_becomes_a_contract_both_sides_signed_and_keep(walk: Walk, tmp_path: Path) -> None:
    walk.to(ContractState.CONCLUDED, 契約種別="工事")
    contract = walk.contract()
    assert contract.number == "2026-00001"
    assert contract.concluded_at is not None
    assert walk.notices.heard == ["vendor_turn Vendor_A", "city_turn", "concluded"]

    walk.deps.clock.advance(timedelta(hours=25))
    walk.run_jobs()
    contract = walk.contract()
    pdf = keeping.contract_pdf(walk.deps.store, contract)
    verdict = signing.verify(pdf, walk.deps.trust, at=walk.now, expected_slots=("Vendor_A", "City"))
    assert verdict.is_passed, verdict.reasons
    assert verdict.level == "B-LTA"
    vendor, city = [s for s in verdict.signatures if s.kind == "signature"]
    assert vendor.name == "髙橋 一郎"
    assert "代表取締役" in (vendor.capacity or "")
    assert city.proven_time == contract.concluded_at

    certificate = keeping.certificate_pdf(walk.deps.store, contract)
    assert signing.verify(certificate, walk.deps.trust, at=walk.now).is_passed
    with walk.deps.database.reader() as session:
        package = keeping.package(session, walk.deps.store, contract, own_side="vendor")
        _checks_itself(package, tmp_path)
        assert audit.verify(session).is_whole
        actions = [e.action for e in audit.history(session, f"contract:{contract.id}")]
        assert queries.terms(session, contract.id).is_concluded
    assert actions == [
        "contract.drafted",
        "contract.document_ordered",
        "contract.document_made",
        "contract.submitted",
        "contract.step_approved",
        "contract.step_approved",
        "contract.decided",
        "contract.sent",
        "contract.consented",
        "contract.act_requested",
        "contract.signed",
        "contract.act_requested",
        "contract.signed",
        "contract.concluded",
        "contract.certified",
        "contract.kept",
    ]


def _checks_itself(package: bytes, folder: Path) -> None:
    """The package proves itself on a machine that has Python and nothing of ours; each part that
    is changed is named."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        archive.extractall(folder)

    def checked() -> tuple[int, str]:
        command = [sys.executable, "-I", str(folder / keeping.CHECK_NAME)]
        done = subprocess.run(
            command, capture_output=True, encoding="utf-8", env={"LC_ALL": "C.UTF-8"}
        )
        return done.returncode, done.stdout + done.stderr

    assert checked() == (0, "正常 / whole: ファイル、監査記録、契約書のSHA-256が一致しました。\n")
    excerpt = folder / keeping.EXCERPT_NAME
    whole = excerpt.read_text("utf-8")
    shown = [json.loads(line) for line in whole.splitlines()]
    assert audit.verify_export(whole.splitlines()).is_whole
    assert shown[-2]["action"] == "contract.kept"
    excerpt.write_text(whole.replace("髙橋", "高橋", 1), "utf-8")
    code, words = checked()
    assert code == 1
    assert "前の記録とつながりません" in words
    assert keeping.EXCERPT_NAME in words
    excerpt.write_text(whole, "utf-8")
    [pdf] = folder.glob("*_契約書.pdf")
    pdf.write_bytes(pdf.read_bytes() + b"\n")
    code, words = checked()
    assert code == 1
    assert "中身が変わっています" in words
    assert "契約書が、証跡の示すものと違います" in words
