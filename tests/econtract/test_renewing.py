"""長期保存の更新: due dates are known, a renewal touches nothing signed, and happens once."""

from datetime import timedelta

import pytest
from sqlalchemy import update
from walk import Walk

import signing
from econtract import renewing
from econtract.models import Contract
from econtract.states import ContractState
from records import audit

pytestmark = pytest.mark.slow


@pytest.fixture
def kept(walk: Walk) -> Walk:
    walk.to(ContractState.CONCLUDED)
    walk.deps.clock.advance(timedelta(hours=25))
    walk.run_jobs()
    assert walk.contract().kept_sha256
    return walk


def acts_of(walk: Walk) -> list[str]:
    with walk.deps.database.reader() as session:
        return [e.action for e in audit.history(session, f"contract:{walk.contract().id}")]


def test_the_due_date_stands_beside_the_contract_and_is_the_files_own(kept: Walk) -> None:
    contract = kept.contract()
    pdf = kept.deps.store.read(contract.kept_sha256)
    assert contract.renewal_due == signing.renewal_due(pdf, kept.deps.trust, kept.now)
    with kept.deps.database.reader() as session:
        year = contract.renewal_due.year
        assert renewing.due(session, contract.renewal_due) == []
        [found] = renewing.due(session, contract.renewal_due + timedelta(seconds=1))
        assert found.id == contract.id
        assert sum(renewing.due_by_year(session).values()) == 1
        assert abs(next(iter(renewing.due_by_year(session))) - year) <= 1


def test_a_night_before_it_is_due_does_nothing(kept: Walk) -> None:
    before = kept.contract()
    renewing.plan_renewals(kept.deps)
    kept.run_jobs()
    assert kept.contract().kept_sha256 == before.kept_sha256
    assert "contract.renewed" not in acts_of(kept)


def test_s20_a_renewal_adds_a_timestamp_keeps_every_earlier_byte_and_happens_once(
    kept: Walk,
) -> None:
    before = kept.contract()
    # As if the file's timestamp ran out sooner than the authority's newest certificate does.
    with kept.deps.database.transaction() as session:
        session.execute(update(Contract).values(renewal_due=kept.now))
    when = (kept.now + timedelta(days=365 * 40)).isoformat()
    renewing.renew(kept.deps, contract_id=before.id, before=when)
    after = kept.contract()
    assert after.kept_sha256 != before.kept_sha256
    old, new = (kept.deps.store.read(c.kept_sha256) for c in (before, after))
    assert new.startswith(old)
    verdict = signing.verify(new, kept.deps.trust, at=kept.now, expected_slots=("Vendor_A", "City"))
    assert verdict.is_passed, verdict.reasons
    assert acts_of(kept).count("contract.renewed") == 1
    # The same authority again proves nothing longer: the file is left alone.
    renewing.renew(kept.deps, contract_id=before.id, before=when)
    assert kept.contract().kept_sha256 == after.kept_sha256
    assert acts_of(kept).count("contract.renewed") == 1


def test_a_crash_after_the_stamp_adopts_it_and_buys_no_second(kept: Walk) -> None:
    before = kept.contract()
    with kept.deps.database.transaction() as session:
        session.execute(update(Contract).values(renewal_due=kept.now))
    when = (kept.now + timedelta(days=365 * 40)).isoformat()
    renewing.renew(kept.deps, contract_id=before.id, before=when)
    first = kept.contract().kept_sha256
    with kept.deps.database.transaction() as session:  # as if the last transaction was lost
        session.execute(
            update(Contract).values(kept_sha256=before.kept_sha256, renewal_due=kept.now)
        )
    renewing.renew(kept.deps, contract_id=before.id, before=when)
    assert kept.contract().kept_sha256 == first


def test_a_date_not_looked_at_for_long_is_worked_out_from_the_file_again(kept: Walk) -> None:
    right = kept.contract().renewal_due
    with kept.deps.database.transaction() as session:
        session.execute(update(Contract).values(renewal_due=None, renewal_checked_at=None))
    renewing.plan_renewals(kept.deps)
    assert kept.contract().renewal_due == right


def test_a_kept_file_that_is_damaged_raises_the_alarm_and_stays_final(kept: Walk) -> None:
    contract = kept.contract()
    [file] = [
        f for f in kept.deps.store.folder.rglob(f"*{contract.kept_sha256[4:]}*") if f.is_file()
    ]
    file.chmod(0o600)
    file.write_bytes(b"%PDF-1.7 other bytes")
    assert renewing.review(kept.deps, contract.id) is None
    assert "contract.alarm" in acts_of(kept)
    assert kept.contract().state == ContractState.CONCLUDED
