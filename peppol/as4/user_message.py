"""eb:UserMessage of the profile: read from a verified element, and written canonically."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, TypeVar

from lxml import etree

from peppol.as4 import vocabulary as v
from peppol.as4.faults import FeatureNotSupported, HeaderInvalid, ValueInvalid
from peppol.as4.soap import exactly, only, value
from peppol.as4.writing import attribute, instant_text, text
from peppol.document_matching import check_exchanged
from peppol.errors import IdentifierInvalid
from peppol.identifiers import (
    PARTICIPANT_META_SCHEME,
    DocumentTypeId,
    ParticipantId,
    ProcessId,
    SeatId,
    known_participant,
    known_process,
    seat_id,
)

USER_MESSAGE: Final = v.tag(v.EB, "UserMessage")
SIGNAL_MESSAGE: Final = v.tag(v.EB, "SignalMessage")
_MESSAGE: Final = tuple(
    v.tag(v.EB, name)
    for name in (
        "MessageInfo", "PartyInfo", "CollaborationInfo", "MessageProperties", "PayloadInfo",
    )
)  # fmt: skip
_INFO: Final = (v.tag(v.EB, "Timestamp"), v.tag(v.EB, "MessageId"))
_PARTIES: Final = (v.tag(v.EB, "From"), v.tag(v.EB, "To"))
_PARTY: Final = (v.tag(v.EB, "PartyId"), v.tag(v.EB, "Role"))
_COLLABORATION: Final = tuple(
    v.tag(v.EB, name) for name in ("AgreementRef", "Service", "Action", "ConversationId")
)
_PROPERTY: Final = v.tag(v.EB, "Property")
_PART_INFO: Final = v.tag(v.EB, "PartInfo")
_PART_PROPERTIES: Final = v.tag(v.EB, "PartProperties")

T = TypeVar("T")

_MESSAGE_ID: Final = re.compile(r"[\x21-\x7e]{1,255}\Z")
_INSTANT: Final = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)?\Z", re.ASCII
)


@dataclass(frozen=True, slots=True)
class UserMessage:
    """What the header says. `payload` is the Content-ID of the one attachment."""

    message_id: str
    timestamp: datetime
    sender: SeatId
    receiver: SeatId
    document_type: DocumentTypeId
    process: ProcessId
    conversation_id: str
    original_sender: ParticipantId
    final_recipient: ParticipantId
    payload: str


def read_user_message(messaging: etree._Element) -> UserMessage:
    """The user message in `messaging`, checked against the profile's fixed values.

    HeaderInvalid: structure. ValueInvalid: a value the profile does not have.
    FeatureNotSupported: pull, several payloads, another channel.
    """
    if [child.tag for child in messaging] != [USER_MESSAGE]:
        raise HeaderInvalid("UserMessage が1つではありません。", "not exactly one UserMessage.")
    message = messaging[0]
    if message.get("mpc", v.DEFAULT_MPC) != v.DEFAULT_MPC:
        raise FeatureNotSupported("この経路(MPC)は使えません。", "this channel is not supported.")
    info, parties, collaboration, properties, payloads = exactly(message, *_MESSAGE)
    timestamp, message_id = exactly(info, *_INFO)
    from_party, to_party = exactly(parties, *_PARTIES)
    named = _properties(properties)
    process, document_type, conversation_id = _collaboration(collaboration)
    return UserMessage(
        message_id=read_message_id(message_id),
        timestamp=read_instant(timestamp),
        sender=_party(from_party, v.INITIATOR),
        receiver=_party(to_party, v.RESPONDER),
        original_sender=_participant(named, "originalSender"),
        final_recipient=_participant(named, "finalRecipient"),
        payload=_payload(payloads),
        process=process,
        document_type=document_type,
        conversation_id=conversation_id,
    )


def read_message_id(element: etree._Element) -> str:
    """The id in a MessageId or RefToMessageId element."""
    identifier = value(element)
    if not _MESSAGE_ID.match(identifier):
        raise ValueInvalid("MessageId が正しくありません。", "malformed MessageId.")
    return identifier


def read_instant(element: etree._Element) -> datetime:
    """The instant in a Timestamp element; without zone it means UTC (ebMS 3.0 §5.2.2.1)."""
    shown = value(element)
    try:
        if not _INSTANT.match(shown):
            raise ValueError(shown)
        instant = datetime.fromisoformat(shown)
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueInvalid("Timestamp が正しくありません。", "malformed Timestamp.") from None


def _party(element: etree._Element, role: str) -> SeatId:
    party, named_role = exactly(element, *_PARTY)
    if party.get("type") != v.PARTY_TYPE or value(named_role) != role:
        raise ValueInvalid("PartyId の種類か役割が違います。", "another party type or role.")
    return _typed(seat_id, value(party))


def _collaboration(element: etree._Element) -> tuple[ProcessId, DocumentTypeId, str]:
    agreement, service, action, conversation = exactly(element, *_COLLABORATION)
    if value(agreement) != v.AGREEMENT or agreement.attrib:
        raise ValueInvalid("AgreementRef が違います。", "another AgreementRef.")
    conversation_id = value(conversation)
    if not 1 <= len(conversation_id) <= 255:
        raise ValueInvalid("ConversationId が違います。", "malformed ConversationId.")
    kind = service.get("type", "")
    return (
        _typed(lambda text: known_process(text, kind), value(service)),
        _typed(lambda text: check_exchanged(DocumentTypeId.parse(text)), value(action)),
        conversation_id,
    )


def _properties(element: etree._Element) -> dict[str, etree._Element]:
    named: dict[str, etree._Element] = {}
    for child in element:
        name = child.get("name", "")
        if child.tag != _PROPERTY or name in named:
            raise HeaderInvalid("Property が正しくありません。", "malformed Property.")
        named[name] = child
    return named


def _participant(named: dict[str, etree._Element], name: str) -> ParticipantId:
    element = named.get(name)
    if element is None or element.get("type") != PARTICIPANT_META_SCHEME:
        raise ValueInvalid(f"{name} が正しくありません。", f"{name} is missing or malformed.")
    return _typed(known_participant, value(element))


def _payload(element: etree._Element) -> str:
    parts = list(element)
    if len(parts) != 1:
        raise FeatureNotSupported("本体は1つだけです。", "exactly one payload is supported.")
    (part,) = exactly(element, _PART_INFO)
    href = part.get("href", "")
    properties = _properties(only(part, _PART_PROPERTIES))
    kinds = {name: value(child) for name, child in properties.items()}
    if len(part) != 1 or not href.startswith("cid:") or len(href) < 5:
        raise HeaderInvalid("PartInfo が正しくありません。", "malformed PartInfo.")
    if (
        kinds.get("CompressionType") != "application/gzip"
        or kinds.get("MimeType") != "application/xml"
    ):
        raise ValueInvalid("本体の種類か圧縮が違います。", "another payload type or compression.")
    return href[4:]


def _typed(make: Callable[[str], T], text: str) -> T:
    try:
        return make(text)
    except IdentifierInvalid as error:
        raise ValueInvalid(
            "識別子が正しくありません。", "an identifier is malformed.", field=error.field
        ) from None


def write_user_message(message: UserMessage, element_id: str) -> str:
    """eb:Messaging in exclusive canonical form, ready to be digested and sent."""

    def party(name: str, seat: SeatId, role: str) -> str:
        return (
            f'<eb:{name}><eb:PartyId type="{v.PARTY_TYPE}">{text(seat)}</eb:PartyId>'
            f"<eb:Role>{role}</eb:Role></eb:{name}>"
        )

    def participant(name: str, identifier: ParticipantId) -> str:
        return (
            f'<eb:Property name="{name}" type="{PARTICIPANT_META_SCHEME}">'
            f"{text(identifier.value)}</eb:Property>"
        )

    # Attributes sort by namespace address: wsu (docs.oasis…) before S12 (www.w3…).
    return (
        f'<eb:Messaging xmlns:S12="{v.S12}" xmlns:eb="{v.EB}" xmlns:wsu="{v.WSU}"'
        f' wsu:Id="{attribute(element_id)}" S12:mustUnderstand="true"><eb:UserMessage>'
        f"<eb:MessageInfo><eb:Timestamp>{instant_text(message.timestamp)}</eb:Timestamp>"
        f"<eb:MessageId>{text(message.message_id)}</eb:MessageId></eb:MessageInfo>"
        f"<eb:PartyInfo>{party('From', message.sender, v.INITIATOR)}"
        f"{party('To', message.receiver, v.RESPONDER)}</eb:PartyInfo>"
        f"<eb:CollaborationInfo><eb:AgreementRef>{v.AGREEMENT}</eb:AgreementRef>"
        f'<eb:Service type="{attribute(message.process.scheme)}">'
        f"{text(message.process.value)}</eb:Service>"
        f"<eb:Action>{text(message.document_type.uri)}</eb:Action>"
        f"<eb:ConversationId>{text(message.conversation_id)}</eb:ConversationId>"
        f"</eb:CollaborationInfo><eb:MessageProperties>"
        f"{participant('originalSender', message.original_sender)}"
        f"{participant('finalRecipient', message.final_recipient)}</eb:MessageProperties>"
        f'<eb:PayloadInfo><eb:PartInfo href="cid:{attribute(message.payload)}">'
        '<eb:PartProperties><eb:Property name="MimeType">application/xml</eb:Property>'
        '<eb:Property name="CompressionType">application/gzip</eb:Property>'
        "</eb:PartProperties></eb:PartInfo></eb:PayloadInfo></eb:UserMessage></eb:Messaging>"
    )
