"""What cannot be made says why, and the drafter can order it again."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from walk import DRAFTER, Walk

from econtract import drafting
from econtract.jobs import give_up
from econtract.models import Document
from econtract.states import ContractState

pytestmark = pytest.mark.slow


def order(walk: Walk) -> str:
    """Order the document without letting the worker run."""
    with walk.deps.database.transaction() as session:
        made = drafting.make_document(
            session, walk.contract_id, rules=walk.deps.rules, actor=DRAFTER, at=walk.now
        )
        return made.id


def test_a_document_that_cannot_be_made_names_the_reason_and_can_be_ordered_again(
    walk: Walk,
) -> None:
    walk.draft()
    document_id = order(walk)
    with walk.deps.database.transaction() as session:
        document = session.get_one(Document, document_id)
        values = document.source["values"] | {"place": "\U0001f600"}
        document.source = document.source | {"values": values}
    walk.run_jobs()
    contract = walk.contract()
    assert contract.state == ContractState.RENDER_FAILED
    assert contract.note is not None
    assert "U+1F600" in contract.note["message_ja"]
    assert "contract.document_failed" in walk.actions()
    walk.make()
    assert walk.state() == ContractState.READY


def test_a_document_ordered_twice_is_made_for_the_newer_draft_only(walk: Walk) -> None:
    walk.draft()
    first = order(walk)
    with walk.deps.database.transaction() as session:
        contract = session.get_one(type(walk.contract()), walk.contract_id)
        contract.move(ContractState.DRAFTING, walk.now)
    second = order(walk)
    walk.run_jobs()
    with walk.deps.database.reader() as session:
        made = {d.id: d.sha256 for d in session.scalars(select(Document))}
    assert made[first] is None
    assert made[second] is not None


def test_a_job_given_up_for_good_puts_the_contract_where_a_person_can_act(walk: Walk) -> None:
    walk.draft()
    document_id = order(walk)
    give_up(walk.deps, "econtract.render", {"document_id": document_id}, OSError("disk"))
    contract = walk.contract()
    assert contract.state == ContractState.RENDER_FAILED
    assert walk.actions()[-1] == "contract.job_given_up"
    walk.make()
    assert walk.state() == ContractState.READY
    give_up(walk.deps, "econtract.keep", {"contract_id": contract.id}, OSError("disk"))
    give_up(walk.deps, "econtract.unknown", {}, OSError("disk"))
    assert walk.state() == ContractState.READY
