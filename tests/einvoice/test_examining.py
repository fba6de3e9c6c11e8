"""Examining: refused, set aside or put before people; the contract found or not."""

from __future__ import annotations

from datetime import date

import pytest

from einvoice import examining, preparing
from einvoice.compose import compose
from einvoice.examining import examine
from einvoice.jobs import renew
from einvoice.states import State
from einvoice.writing import write
from tests.einvoice.desk import (
    CLERK,
    Desk,
    ids,
    mails,
    matched,
)
from tests.einvoice.situations import goods_terms


def test_a_claim_before_its_inspection_waits_and_is_matched_when_it_is_recorded(
    desk: Desk,
) -> None:
    found = desk.goods()
    row = desk.row(found)
    assert (row.status, row.result) == (State.AT_SECTION, "WAITING")
    assert "INS-001" in ids(desk, found)
    assert row.due_on is None
    desk.inspect_goods()
    row = desk.row(found)
    assert (row.result, row.due_on, row.inspection_no) == (
        "MATCHED",
        date(2026, 11, 25),
        "K8-00456",
    )


def test_an_invalid_document_is_refused_at_once_and_the_vendor_is_told_why(desk: Desk) -> None:
    desk.on(date(2026, 10, 27))
    data = write(compose(goods_terms())).replace(b">1081821<", b">1081822<", 1)
    found = desk.receive(data)
    row = desk.row(found)
    assert (row.status, row.is_live, row.verdict) == (State.REFUSED, False, "invalid")
    (mail,) = mails(desk)
    assert mail["to"] == "v000101@vendor.example"
    assert found.receipt_no in mail["subject"]


def test_bytes_that_are_no_xml_after_all_are_refused_as_unreadable(desk: Desk) -> None:
    found = desk.receive(b"<Invoice><unclosed>")
    assert (desk.row(found).status, desk.row(found).verdict) == (State.REFUSED, "unreadable")


def test_a_refused_document_can_be_sent_again_corrected(desk: Desk) -> None:
    desk.on(date(2026, 10, 27))
    bad = write(compose(goods_terms())).replace(b">1081821<", b">1081822<", 1)
    desk.receive(bad)
    good = desk.receive(goods_terms())
    assert desk.row(good).status is State.AT_SECTION
    assert desk.row(good).holds_number


def test_examining_twice_does_it_once(desk: Desk) -> None:
    found = desk.goods()
    version = desk.row(found).version
    examine(desk.deps, invoice_id=found.invoice_id)
    assert desk.row(found).version == version


def test_a_worker_killed_before_its_commit_leaves_the_receipt_to_the_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = desk.take_in(goods_terms())

    def die(*args: object, **more: object) -> None:
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(examining.audit, "append_all", die)
        with pytest.raises(SystemExit):
            examine(desk.deps, invoice_id=found.invoice_id)
    assert desk.row(found).status is State.RECEIVED
    examine(desk.deps, invoice_id=found.invoice_id)
    assert desk.row(found).status is State.AT_SECTION


def test_a_contract_is_found_without_its_number_only_when_it_is_certain(desk: Desk) -> None:
    desk.on(date(2026, 10, 27))
    desk.inspect_goods()
    found = desk.receive(goods_terms(contract=None))
    assert desk.row(found).contract_no == "2026K-B-00123"
    assert desk.row(found).result == "MATCHED"


def test_a_clerk_chooses_the_contract_where_none_is_named(desk: Desk) -> None:
    desk.on(date(2026, 10, 27))
    found = desk.receive(goods_terms(contract="番号なし"))
    assert desk.row(found).result == "UNMATCHED"
    with desk.database.transaction() as session:
        preparing.choose_contract(
            session,
            desk.deps,
            invoice_id=found.invoice_id,
            contract_no="2026K-B-00123",
            actor=CLERK,
            at=desk.at,
        )
    assert desk.row(found).contract_no == "2026K-B-00123"
    assert "CON-001" not in ids(desk, found)


def test_naming_another_vendors_contract_leads_nowhere(desk: Desk) -> None:
    desk.on(date(2026, 10, 27))
    found = desk.receive(goods_terms(contract="2026K-K-00210"))
    assert desk.row(found).contract_no is None


def test_the_morning_job_shows_nearing_due_dates(desk: Desk) -> None:
    found = matched(desk)
    assert "DAT-009" not in ids(desk, found)
    desk.on(date(2026, 11, 19))
    renew(desk.deps)
    assert "DAT-009" in ids(desk, found)
    assert desk.row(found).result == "MATCHED_WITH_WARNINGS"
