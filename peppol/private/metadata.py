"""SMP answers for a private network: the files a real SMP would serve, made and signed."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from lxml import etree
from signxml.algorithms import (
    CanonicalizationMethod,
    DigestAlgorithm,
    SignatureConstructionMethod,
    SignatureMethod,
)
from signxml.signer import XMLSigner

from peppol.identifiers import (
    PARTICIPANT_META_SCHEME,
    TRANSPORT_AS4,
    DocumentTypeId,
    ParticipantId,
    ProcessId,
)
from peppol.private.pki import MARK, Seat

_NAMESPACES = (
    'xmlns="http://busdox.org/serviceMetadata/publishing/1.0/"'
    ' xmlns:ids="http://busdox.org/transport/identifiers/1.0/"'
)


def service_group(
    participant: ParticipantId, document_types: Sequence[DocumentTypeId], base: str
) -> bytes:
    """The ServiceGroup of `participant` on the SMP at `base`."""
    references = "".join(
        f"<ServiceMetadataReference href={quoteattr(_address(base, participant, d))}/>"
        for d in document_types
    )
    return (
        f"<ServiceGroup {_NAMESPACES}>{_participant(participant)}"
        f"<ServiceMetadataReferenceCollection>{references}</ServiceMetadataReferenceCollection>"
        "</ServiceGroup>"
    ).encode()


def signed_metadata(
    participant: ParticipantId,
    document_type: DocumentTypeId,
    process: ProcessId,
    *,
    address: str,
    certificate: x509.Certificate,
    smp: Seat,
    transport: str = TRANSPORT_AS4,
    active_from: datetime | None = None,
    active_until: datetime | None = None,
) -> bytes:
    """The SignedServiceMetadata naming one endpoint."""
    der = certificate.public_bytes(serialization.Encoding.DER)
    window = ""
    if active_from:
        window += f"<ServiceActivationDate>{active_from.isoformat()}</ServiceActivationDate>"
    if active_until:
        window += f"<ServiceExpirationDate>{active_until.isoformat()}</ServiceExpirationDate>"
    return _signed(
        f"<ServiceInformation>{_participant(participant)}"
        f'<ids:DocumentIdentifier scheme="{document_type.scheme}">{escape(document_type.value)}'
        "</ids:DocumentIdentifier><ProcessList><Process>"
        f'<ids:ProcessIdentifier scheme="{process.scheme}">{escape(process.value)}'
        "</ids:ProcessIdentifier><ServiceEndpointList>"
        f"<Endpoint transportProfile={quoteattr(transport)}>"
        '<EndpointReference xmlns="http://www.w3.org/2005/08/addressing">'
        f"<Address>{escape(address)}</Address></EndpointReference>"
        f"<RequireBusinessLevelSignature>false</RequireBusinessLevelSignature>{window}"
        f"<Certificate>{base64.b64encode(der).decode()}</Certificate>"
        f"<ServiceDescription>{MARK}</ServiceDescription>"
        "<TechnicalContactUrl>mailto:nobody@example.invalid</TechnicalContactUrl>"
        "</Endpoint></ServiceEndpointList></Process></ProcessList></ServiceInformation>",
        smp,
    )


def signed_redirect(href: str, certificate_uid: str, smp: Seat) -> bytes:
    """A SignedServiceMetadata pointing to another SMP."""
    return _signed(
        f"<Redirect href={quoteattr(href)}>"
        f"<CertificateUID>{escape(certificate_uid)}</CertificateUID></Redirect>",
        smp,
    )


def path_of(participant: ParticipantId, document_type: DocumentTypeId | None = None) -> str:
    """Path of a ServiceGroup, or of the metadata of one document type."""
    path = f"/{participant.path_segment}"
    return path if document_type is None else f"{path}/services/{document_type.path_segment}"


def _address(base: str, participant: ParticipantId, document_type: DocumentTypeId) -> str:
    return base.rstrip("/") + path_of(participant, document_type)


def _participant(participant: ParticipantId) -> str:
    return (
        f'<ids:ParticipantIdentifier scheme="{PARTICIPANT_META_SCHEME}">'
        f"{escape(participant.value)}</ids:ParticipantIdentifier>"
    )


def _signed(content: str, smp: Seat) -> bytes:
    text = (
        f"<SignedServiceMetadata {_NAMESPACES}><ServiceMetadata>{content}</ServiceMetadata>"
        "</SignedServiceMetadata>"
    )
    signer = XMLSigner(
        method=SignatureConstructionMethod.enveloped,
        signature_algorithm=SignatureMethod.RSA_SHA256,
        digest_algorithm=DigestAlgorithm.SHA256,
        c14n_algorithm=CanonicalizationMethod.CANONICAL_XML_1_0,
    )
    signed = signer.sign(etree.fromstring(text), key=smp.key, cert=[smp.certificate])
    return etree.tostring(signed, xml_declaration=True, encoding="UTF-8")
