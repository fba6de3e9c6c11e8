"""Message Level Status: made from findings, read, its rules."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from peppol import message_level_status as mls
from peppol.errors import ResponseInvalid, Text
from peppol.identifiers import ParticipantId
from peppol.message_level_status import Issue, MessageLevelStatus, Reason, Status

from .builders import NOON

C2, C3 = ParticipantId("0242:000001"), ParticipantId("0242:000002")


def a_status(**changes: object) -> MessageLevelStatus:
    values: dict[str, object] = {
        "id": "mls-1", "issued": NOON, "sender": C3, "receiver": C2,
        "status": Status.HANDED_ON, "reference": "instance-1",
    }  # fmt: skip
    return MessageLevelStatus(**{**values, **changes})  # type: ignore[arg-type]


REJECTION = {
    "status": Status.REJECTED,
    "description": "broken <&>",
    "issues": (
        Issue(Reason.RULE_VIOLATED, "[ibr-01] 通貨", "/Invoice/cbc:ID"),
        Issue(Reason.RULE_WARNING, "w"),
    ),
}


NO_CURRENCY = Text("通貨がありません。", "no currency.")


@dataclass(frozen=True)
class Finding:
    id: str = "ibr-01"
    severity: str = "error"
    path: str | None = "/Invoice"
    source: str = "rule"
    message: Text = NO_CURRENCY


@pytest.mark.parametrize("changes", [{}, {"status": Status.DELIVERED}, REJECTION])
def test_what_is_written_is_read_again(changes: dict[str, object]) -> None:
    status = a_status(**changes)
    assert mls.read(status.write()) == status


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"id": " "}, "SCH-MLS-03"),
        ({"issued": datetime(2026, 11, 23)}, "SCH-MLS-06"),  # noqa: DTZ001
        ({"sender": ParticipantId("0188:1")}, "SCH-MLS-11"),
        ({"receiver": ParticipantId("0242:1")}, "SCH-MLS-16"),
        ({"reference": ""}, "SCH-MLS-26"),
        ({**REJECTION, "description": ""}, "SCH-MLS-21"),
        ({**REJECTION, "issues": ()}, "SCH-MLS-23"),
        ({**REJECTION, "issues": (Issue(Reason.RULE_WARNING, "w"),)}, "SCH-MLS-24"),
        ({**REJECTION, "status": Status.DELIVERED}, "SCH-MLS-25"),
        ({**REJECTION, "issues": (Issue(Reason.RULE_VIOLATED, "x", " "),)}, "SCH-MLS-27"),
        ({**REJECTION, "issues": (Issue(Reason.RULE_VIOLATED, " "),)}, "SCH-MLS-29"),
    ],
)
def test_rule_that_is_broken_is_named(changes: dict[str, object], rule: str) -> None:
    with pytest.raises(ResponseInvalid) as caught:
        a_status(**changes)
    assert caught.value.field == rule


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (b"edec:mls:1.0", b"edec:mls:2.0", "SCH-MLS-01"),
        (b">urn:peppol:edec:mls<", b">x<", "SCH-MLS-02"),
        (b"2026-11-23<", b"2026-11-23Z<", "SCH-MLS-04"),
        (b"2026-11-23<", b"2026-13-23<", "SCH-MLS-04"),
        (b"<cbc:IssueTime>03:00:00Z</cbc:IssueTime>", b"", "SCH-MLS-05"),
        (b"03:00:00Z", b"03:00:00", "SCH-MLS-06"),
        (b'schemeID="0242">000002', b'schemeID="0088">000002', "SCH-MLS-11"),
        (b' schemeID="0242">000001', b">000001", "SCH-MLS-14"),
        (b">AB<", b">XX<", "SCH-MLS-19"),
        (b"<cac:DocumentReference>", b"<cac:DocumentReference/><cac:DocumentReference>",
         "SCH-MLS-22"),
        (b"<cac:DocumentResponse>", b"<cac:DocumentResponse/><cac:DocumentResponse>",
         "SCH-MLS-17"),
        (b"</cac:DocumentResponse>", b"<cac:LineResponse/></cac:DocumentResponse>", "SCH-MLS-30"),
        (b"<ApplicationResponse", b"<!DOCTYPE a><ApplicationResponse", "xml"),
        (b"ApplicationResponse", b"CreditNote", "xml"),
    ],
)  # fmt: skip
def test_document_that_breaks_a_rule_is_refused(old: bytes, new: bytes, rule: str) -> None:
    data = a_status().write()
    assert old in data
    with pytest.raises(ResponseInvalid) as caught:
        mls.read(data.replace(old, new))
    assert caught.value.field == rule


def status_of(*findings: Finding) -> MessageLevelStatus:
    return mls.status_of(findings, reference="i", sender=C3, receiver=C2, at=NOON)


def test_findings_of_the_standard_make_a_rejection_with_place_and_text() -> None:
    status = status_of(
        Finding(severity="warning"), Finding(), Finding(source="structure", path=None)
    )
    assert status.status is Status.REJECTED
    assert [i.reason for i in status.issues] == ["BV", "SV", "BW"]
    assert status.issues[0] == Issue(Reason.RULE_VIOLATED, "[ibr-01] no currency.", "/Invoice")
    assert status.issues[1].place == "NA"
    assert mls.read(status.write()) == replace(status, issued=NOON)


def test_business_between_buyer_and_seller_does_not_reject_the_message() -> None:
    for source in ("match", "registry", "qualified", "consistency"):
        assert status_of(Finding(source=source)).status is Status.HANDED_ON
    assert status_of(Finding(severity="info"), Finding(severity="warning")).status is (
        Status.HANDED_ON
    )
    assert status_of().issues == ()


def test_thousands_of_findings_stay_a_rejection_within_the_cap() -> None:
    status = status_of(*[Finding(severity="warning")] * 900, *[Finding()] * 900)
    assert status.status is Status.REJECTED
    assert len(status.issues) == mls.MOST_ISSUES


def test_failed_delivery_is_said() -> None:
    status = mls.delivery_failed("no mailbox", reference="i", sender=C3, receiver=C2, at=NOON)
    assert status.issues == (Issue(Reason.DELIVERY_FAILED, "no mailbox"),)
    assert mls.read(status.write()).status is Status.REJECTED


def test_published_examples_have_the_expected_verdicts() -> None:
    root = os.environ.get("WARIFU_PEPPOL_VECTORS")
    good = sorted(Path(root).rglob("test-files/good/MessageLevel*.xml")) if root else []
    if not good:
        pytest.skip("WARIFU_PEPPOL_VECTORS names no folder with peppol-mls")
    for path in good:
        status = mls.read(path.read_bytes())
        assert mls.read(status.write()) == status
        assert status.issued.astimezone(UTC)
    for path in sorted(Path(root or "").rglob("test-files/bad/mls-[0-9]*.xml")):
        with pytest.raises(ResponseInvalid):
            mls.read(path.read_bytes())
