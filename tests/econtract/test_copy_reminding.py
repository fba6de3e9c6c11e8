"""控えの督促: asked again on business days until the copy is taken, never twice for one day."""

from datetime import date, timedelta

import pytest
from walk import SIGNER, Walk

from econtract import keeping
from econtract.copy_reminding import AFTER_DAYS, due, remind_copies
from econtract.states import ContractState
from records import audit


@pytest.mark.parametrize(
    ("already", "today", "expected"),
    [
        (0, date(2026, 11, 26), False),  # two days after
        (0, date(2026, 11, 27), True),
        (0, date(2026, 11, 28), False),  # Saturday
        (1, date(2026, 11, 27), False),  # the next one only after ten days
        (1, date(2026, 12, 4), True),
        (3, date(2027, 1, 1), False),  # New Year
        (len(AFTER_DAYS), date(2027, 12, 1), False),
    ],
)
def test_when_one_more_reminder_is_due(already: int, today: date, expected: bool) -> None:
    assert due(date(2026, 11, 24), already, today) is expected


@pytest.mark.slow
def test_s08_a_vendor_is_reminded_once_a_step_until_it_has_its_copy(walk: Walk) -> None:
    walk.to(ContractState.CONCLUDED)
    contract = walk.contract()
    heard = walk.notices.heard
    heard.clear()
    remind_copies(walk.deps)
    assert heard == []
    walk.deps.clock.advance(timedelta(days=7))
    remind_copies(walk.deps)
    remind_copies(walk.deps)
    assert heard == ["copy_missing Vendor_A 1"]
    walk.deps.clock.advance(timedelta(days=7))
    remind_copies(walk.deps)
    assert heard == ["copy_missing Vendor_A 1", "copy_missing Vendor_A 2"]
    with walk.deps.database.transaction() as session:
        keeping.note_download(session, contract.id, what="package", actor=SIGNER, at=walk.now)
    walk.deps.clock.advance(timedelta(days=35))
    remind_copies(walk.deps)
    assert len(heard) == 2
    with walk.deps.database.reader() as session:
        acts = [e.action for e in audit.history(session, f"contract:{contract.id}")]
    assert acts.count("contract.copy_reminded") == 2
