"""Invoice Response (Peppol BIS Invoice Response 3): the buyer tells the seller where an invoice
stands. Made from decisions, read when we are the seller.

Status codes by UNCL4343 as the BIS restricts it (list UNCL4343-T111); conditional acceptance, query
and rejection need a clarification code (PEPPOL-T111-R001). The order of statuses is the BIS's
process rules OP-BR111-R004, R005 and R012: `follows`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from lxml import etree

from peppol.errors import IdentifierInvalid
from peppol.identifiers import ParticipantId
from peppol.ubl_response import Reading, document, element, fault_of
from peppol.xml_input import confined

CUSTOMIZATION: Final = "urn:fdc:peppol.eu:poacc:trns:invoice_response:3"
PROFILE: Final = "urn:fdc:peppol.eu:poacc:bis:invoice_response:3"
REASONS: Final = "OPStatusReason"
ACTIONS: Final = "OPStatusAction"

_fault = fault_of("Invoice Response")
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d\Z", re.ASCII)


class InvoiceStatus(StrEnum):
    RECEIVED = "AB"
    IN_PROCESS = "IP"
    UNDER_QUERY = "UQ"
    CONDITIONALLY_ACCEPTED = "CA"
    REJECTED = "RE"
    ACCEPTED = "AP"
    PAID = "PD"


NEEDS_CLARIFICATION: Final = frozenset(
    {InvoiceStatus.UNDER_QUERY, InvoiceStatus.CONDITIONALLY_ACCEPTED, InvoiceStatus.REJECTED}
)


_ORDER: Final = tuple(InvoiceStatus(code) for code in ("AB", "IP", "UQ", "CA", "RE", "AP", "PD"))
_FINAL: Final = frozenset({InvoiceStatus.REJECTED, InvoiceStatus.PAID})


def follows(status: InvoiceStatus, told: Iterable[InvoiceStatus]) -> bool:
    """Whether `status` may still be told when `told` were: statuses only advance, nothing follows
    a final one, and only payment follows approval. What breaks this order is told by other ways.
    """
    before = frozenset(told)
    if before & _FINAL:
        return False
    return all(_ORDER.index(status) > _ORDER.index(each) for each in before)


class ClarificationReason(StrEnum):
    """Code list OPStatusReason."""

    NO_ISSUE = "NON"
    REFERENCES_INCORRECT = "REF"
    LEGAL_INFORMATION_INCORRECT = "LEG"
    RECEIVER_UNKNOWN = "REC"
    QUALITY_INSUFFICIENT = "QUA"
    DELIVERY_ISSUES = "DEL"
    PRICES_INCORRECT = "PRI"
    QUANTITY_INCORRECT = "QTY"
    ITEMS_INCORRECT = "ITM"
    PAYMENT_TERMS_INCORRECT = "PAY"
    UNRECOGNISED = "UNR"
    FINANCE_TERMS_INCORRECT = "FIN"
    PARTLY_PAID = "PPD"
    OTHER = "OTH"


class ClarificationAction(StrEnum):
    """Code list OPStatusAction."""

    NONE = "NOA"
    PROVIDE_INFORMATION = "PIN"
    NEW_INVOICE = "NIN"
    CREDIT_FULLY = "CNF"
    CREDIT_PARTLY = "CNP"
    CREDIT_AMOUNT = "CNA"
    OTHER = "OTH"


@dataclass(frozen=True, slots=True)
class Clarification:
    """Why, or what is wanted, in words and with the items it concerns (term, text)."""

    code: ClarificationReason | ClarificationAction | None
    """None: in words only, where the status needs no code."""
    text: str = ""
    conditions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ResponseParty:
    """A party: its address in the network and its name."""

    endpoint: ParticipantId
    name: str


@dataclass(frozen=True, slots=True)
class InvoiceResponse:
    """One response. `invoice_number` is the seller's (BT-1)."""

    id: str
    issued: date
    sender: ResponseParty
    receiver: ResponseParty
    status: InvoiceStatus
    invoice_number: str
    invoice_date: date | None = None
    invoice_type: str = "380"
    effective: date | None = None
    clarifications: tuple[Clarification, ...] = ()
    note: str = ""

    def __post_init__(self) -> None:
        if not self.id.strip():
            raise _fault("cbc:ID", "ID が空です。", "the ID is empty.")
        if not self.invoice_number.strip():
            raise _fault(
                "cac:DocumentReference/cbc:ID", "請求書番号が空です。", "no invoice number."
            )
        if self.status in NEEDS_CLARIFICATION and not any(c.code for c in self.clarifications):
            raise _fault(
                "cac:Status", "この状態には理由が必要です。", "this status needs a clarification."
            )
        for clarified in self.clarifications:
            if clarified.code is ClarificationReason.PARTLY_PAID and not clarified.text.strip():
                raise _fault(
                    "cbc:StatusReason", "一部支払の説明がありません。", "PPD needs its reason."
                )
        for party in (self.sender, self.receiver):
            if not party.name.strip():
                raise _fault("cbc:RegistrationName", "名称が空です。", "a party's name is empty.")

    def write(self) -> bytes:
        """The UBL ApplicationResponse."""
        clarified = "".join(
            f"<cac:Status>{_code(c.code)}"
            f"{element('StatusReason', c.text)}"
            + "".join(
                f"<cac:Condition>{element('AttributeID', term)}"
                f"{element('Description', text)}</cac:Condition>"
                for term, text in c.conditions
            )
            + "</cac:Status>"
            for c in self.clarifications
        )
        invoiced = self.invoice_date.isoformat() if self.invoice_date else None
        return document(
            element("CustomizationID", CUSTOMIZATION)
            + element("ProfileID", PROFILE)
            + element("ID", self.id)
            + element("IssueDate", self.issued.isoformat())
            + element("Note", self.note)
            + _party("SenderParty", self.sender)
            + _party("ReceiverParty", self.receiver)
            + "<cac:DocumentResponse><cac:Response>"
            + element("ResponseCode", self.status)
            + element("EffectiveDate", self.effective.isoformat() if self.effective else None)
            + clarified
            + "</cac:Response><cac:DocumentReference>"
            + element("ID", self.invoice_number)
            + element("IssueDate", invoiced)
            + element("DocumentTypeCode", self.invoice_type)
            + "</cac:DocumentReference></cac:DocumentResponse>"
        )


def read(data: bytes) -> InvoiceResponse:
    """The response in `data`; ResponseInvalid with the path as `field`."""
    return confined(data, lambda: _read(data))


def _read(data: bytes) -> InvoiceResponse:
    r = Reading(data, _fault)
    if not (r.text("cbc:CustomizationID") or "").startswith(CUSTOMIZATION):  # T111-R003
        raise _fault("cbc:CustomizationID", "値が違います。", "another CustomizationID.")
    if r.text("cbc:ProfileID") != PROFILE:
        raise _fault("cbc:ProfileID", "値が違います。", "another ProfileID.")
    responses = r.all("cac:DocumentResponse")
    if len(responses) != 1:
        raise _fault("cac:DocumentResponse", "1つではありません。", "not exactly one.")
    response = responses[0]
    code = r.text("cac:Response/cbc:ResponseCode", response)
    if code is None or code not in set(InvoiceStatus):
        raise _fault("cbc:ResponseCode", "コードが未知です。", "unknown response code.")
    issued = _day(r, "cbc:IssueDate", None)
    if issued is None:
        raise _fault("cbc:IssueDate", "日付がありません。", "the date is missing.")
    return InvoiceResponse(
        id=r.text("cbc:ID") or "",
        issued=issued,
        sender=_read_party(r, "cac:SenderParty"),
        receiver=_read_party(r, "cac:ReceiverParty"),
        status=InvoiceStatus(code),
        invoice_number=r.text("cac:DocumentReference/cbc:ID", response) or "",
        invoice_date=_day(r, "cac:DocumentReference/cbc:IssueDate", response),
        invoice_type=r.text("cac:DocumentReference/cbc:DocumentTypeCode", response) or "",
        effective=_day(r, "cac:Response/cbc:EffectiveDate", response),
        clarifications=tuple(
            _clarification(r, status) for status in r.all("cac:Response/cac:Status", response)
        ),
        note=r.text("cbc:Note") or "",
    )


def _clarification(r: Reading, status: etree._Element) -> Clarification:
    path = "cbc:StatusReasonCode"
    code, found = r.text(path, status), r.all(path, status)
    listed = found[0].get("listID") if found else None
    named: ClarificationReason | ClarificationAction | None
    if not found:
        named = None
    elif listed == REASONS and code in set(ClarificationReason):
        named = ClarificationReason(code)
    elif listed == ACTIONS and code in set(ClarificationAction):
        named = ClarificationAction(code)
    else:
        raise _fault(path, "コードが未知です。", "unknown clarification code.")
    conditions = tuple(
        (r.text("cbc:AttributeID", c) or "", r.text("cbc:Description", c) or "")
        for c in r.all("cac:Condition", status)
    )
    return Clarification(named, r.text("cbc:StatusReason", status) or "", conditions)


def _read_party(r: Reading, path: str) -> ResponseParty:
    number = r.text(f"{path}/cbc:EndpointID")
    scheme = r.attribute(f"{path}/cbc:EndpointID", "schemeID")
    try:
        endpoint = ParticipantId(f"{scheme}:{number}")
    except IdentifierInvalid:
        raise _fault(
            f"{path}/cbc:EndpointID", "番号が違います。", "malformed identifier."
        ) from None
    return ResponseParty(
        endpoint, r.text(f"{path}/cac:PartyLegalEntity/cbc:RegistrationName") or ""
    )


def _day(r: Reading, path: str, within: etree._Element | None) -> date | None:
    shown = r.text(path, within)
    if shown is None:
        return None
    try:
        if not _DATE.match(shown):
            raise ValueError(shown)
        return datetime.fromisoformat(shown).date()
    except ValueError:
        raise _fault(path, "日付ではありません。", "not a date.") from None


def _code(code: ClarificationReason | ClarificationAction | None) -> str:
    if code is None:
        return ""
    listed = REASONS if isinstance(code, ClarificationReason) else ACTIONS
    return element("StatusReasonCode", code, listID=listed)


def _party(name: str, party: ResponseParty) -> str:
    endpoint = element("EndpointID", party.endpoint.number, schemeID=party.endpoint.scheme)
    return (
        f"<cac:{name}>{endpoint}<cac:PartyLegalEntity>"
        f"{element('RegistrationName', party.name)}</cac:PartyLegalEntity></cac:{name}>"
    )
