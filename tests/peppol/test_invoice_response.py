"""Invoice Response: made from decisions, read when we are the seller."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from peppol import invoice_response as ir
from peppol.errors import ResponseInvalid
from peppol.invoice_response import (
    Clarification,
    ClarificationAction,
    ClarificationReason,
    InvoiceResponse,
    InvoiceStatus,
    ResponseParty,
)

from .builders import CITY, VENDOR


def a_response(**changes: object) -> InvoiceResponse:
    values: dict[str, object] = {
        "id": "ir-1",
        "issued": date(2026, 11, 23),
        "sender": ResponseParty(CITY, "遠州市"),
        "receiver": ResponseParty(VENDOR, "髙﨑工務店 & 𠮷田"),
        "status": InvoiceStatus.ACCEPTED,
        "invoice_number": "INV-1",
        "invoice_date": date(2026, 11, 20),
    }
    return InvoiceResponse(**{**values, **changes})  # type: ignore[arg-type]


QUERY = {
    "status": InvoiceStatus.UNDER_QUERY,
    "note": "n",
    "effective": date(2026, 11, 24),
    "clarifications": (
        Clarification(
            ClarificationReason.PRICES_INCORRECT, "単価", (("BT-146", "1000"), ("x", "y"))
        ),
        Clarification(ClarificationAction.NEW_INVOICE),
    ),
}


@pytest.mark.parametrize("status", list(InvoiceStatus))
def test_every_status_is_written_and_read_again(status: InvoiceStatus) -> None:
    response = a_response(**{**QUERY, "status": status})
    assert ir.read(response.write()) == response


def test_plain_acceptance_is_written_and_read_again() -> None:
    response = a_response(invoice_date=None)
    assert ir.read(response.write()) == response
    assert b"StatusReasonCode" not in response.write()


@pytest.mark.parametrize("status", ["UQ", "CA", "RE"])
def test_query_condition_and_rejection_need_a_reason(status: str) -> None:
    with pytest.raises(ResponseInvalid) as caught:
        a_response(status=InvoiceStatus(status))
    assert caught.value.field == "cac:Status"


@pytest.mark.parametrize(
    "changes", [{"id": ""}, {"invoice_number": " "}, {"sender": ResponseParty(CITY, "")}]
)
def test_empty_essentials_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ResponseInvalid):
        a_response(**changes)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        (b"trns:invoice_response:3", b"trns:other:3", "cbc:CustomizationID"),
        (b"bis:invoice_response:3", b"bis:other:3", "cbc:ProfileID"),
        (b">UQ<", b">XX<", "cbc:ResponseCode"),
        (b">PRI<", b">XXX<", "cbc:StatusReasonCode"),
        (b'listID="OPStatusAction"', b'listID="other"', "cbc:StatusReasonCode"),
        (b"<cbc:IssueDate>2026-11-23</cbc:IssueDate>", b"", "cbc:IssueDate"),
        (b"2026-11-24", b"tomorrow", "cac:Response/cbc:EffectiveDate"),
        (b'schemeID="0188"', b'schemeID="x"', "cac:SenderParty/cbc:EndpointID"),
        (b"<cac:DocumentResponse>", b"<cac:DocumentResponse/><cac:DocumentResponse>",
         "cac:DocumentResponse"),
        (b"<cbc:ID>ir-1<", b"<cbc:ID>a</cbc:ID><cbc:ID>ir-1<", "cbc:ID"),
        (b"<cbc:ID>ir-1<", b"<cbc:ID><x/>ir-1<", "cbc:ID"),
    ],
)  # fmt: skip
def test_wrong_document_is_refused_with_its_place(old: bytes, new: bytes, field: str) -> None:
    data = a_response(**QUERY).write()
    assert old in data
    with pytest.raises(ResponseInvalid) as caught:
        ir.read(data.replace(old, new, 1))
    assert caught.value.field == field


def test_published_example_is_read() -> None:
    root = os.environ.get("WARIFU_PEPPOL_VECTORS")
    found = sorted(Path(root).rglob("InvoiceResponse_Example.xml")) if root else []
    if not found:
        pytest.skip("WARIFU_PEPPOL_VECTORS names no folder with phase4")
    response = ir.read(found[0].read_bytes())
    assert response.status is InvoiceStatus.REJECTED
    assert ir.read(response.write()) == response


def test_statuses_only_advance_and_end_with_a_final_one() -> None:
    ab, re, ap, pd = (InvoiceStatus(code) for code in ("AB", "RE", "AP", "PD"))
    assert ir.follows(ab, [])
    assert ir.follows(re, [ab])
    assert ir.follows(pd, [ab, ap])
    assert ir.follows(ap, [])
    for status, told in ((re, [ap]), (ab, [ap]), (pd, [re]), (ap, [pd]), (ab, [ab])):
        assert not ir.follows(status, told)


def test_a_clarification_may_be_in_words_only_where_no_code_is_needed() -> None:
    words = Clarification(None, "月末にまとめて処理します。")
    response = replace(a_response(), status=InvoiceStatus.IN_PROCESS, clarifications=(words,))
    assert ir.read(response.write()) == response
    with pytest.raises(ResponseInvalid):
        replace(response, status=InvoiceStatus.REJECTED)
    with pytest.raises(ResponseInvalid):
        replace(
            response,
            status=InvoiceStatus.PAID,
            clarifications=(Clarification(ClarificationReason.PARTLY_PAID),),
        )
