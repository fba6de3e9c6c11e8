"""Message Level Status 1.0: corner 3 tells corner 2 what became of a message.

Rules SCH-MLS-01 to 31 (Schematron 1.0.1) hold for every value of `MessageLevelStatus`: it cannot
be made or read otherwise, and the broken rule is the error's `field`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Final, Protocol
from uuid import uuid4

from lxml import etree

from peppol.errors import IdentifierInvalid
from peppol.identifiers import SERVICE_PROVIDER, ParticipantId
from peppol.ubl_response import Reading, document, element, fault_of
from peppol.xml_input import confined

CUSTOMIZATION: Final = "urn:peppol:edec:mls:1.0"
PROFILE: Final = "urn:peppol:edec:mls"
NOWHERE: Final = "NA"
MOST_ISSUES: Final = 1000

_TIME: Final = re.compile(r"(\d\d:\d\d:\d\d(?:\.\d{1,6})?)(Z|[+-]\d\d:\d\d)\Z", re.ASCII)
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)
_fault = fault_of("Message Level Status")


class Status(StrEnum):
    DELIVERED = "AP"
    """Handed to the end user, who confirmed it."""
    HANDED_ON = "AB"
    """Handed on without confirmation."""
    REJECTED = "RE"


class Reason(StrEnum):
    RULE_VIOLATED = "BV"
    RULE_WARNING = "BW"
    DELIVERY_FAILED = "FD"
    SYNTAX_VIOLATED = "SV"


_FAILURES: Final = frozenset({Reason.RULE_VIOLATED, Reason.DELIVERY_FAILED, Reason.SYNTAX_VIOLATED})


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing found; `place` is an XPath, or NA."""

    reason: Reason
    text: str
    place: str = NOWHERE


class FindingLike(Protocol):
    """What a validator of documents says (einvoice.Finding fits)."""

    @property
    def id(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def path(self) -> str | None: ...
    @property
    def source(self) -> str: ...


@dataclass(frozen=True, slots=True)
class MessageLevelStatus:
    """One status. `reference` is the InstanceIdentifier of the envelope it speaks of."""

    id: str
    issued: datetime
    sender: ParticipantId
    receiver: ParticipantId
    status: Status
    reference: str
    description: str = ""
    issues: tuple[Issue, ...] = ()

    def __post_init__(self) -> None:
        if not self.id.strip():
            raise _fault("SCH-MLS-03", "ID が空です。", "the ID is empty.")
        if self.issued.tzinfo is None:
            raise _fault("SCH-MLS-06", "時差がありません。", "no time zone.")
        for rule, party in (("SCH-MLS-11", self.sender), ("SCH-MLS-16", self.receiver)):
            if party.scheme != SERVICE_PROVIDER or party.fault():
                raise _fault(rule, "0242 の番号ではありません。", "not a number of scheme 0242.")
        if not self.reference.strip():
            raise _fault("SCH-MLS-26", "対象がありません。", "no document is referred to.")
        failed = any(issue.reason in _FAILURES for issue in self.issues)
        rejected = self.status is Status.REJECTED
        if rejected and not self.description.strip():
            raise _fault(
                "SCH-MLS-21", "拒否の説明がありません。", "a rejection needs a description."
            )
        if rejected and not self.issues:
            raise _fault("SCH-MLS-23", "拒否の理由がありません。", "a rejection needs an issue.")
        if rejected and not failed:
            raise _fault("SCH-MLS-24", "拒否の理由がありません。", "a rejection needs a failure.")
        if failed and not rejected:
            raise _fault("SCH-MLS-25", "失敗があるのに肯定です。", "positive, yet with a failure.")
        for issue in self.issues:
            if not issue.place.strip():
                raise _fault("SCH-MLS-27", "箇所が空です。", "an issue's place is empty.")
            if not issue.text.strip():
                raise _fault("SCH-MLS-29", "説明が空です。", "an issue's text is empty.")

    def write(self) -> bytes:
        """The UBL ApplicationResponse."""
        lines = "".join(
            f"<cac:LineResponse><cac:LineReference>{element('LineID', issue.place)}"
            f"</cac:LineReference><cac:Response>{element('Description', issue.text)}"
            f"<cac:Status>{element('StatusReasonCode', issue.reason)}</cac:Status>"
            "</cac:Response></cac:LineResponse>"
            for issue in self.issues
        )
        clock = self.issued.isoformat(timespec="seconds")[11:].replace("+00:00", "Z")
        return document(
            element("CustomizationID", CUSTOMIZATION)
            + element("ProfileID", PROFILE)
            + element("ID", self.id)
            + element("IssueDate", self.issued.date().isoformat())
            + element("IssueTime", clock)
            + _party("SenderParty", self.sender)
            + _party("ReceiverParty", self.receiver)
            + f"<cac:DocumentResponse><cac:Response>{element('ResponseCode', self.status)}"
            + element("Description", self.description)
            + f"</cac:Response><cac:DocumentReference>{element('ID', self.reference)}"
            + f"</cac:DocumentReference>{lines}</cac:DocumentResponse>"
        )


def status_of(
    findings: Iterable[FindingLike],
    *,
    reference: str,
    sender: ParticipantId,
    receiver: ParticipantId,
    at: datetime,
    language: str = "en",
) -> MessageLevelStatus:
    """The status that a validator's findings amount to.

    Only what the standard says counts: sources `structure` (SV) and `rule` (BV, warnings BW). Our
    own checks (matching, registry, law) are business between buyer and seller and belong into an
    Invoice Response. Without failure the document was handed on.
    """
    issues = tuple(_issues(findings, language))[:MOST_ISSUES]
    # Failures first: a cap must not cut off what makes it a rejection.
    issues = tuple(sorted(issues, key=lambda issue: issue.reason not in _FAILURES))
    rejected = any(issue.reason in _FAILURES for issue in issues)
    count = sum(issue.reason in _FAILURES for issue in issues)
    return MessageLevelStatus(
        id=str(uuid4()),
        issued=at,
        sender=sender,
        receiver=receiver,
        status=Status.REJECTED if rejected else Status.HANDED_ON,
        reference=reference,
        description=f"The document breaks the rules of its type ({count})." if rejected else "",
        issues=issues,
    )


def _issues(findings: Iterable[FindingLike], language: str) -> Iterable[Issue]:
    for finding in findings:
        if finding.source not in ("structure", "rule") or finding.severity == "info":
            continue
        if finding.severity != "error":
            reason = Reason.RULE_WARNING
        elif finding.source == "structure":
            reason = Reason.SYNTAX_VIOLATED
        else:
            reason = Reason.RULE_VIOLATED
        message = getattr(finding, "message", None)
        text = str(getattr(message, language, message) or "").strip()
        yield Issue(reason, f"[{finding.id}] {text}"[:1000].strip(), finding.path or NOWHERE)


def delivery_failed(
    text: str, *, reference: str, sender: ParticipantId, receiver: ParticipantId, at: datetime
) -> MessageLevelStatus:
    """The status when the document could not be handed to its end user."""
    return MessageLevelStatus(
        str(uuid4()), at, sender, receiver, Status.REJECTED, reference, text,
        (Issue(Reason.DELIVERY_FAILED, text),),
    )  # fmt: skip


def read(data: bytes) -> MessageLevelStatus:
    """The status in `data`; ResponseInvalid with the broken rule as `field`."""
    return confined(data, lambda: _read(data))


def _read(data: bytes) -> MessageLevelStatus:
    r = Reading(data, _fault)
    if r.text("cbc:CustomizationID") != CUSTOMIZATION:
        raise _fault("SCH-MLS-01", "CustomizationID が違います。", "another CustomizationID.")
    if r.text("cbc:ProfileID") != PROFILE:
        raise _fault("SCH-MLS-02", "ProfileID が違います。", "another ProfileID.")
    responses = r.all("cac:DocumentResponse")
    if len(responses) != 1:
        raise _fault("SCH-MLS-17", "応答が1つではありません。", "not exactly one response.")
    response = responses[0]
    code = r.text("cac:Response/cbc:ResponseCode", response)
    if code is None or code not in set(Status):
        raise _fault("SCH-MLS-19", "コードが未知です。", "unknown response code.")
    if len(r.all("cac:DocumentReference", response)) != 1:
        raise _fault("SCH-MLS-22", "対象が1つではありません。", "not exactly one reference.")
    return MessageLevelStatus(
        id=r.text("cbc:ID") or "",
        issued=_instant(r),
        sender=_endpoint(r, "cac:SenderParty", "SCH-MLS-09"),
        receiver=_endpoint(r, "cac:ReceiverParty", "SCH-MLS-14"),
        status=Status(code),
        reference=r.text("cac:DocumentReference/cbc:ID", response) or "",
        description=r.text("cac:Response/cbc:Description", response) or "",
        issues=tuple(
            issue for line in r.all("cac:LineResponse", response) for issue in _issues_at(r, line)
        ),
    )


def _issues_at(r: Reading, line: etree._Element) -> Iterable[Issue]:
    place = r.text("cac:LineReference/cbc:LineID", line) or ""
    responses = r.all("cac:Response", line)
    if not responses:
        raise _fault("SCH-MLS-30", "理由がありません。", "an issue without response.")
    for response in responses:
        if not r.all("cac:Status", response):
            raise _fault("SCH-MLS-30", "Status がありません。", "Status is missing.")
        code = r.text("cac:Status/cbc:StatusReasonCode", response)
        if code is None or code not in set(Reason):
            raise _fault("SCH-MLS-31", "理由コードが未知です。", "unknown reason code.")
        yield Issue(Reason(code), r.text("cbc:Description", response) or "", place)


def _instant(r: Reading) -> datetime:
    day, clock = r.text("cbc:IssueDate") or "", r.text("cbc:IssueTime")
    if not _DATE.match(day):
        raise _fault("SCH-MLS-04", "日付の書式が違います。", "malformed date.")
    if clock is None:
        raise _fault("SCH-MLS-05", "時刻がありません。", "the time is missing.")
    match = _TIME.match(clock)
    if match is None:
        raise _fault("SCH-MLS-06", "時刻に時差がありません。", "the time has no zone.")
    try:
        return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock))
    except ValueError:
        raise _fault("SCH-MLS-04", "ありえない日時です。", "no such instant.") from None


def _endpoint(r: Reading, party: str, rule: str) -> ParticipantId:
    text = r.text(f"{party}/cbc:EndpointID")
    scheme = r.attribute(f"{party}/cbc:EndpointID", "schemeID")
    try:
        return ParticipantId(f"{scheme}:{text}")
    except IdentifierInvalid:
        raise _fault(rule, "番号が正しくありません。", "malformed identifier.") from None


def _party(name: str, party: ParticipantId) -> str:
    endpoint = element("EndpointID", party.number, schemeID=party.scheme)
    return f"<cac:{name}>{endpoint}</cac:{name}>"
