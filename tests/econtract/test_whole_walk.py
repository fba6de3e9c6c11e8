"""The whole walk, once, on real parts."""

from datetime import timedelta

import pytest
from walk import Walk

import signing
from econtract import keeping, queries
from econtract.states import ContractState
from records import audit


@pytest.mark.slow
def test_an_award_becomes_a_contract_both_sides_signed_and_keep(walk: Walk) -> None:
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
        assert package[:2] == b"PK"
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
