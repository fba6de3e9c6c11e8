"""The envelope's header (Peppol Business Message Envelope 2.0.1, with the scopes of 2.0.2).

`Header` is what an envelope says about a document; `header_of` builds it from the elements that
`sbdh_reading` found, applying every rule of the specification; `sbdh_writing` makes the bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from peppol.document_matching import check_exchanged
from peppol.errors import EnvelopeInvalid, IdentifierInvalid, Text
from peppol.identifiers import (
    DOCUMENT_SCHEME_EXACT,
    PARTICIPANT_META_SCHEME,
    PROCESS_SCHEME,
    DocumentTypeId,
    ParticipantId,
    ProcessId,
    known_document_type,
    known_participant,
    known_process,
)

NAMESPACE: Final = "http://www.unece.org/cefact/namespaces/StandardBusinessDocumentHeader"
BINARY_NAMESPACE: Final = "http://peppol.eu/xsd/ticc/envelope/1.0"

_COUNTRY: Final = re.compile(r"[A-Z0-9]{2}\Z")
_INSTANT: Final = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)\Z", re.ASCII
)
_RESERVED: Final = frozenset({"DOCUMENTID", "PROCESSID", "COUNTRY_C1", "MLS_TO", "MLS_TYPE"})


class MlsType(StrEnum):
    """When the sender's provider wants a Message Level Status (scope MLS_TYPE, 2.0.2)."""

    FAILURE_ONLY = "FAILURE_ONLY"
    ALWAYS_SEND = "ALWAYS_SEND"


@dataclass(frozen=True, slots=True)
class Scope:
    """A further Scope that we carry without interpreting it."""

    type: str
    value: str
    identifier: str | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """What the envelope says. `created` is aware; everything is as sent, nothing defaulted in."""

    sender: ParticipantId
    receiver: ParticipantId
    document_type: DocumentTypeId
    process: ProcessId
    country_c1: str
    instance_identifier: str
    created: datetime
    standard: str
    type_version: str
    type: str
    mls_to: ParticipantId | None = None
    mls_type: MlsType | None = None
    other_scopes: tuple[Scope, ...] = ()

    @classmethod
    def for_document(
        cls,
        *,
        sender: ParticipantId,
        receiver: ParticipantId,
        document_type: DocumentTypeId,
        process: ProcessId,
        instance_identifier: str,
        created: datetime,
        country_c1: str = "JP",
        mls_to: ParticipantId | None = None,
        mls_type: MlsType | None = None,
    ) -> Header:
        """A header whose Standard, TypeVersion and Type follow from the document type."""
        parts = check_exchanged(document_type).parts
        return cls(
            sender=sender,
            receiver=receiver,
            document_type=document_type,
            process=process,
            country_c1=country_c1,
            instance_identifier=instance_identifier,
            created=created,
            standard=parts.namespace,
            type_version=parts.version,
            type=parts.local_name,
            mls_to=mls_to,
            mls_type=mls_type,
        )

    def __post_init__(self) -> None:
        if not _COUNTRY.match(self.country_c1):
            raise invalid(
                "COUNTRY_C1", "国コードは英大文字・数字2字です。", "a country is two of A–Z, 0–9."
            )
        if not 1 <= len(self.instance_identifier) <= 200 or self.instance_identifier.isspace():
            raise invalid(
                "DocumentIdentification/InstanceIdentifier",
                "識別子が空か長すぎます。",
                "the identifier is empty or too long.",
            )
        if self.created.tzinfo is None:
            raise invalid(
                "DocumentIdentification/CreationDateAndTime", "時差がありません。", "no time zone."
            )

    def check_payload(self, namespace: str, local_name: str) -> None:
        """That the business document's root is the one announced, else EnvelopeInvalid.

        Non-XML content travels in Peppol's BinaryContent or TextContent, which has no type of
        its own.
        """
        if namespace == NAMESPACE:
            raise invalid("", "封筒の中に封筒があります。", "an envelope inside the envelope.")
        if namespace == BINARY_NAMESPACE:
            if local_name not in ("BinaryContent", "TextContent"):
                raise invalid("", "中身の要素が未知です。", "the content element is unknown.")
            return
        if (namespace, local_name) != (self.standard, self.type):
            raise invalid(
                "DocumentIdentification",
                "Standard・Type が中の文書と一致しません。",
                "Standard and Type differ from the document inside.",
            )
        try:
            parts = self.document_type.parts
        except IdentifierInvalid as error:
            raise invalid("DOCUMENTID", error.message_ja, error.message_en) from error
        if (parts.namespace, parts.local_name) != (namespace, local_name):
            raise invalid(
                "DOCUMENTID",
                "文書種別が中の文書と一致しません。",
                "the document type differs from the document inside.",
            )
        if parts.version != self.type_version:
            raise invalid(
                "DocumentIdentification/TypeVersion",
                "版が文書種別と一致しません。",
                "the version differs from the document type's.",
            )


class Element:
    """One element of the header, as read. Made some thirty times a message: no dataclass."""

    __slots__ = ("attributes", "children", "name", "texts")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Element] = []
        self.texts: list[str] = []

    @property
    def text(self) -> str:
        texts = self.texts
        return (texts[0] if len(texts) == 1 else "".join(texts)).strip()

    def all(self, name: str) -> list[Element]:
        return [child for child in self.children if child.name == name]


def header_of(element: Element) -> Header:
    """The header that `element` (StandardBusinessDocumentHeader) says, or EnvelopeInvalid.

    Steps: 1 structure, 2 parties, 3 identification, 4 scopes; their values are checked by the
    types they become.
    """
    # 1
    known = {"HeaderVersion", "Sender", "Receiver", "DocumentIdentification", "Manifest",
             "BusinessScope"}  # fmt: skip
    for child in element.children:
        if child.name not in known:
            raise invalid(child.name, "知らない要素です。", "unknown element.")
    if _one(element, "HeaderVersion").text != "1.0":
        raise invalid("HeaderVersion", "1.0 ではありません。", "it is not 1.0.")
    # 2
    sender = _party(element, "Sender")
    receiver = _party(element, "Receiver")
    # 3
    identification = _one(element, "DocumentIdentification")
    values = {
        name: _text(identification, name, "DocumentIdentification")
        for name in ("Standard", "TypeVersion", "InstanceIdentifier", "Type", "CreationDateAndTime")
    }
    # 4
    scopes = _scopes(_one(element, "BusinessScope"))
    document = _required(scopes, "DOCUMENTID")
    process = _required(scopes, "PROCESSID")
    mls_to = scopes.get("MLS_TO")
    if mls_to and mls_to.identifier != PARTICIPANT_META_SCHEME:
        raise invalid("MLS_TO", "Identifier が違います。", "wrong Identifier.")
    mls_type = scopes.get("MLS_TYPE")
    if mls_type and mls_type.value not in set(MlsType):
        raise invalid("MLS_TYPE", "値が未知です。", "unknown value.")
    try:
        return Header(
            sender=sender,
            receiver=receiver,
            document_type=check_exchanged(
                known_document_type(document.identifier or DOCUMENT_SCHEME_EXACT, document.value)
            ),
            process=known_process(process.value, process.identifier or PROCESS_SCHEME),
            country_c1=_required(scopes, "COUNTRY_C1").value,
            instance_identifier=values["InstanceIdentifier"],
            created=_instant(values["CreationDateAndTime"]),
            standard=values["Standard"],
            type_version=values["TypeVersion"],
            type=values["Type"],
            mls_to=ParticipantId(mls_to.value) if mls_to else None,
            mls_type=MlsType(mls_type.value) if mls_type else None,
            other_scopes=tuple(s for name, s in scopes.items() if name not in _RESERVED),
        )
    except IdentifierInvalid as error:
        raise invalid(error.field or "", error.message_ja, error.message_en) from error


def invalid(path: str, ja: str, en: str) -> EnvelopeInvalid:
    """EnvelopeInvalid at `path`."""
    place = f"{path}: " if path else ""
    return EnvelopeInvalid(why=Text(place + ja, place + en), field=path or None)


def _one(element: Element, name: str) -> Element:
    found = [child for child in element.children if child.name == name]
    if len(found) != 1:
        raise invalid(
            name,
            f"ちょうど1つ必要です({len(found)})。",
            f"exactly one is needed, not {len(found)}.",
        )
    return found[0]


def _text(element: Element, name: str, path: str) -> str:
    text = _one(element, name).text
    if not text or len(text) > 2000:
        raise invalid(f"{path}/{name}", "値が空か長すぎます。", "the value is empty or too long.")
    return text


def _party(element: Element, name: str) -> ParticipantId:
    identifier = _one(_one(element, name), "Identifier")
    if identifier.attributes.get("Authority") != PARTICIPANT_META_SCHEME:
        raise invalid(f"{name}/Identifier@Authority", "値が違います。", "wrong value.")
    try:
        return known_participant(identifier.text)
    except IdentifierInvalid as error:
        raise invalid(f"{name}/Identifier", error.message_ja, error.message_en) from error


def _scopes(business: Element) -> dict[str, Scope]:
    scopes: dict[str, Scope] = {}
    for element in business.all("Scope"):
        name = _text(element, "Type", "Scope")
        if name in scopes:
            raise invalid(name, "スコープが二度あります。", "the scope occurs twice.")
        identifiers = element.all("Identifier")
        scopes[name] = Scope(
            name,
            _one(element, "InstanceIdentifier").text,
            identifiers[0].text if len(identifiers) == 1 else None,
        )
    return scopes


def _required(scopes: dict[str, Scope], name: str) -> Scope:
    scope = scopes.get(name)
    if scope is None or not scope.value:
        raise invalid(name, "スコープがありません。", "the scope is missing.")
    return scope


def _instant(text: str) -> datetime:
    path = "DocumentIdentification/CreationDateAndTime"
    if not _INSTANT.match(text):
        raise invalid(path, "時差つきの日時ではありません。", "not an instant with time zone.")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise invalid(path, "ありえない日時です。", "no such instant.") from None


def scopes_of(header: Header) -> Sequence[Scope]:
    """The scopes to write, in the order of the specification."""
    scopes = [
        Scope("DOCUMENTID", header.document_type.value, header.document_type.scheme),
        Scope("PROCESSID", header.process.value, header.process.scheme),
        Scope("COUNTRY_C1", header.country_c1),
    ]
    if header.mls_to:
        scopes.append(Scope("MLS_TO", header.mls_to.value, PARTICIPANT_META_SCHEME))
    if header.mls_type:
        scopes.append(Scope("MLS_TYPE", header.mls_type.value))
    return [*scopes, *header.other_scopes]
