"""Calling off after the sending: who is told, what stays, what it refuses."""

from __future__ import annotations

import pytest
from walk import DRAFTER, Walk

from econtract import calling_off, queries
from econtract.errors import MoveRefused, ReasonRequired
from econtract.states import ContractState

S = ContractState
MEMBERS = "V0002/遠州土木㈱/社長/浜 太郎/hama@example.jp"


def call_off(walk: Walk, reason: str = "予算が成立しなかったため") -> None:
    with walk.deps.database.transaction() as session:
        calling_off.call_off(
            session,
            walk.contract_id,
            reason=reason,
            notices=walk.notices,
            actor=DRAFTER,
            at=walk.now,
        )


def put(walk: Walk, state: ContractState) -> None:
    """In `state` without ink: what is about the state alone."""
    with walk.deps.database.transaction() as session:
        contract = queries.locked(session, walk.contract_id)
        contract.sent_at = walk.now
        contract.move(state, walk.now)


def test_it_ends_with_its_reason_and_done_twice_it_is_told_once(walk):
    walk.draft()
    put(walk, S.AWAITING_VENDOR)
    call_off(walk)
    call_off(walk, "別の理由")
    contract = walk.contract()
    assert contract.state == S.WITHDRAWN
    assert calling_off.is_called_off(contract)
    assert contract.note == {
        "called_off": "yes",
        "reason": "予算が成立しなかったため",
        "by": DRAFTER.name,
    }
    assert walk.actions().count("contract.called_off") == 1
    assert walk.notices.heard == ["called_off Vendor_A"]


@pytest.mark.slow
def test_who_has_signed_is_told_too_and_who_was_never_asked_is_not(walk):
    walk.to(S.AWAITING_VENDOR, JV構成員=f"{MEMBERS};V0003/乙建設/社長/乙 二郎/o@example.jp")
    walk._vendor()
    assert walk.state() == S.AWAITING_VENDOR
    call_off(walk)
    assert walk.notices.heard[-1] == "called_off Vendor_A,Vendor_B"
    assert [act.state for act in walk.acts()] == ["signed"]  # what was signed stays evidence


@pytest.mark.parametrize("state", sorted(set(S) - {S.AWAITING_VENDOR, S.AWAITING_CITY}))
def test_before_the_sending_while_signing_and_after_the_end_it_is_refused(walk, state):
    walk.draft()
    put(walk, state)
    with pytest.raises(MoveRefused):
        call_off(walk)
    assert walk.state() == state


def test_a_reason_is_needed(walk):
    walk.draft()
    put(walk, S.AWAITING_CITY)
    with pytest.raises(ReasonRequired):
        call_off(walk, " ")
    assert walk.state() == S.AWAITING_CITY
