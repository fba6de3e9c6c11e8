"""Bytes that are not the decided ones are neither sent nor signed, and the alarm stays."""

from __future__ import annotations

import io
from datetime import timedelta

import pikepdf
import pytest
from sqlalchemy import update
from walk import Walk

import signing
from econtract.errors import DecidedBytesDiffer, KeptBytesDamaged
from econtract.models import Act, Contract, Document
from econtract.states import ContractState

pytestmark = pytest.mark.slow
S = ContractState


def swap_stored(walk: Walk, sha256: str, data: bytes) -> None:
    """Exchange a file in the store behind everybody's back."""
    [path] = [p for p in walk.deps.store.folder.rglob("*") if p.is_file() and p.name == sha256]
    path.chmod(0o600)
    path.write_bytes(data)


def test_bytes_exchanged_in_the_store_after_the_decision_cannot_be_sent(walk: Walk) -> None:
    walk.to(S.APPROVED)
    swap_stored(walk, walk.sha256(), b"%PDF-1.7 exchanged")
    with pytest.raises(KeptBytesDamaged):
        walk.send()
    assert walk.state() == S.APPROVED  # the boundary records the alarm: see the portal's tests


@pytest.mark.parametrize("where", ["document", "current"])
def test_a_row_pointed_at_other_bytes_after_the_decision_cannot_be_sent(
    walk: Walk, where: str
) -> None:
    walk.to(S.APPROVED)
    other = walk.deps.store.put(b"%PDF-1.7 other").sha256
    with walk.deps.database.transaction() as session:
        if where == "document":
            session.execute(update(Document).values(sha256=other))
        else:
            session.execute(update(Contract).values(current_sha256=other))
    with pytest.raises(DecidedBytesDiffer):
        walk.send()


def test_t12_bytes_exchanged_before_signing_stop_the_contract_with_an_alarm(walk: Walk) -> None:
    walk.to(S.AWAITING_VENDOR).consent()
    walk.press_sign()
    with pikepdf.open(io.BytesIO(walk.deps.store.read(walk.sha256()))) as opened:
        out = io.BytesIO()
        opened.save(out)
    swap_stored(walk, walk.sha256(), out.getvalue())
    walk.run_jobs()
    assert walk.state() == S.HALTED
    assert walk.acts()[0].result_sha256 is None
    assert "contract.alarm" in walk.actions()
    assert walk.notices.heard[-1] == "alarm econtract.kept_bytes_damaged"


def test_a_hash_exchanged_in_the_database_before_signing_stops_it_too(walk: Walk) -> None:
    walk.to(S.AWAITING_VENDOR).consent()
    walk.press_sign()
    other = walk.deps.store.put(b"%PDF-1.7 other").sha256
    with walk.deps.database.transaction() as session:
        session.execute(update(Contract).values(current_sha256=other))
        session.execute(update(Act).values(input_sha256=other))
    walk.run_jobs()
    assert walk.state() == S.HALTED


def test_a_result_that_does_not_verify_is_never_applied(walk: Walk) -> None:
    walk.to(S.AWAITING_VENDOR).consent()
    act_id = walk.press_sign()
    # Somebody puts a forged result where a crashed run would have left it.
    walk.deps.store.put(walk.deps.store.read(walk.sha256()), name=f"econtract/act/{act_id}")
    walk.run_jobs()
    assert walk.state() == S.HALTED
    assert walk.notices.heard[-1] == "alarm econtract.signature_not_verified"


def test_t13_a_stranger_s_signature_put_in_place_of_the_act_is_refused(walk: Walk) -> None:
    walk.to(S.AWAITING_VENDOR).consent()
    act_id = walk.press_sign()
    forged = signing.sign(
        walk.deps.store.read(walk.sha256()),
        "Vendor_A",
        signing.Act("別人", "社長", "合意します", "another-act"),
        key=walk.deps.service_key,
        timestamper=walk.deps.timestamper,
        trust=walk.deps.trust,
    )
    walk.deps.store.put(forged, name=f"econtract/act/{act_id}")
    walk.run_jobs()
    assert walk.state() == S.HALTED


def test_a_damaged_concluded_file_raises_an_alarm_and_stays_concluded(walk: Walk) -> None:
    walk.to(S.CONCLUDED)
    sha256 = walk.contract().concluded_sha256
    assert sha256 is not None
    swap_stored(walk, sha256, b"%PDF-1.7 damaged")
    walk.deps.clock.advance(timedelta(hours=25))
    walk.run_jobs()
    contract = walk.contract()
    assert contract.state == S.CONCLUDED
    assert contract.kept_sha256 is None
    assert walk.notices.heard[-1] == "alarm econtract.kept_bytes_damaged"
