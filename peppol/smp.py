"""What an SMP answers (SMP 1.4.0): ServiceGroup, and SignedServiceMetadata with its signature.

A ServiceGroup is unsigned: it only chooses what to ask next. Everything a message is sent by comes
from the SignedServiceMetadata, and is read from the very element the signature covers.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from peppol.errors import MetadataNotTrusted, PeppolError, RegistrationFaulty, Text, XmlRefused
from peppol.identifiers import (
    PARTICIPANT_META_SCHEME,
    DocumentTypeId,
    ParticipantId,
    ProcessId,
    parse_service_reference,
)
from peppol.trust import TrustPolicy
from peppol.xml_input import XmlLimits, confined, parse, text_of

SMP: Final = "{http://busdox.org/serviceMetadata/publishing/1.0/}"
IDS: Final = "{http://busdox.org/transport/identifiers/1.0/}"
WSA: Final = "{http://www.w3.org/2005/08/addressing}"
DS: Final = "{http://www.w3.org/2000/09/xmldsig#}"
ENVELOPED: Final = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
C14N: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"

# SMP 1.4.0: nothing else. (SHA-1 was Peppol's until 2020.)
SIGNATURE_METHODS: Final = frozenset({SignatureMethod.RSA_SHA256})
DIGEST_METHODS: Final = frozenset({DigestAlgorithm.SHA256})

GROUP_LIMITS: Final = XmlLimits(size=1024 * 1024, elements=20_000, attributes=20_000)
METADATA_LIMITS: Final = XmlLimits(size=256 * 1024)


@dataclass(frozen=True, slots=True)
class PublishedEndpoint:
    """One Endpoint of one Process, as published."""

    process: ProcessId
    transport_profile: str
    address: str
    certificate: bytes
    active_from: datetime | None
    active_until: datetime | None
    description: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True)
class ServiceInformation:
    """Verified metadata of one participant and document type."""

    participant: ParticipantId
    document_type: DocumentTypeId
    endpoints: tuple[PublishedEndpoint, ...]
    signer: x509.Certificate


@dataclass(frozen=True, slots=True)
class Redirect:
    """Verified pointer to another SMP."""

    href: str
    certificate_uid: str
    signer: x509.Certificate


def read_service_group(data: bytes, asked: ParticipantId) -> tuple[DocumentTypeId, ...]:
    """The document types listed for `asked`. RegistrationFaulty when it is no such list."""
    return confined(data, lambda: _service_group(data, asked))


def _service_group(data: bytes, asked: ParticipantId) -> tuple[DocumentTypeId, ...]:
    root = _parse(data, asked, GROUP_LIMITS)
    identifier = root.find(f"{IDS}ParticipantIdentifier")
    if root.tag != f"{SMP}ServiceGroup" or identifier is None:
        raise _faulty(asked, "ServiceGroup ではありません。", "it is no ServiceGroup.")
    try:
        named = _participant(identifier)
    except (PeppolError, ValueError) as error:
        raise _faulty(asked, "識別子が正しくありません。", "a malformed identifier.") from error
    if named != asked:
        raise _faulty(asked, "別の参加者の一覧です。", "it is another participant's list.")
    references = root.iterfind(
        f"{SMP}ServiceMetadataReferenceCollection/{SMP}ServiceMetadataReference"
    )
    found = (parse_service_reference(reference.get("href", "")) for reference in references)
    return tuple(dict.fromkeys(d for d in found if d is not None))


def read_signed_metadata(
    data: bytes, *, participant: ParticipantId, trust: TrustPolicy, at: datetime
) -> ServiceInformation | Redirect:
    """Verified content of a SignedServiceMetadata. MetadataNotTrusted or RegistrationFaulty.

    Steps: 1 parsed without DTD, root and signature in their places; 2 the signature is exactly
    Peppol's kind: one reference to the whole document, enveloped, RSA-SHA256; 3 its certificate
    is an SMP's, valid and not revoked; 4 the signature verifies; 5 content is read from the
    element that was verified.
    Not checked here: that it is what was asked for (`peppol.lookup` does), the endpoint's
    certificate (it is judged when the endpoint is chosen).
    """
    return confined(data, lambda: _signed_metadata(data, participant, trust, at))


def _signed_metadata(
    data: bytes, participant: ParticipantId, trust: TrustPolicy, at: datetime
) -> ServiceInformation | Redirect:
    # 1
    root = _parse(data, participant, METADATA_LIMITS)
    signatures = list(root.iter(f"{DS}Signature"))
    if root.tag != f"{SMP}SignedServiceMetadata" or [s.getparent() for s in signatures] != [root]:
        raise _distrusted(
            participant, "署名の位置が違います。", "the signature is not in its place."
        )
    # 2
    _check_kind(signatures[0], participant)
    # 3
    signer = _signer(signatures[0], participant)
    try:
        trust.check_smp(signer, at)
    except PeppolError as error:
        raise _distrusted(participant, error.message_ja, error.message_en) from error
    # 4
    try:
        result = XMLVerifier().verify(
            root,
            x509_cert=signer,
            expect_config=SignatureConfiguration(
                location="./",
                signature_methods=SIGNATURE_METHODS,
                digest_algorithms=DIGEST_METHODS,
                # Peppol names no canonicalisation in the reference: XML-Signature's default, 1.0
                default_reference_c14n_method=CanonicalizationMethod.CANONICAL_XML_1_0,
                verification_time=at,
            ),
        )
    except (SignXMLException, ValueError, etree.LxmlError) as error:
        raise _distrusted(
            participant, "署名が合いません。", "the signature does not fit."
        ) from error
    if isinstance(result, list) or result.signed_xml is None:
        raise _distrusted(participant, "署名が合いません。", "the signature does not fit.")
    # 5
    return _content(result.signed_xml, participant, signer)


def _check_kind(signature: etree._Element, participant: ParticipantId) -> None:
    info = signature.find(f"{DS}SignedInfo")
    references = [] if info is None else info.findall(f"{DS}Reference")
    fits = len(references) == 1 and references[0].get("URI") == ""
    if fits and info is not None:
        method = info.find(f"{DS}CanonicalizationMethod")
        transforms = [t.get("Algorithm") for t in references[0].iter(f"{DS}Transform")]
        # phoss-smp and others name the default canonicalisation as a second transform
        fits = (
            method is not None
            and method.get("Algorithm") in (C14N, "http://www.w3.org/2001/10/xml-exc-c14n#")
            and transforms[:1] == [ENVELOPED]
            and transforms[1:] in ([], [C14N], ["http://www.w3.org/2001/10/xml-exc-c14n#"])
        )
    if not fits:
        raise _distrusted(
            participant, "署名の形式が違います。", "the signature is of another kind."
        )


def _signer(signature: etree._Element, participant: ParticipantId) -> x509.Certificate:
    texts = signature.findall(f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate")
    if len(texts) == 1:
        try:
            return x509.load_der_x509_certificate(_base64(text_of(texts[0])))
        except (ValueError, XmlRefused):
            pass
    raise _distrusted(participant, "署名者の証明書がありません。", "no certificate of the signer.")


def _content(
    signed: etree._Element, participant: ParticipantId, signer: x509.Certificate
) -> ServiceInformation | Redirect:
    if signed.tag != f"{SMP}SignedServiceMetadata":
        raise _distrusted(participant, "署名の範囲が違います。", "something else is signed.")
    metadata = signed.findall(f"{SMP}ServiceMetadata")
    choices = list(metadata[0]) if len(metadata) == 1 else []
    if len(choices) != 1:
        raise _faulty(
            participant, "ServiceMetadata が正しくありません。", "ServiceMetadata is wrong."
        )
    choice = choices[0]
    try:
        if choice.tag == f"{SMP}Redirect":
            uid = choice.findtext(f"{SMP}CertificateUID") or ""
            return Redirect(choice.get("href", ""), uid.strip(), signer)
        if choice.tag != f"{SMP}ServiceInformation":
            raise ValueError(choice.tag)
        named = _needed(choice, f"{IDS}ParticipantIdentifier")
        document = _needed(choice, f"{IDS}DocumentIdentifier")
        return ServiceInformation(
            _participant(named),
            DocumentTypeId(document.get("scheme", ""), text_of(document)),
            _endpoints(choice),
            signer,
        )
    except (PeppolError, ValueError) as error:
        raise _faulty(
            participant,
            f"登録情報を読めません({error})。",
            f"the metadata cannot be read ({error}).",
        ) from error


def _endpoints(information: etree._Element) -> tuple[PublishedEndpoint, ...]:
    found: list[PublishedEndpoint] = []
    for process in information.iterfind(f"{SMP}ProcessList/{SMP}Process"):
        identifier = _needed(process, f"{IDS}ProcessIdentifier")
        process_id = ProcessId(text_of(identifier), identifier.get("scheme", ""))
        for endpoint in process.iterfind(f"{SMP}ServiceEndpointList/{SMP}Endpoint"):
            address = endpoint.find(f"{WSA}EndpointReference/{WSA}Address")
            certificate = endpoint.findtext(f"{SMP}Certificate") or ""
            found.append(
                PublishedEndpoint(
                    process=process_id,
                    transport_profile=endpoint.get("transportProfile", ""),
                    address="" if address is None else text_of(address),
                    certificate=_base64(certificate),
                    active_from=_instant(endpoint.findtext(f"{SMP}ServiceActivationDate")),
                    active_until=_instant(endpoint.findtext(f"{SMP}ServiceExpirationDate")),
                    description=(endpoint.findtext(f"{SMP}ServiceDescription") or "").strip()[:500],
                    contact=(endpoint.findtext(f"{SMP}TechnicalContactUrl") or "").strip()[:500],
                )
            )
    return tuple(found)


def choose_endpoint(
    endpoints: Sequence[PublishedEndpoint], process: ProcessId, transport: str, at: datetime
) -> PublishedEndpoint | None:
    """The endpoint for `process` by `transport` that is active at `at`."""
    for endpoint in endpoints:
        if endpoint.process != process or endpoint.transport_profile != transport:
            continue
        begun = endpoint.active_from is None or endpoint.active_from <= at
        if begun and (endpoint.active_until is None or at < endpoint.active_until):
            return endpoint
    return None


def _parse(data: bytes, participant: ParticipantId, limits: XmlLimits) -> etree._Element:
    try:
        return parse(data, limits)
    except XmlRefused as error:
        raise _faulty(participant, error.message_ja, error.message_en) from error


def _participant(element: etree._Element) -> ParticipantId:
    if element.get("scheme") != PARTICIPANT_META_SCHEME:
        raise ValueError("scheme")
    return ParticipantId(text_of(element))


def _needed(element: etree._Element, path: str) -> etree._Element:
    found = element.findall(path)
    if len(found) != 1:
        raise ValueError(etree.QName(path).localname)
    return found[0]


def _base64(text: str) -> bytes:
    compact = "".join(text.split())
    # Some SMPs publish the certificate with its PEM lines.
    for line in ("-----BEGINCERTIFICATE-----", "-----ENDCERTIFICATE-----"):
        compact = compact.replace(line, "")
    try:
        return base64.b64decode(compact, validate=True)
    except binascii.Error as error:
        raise ValueError("base64") from error


def _instant(text: str | None) -> datetime | None:
    if not text or not text.strip():
        return None
    instant = datetime.fromisoformat(text.strip())
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _faulty(participant: ParticipantId, ja: str, en: str) -> RegistrationFaulty:
    return RegistrationFaulty(participant=participant, why=Text(ja, en))


def _distrusted(participant: ParticipantId, ja: str, en: str) -> MetadataNotTrusted:
    return MetadataNotTrusted(participant=participant, why=Text(ja, en))
