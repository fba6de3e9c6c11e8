"""Making a user message: gzip, sign, encrypt, wrap. The result is sent once, or again as it is."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from peppol.as4 import vocabulary as v
from peppol.as4.compression import compress
from peppol.as4.encryption import encrypt
from peppol.as4.mime import write_multipart
from peppol.as4.signature import Reference
from peppol.as4.user_message import UserMessage, write_user_message
from peppol.as4.writing import (
    empty_body,
    envelope_text,
    new_id,
    new_message_id,
    reference_to,
    signature_text,
    token_reference,
    token_text,
)
from peppol.errors import CertificateNotTrusted, Text
from peppol.evidence import Direction, Evidence
from peppol.keys import AccessPointKey
from peppol.lookup import Endpoint
from peppol.sbdh import Header
from peppol.sbdh_writing import make_envelope
from peppol.trust import Network, seat_of


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message ready to go. Sending it again means sending these very bytes."""

    message: UserMessage
    address: str
    content_type: str
    body: bytes
    references: tuple[Reference, ...]
    evidence: Evidence
    receiver_certificate: bytes
    """DER; the receipt must be signed by it."""

    @property
    def message_id(self) -> str:
        return self.message.message_id


def build(
    header: Header,
    document: bytes,
    *,
    endpoint: Endpoint,
    key: AccessPointKey,
    network: Network,
    at: datetime,
    level: int = 6,
) -> Outgoing:
    """The AS4 message that carries `document` under `header` to `endpoint`.

    `level` is gzip's. Raises EnvelopeInvalid or XmlRefused when the document does not fit.
    """
    payload = compress(make_envelope(header, document), level)
    message = UserMessage(
        message_id=new_message_id(),
        timestamp=at,
        sender=seat_of(key.certificate),
        receiver=endpoint.seat,
        document_type=header.document_type,
        process=header.process,
        conversation_id=str(uuid4()),
        original_sender=header.sender,
        final_recipient=header.receiver,
        payload=f"{uuid4()}@warifu",
    )
    soap, wire, references = _secure(message, payload, endpoint, key)
    boundary = f"warifu-{uuid4().hex}"
    return Outgoing(
        message=message,
        address=endpoint.address,
        content_type=(
            f'multipart/related; type="{v.SOAP_TYPE}"; boundary="{boundary}"; charset=UTF-8'
        ),
        body=write_multipart(boundary, soap, message.payload, wire),
        references=references,
        evidence=_evidence(header, message, endpoint, sha256(payload).hexdigest(), network, at),
        receiver_certificate=endpoint.certificate.public_bytes(serialization.Encoding.DER),
    )


def _secure(
    message: UserMessage, payload: bytes, endpoint: Endpoint, key: AccessPointKey
) -> tuple[bytes, bytes, tuple[Reference, ...]]:
    public = endpoint.certificate.public_key()
    if not isinstance(public, rsa.RSAPublicKey):
        raise CertificateNotTrusted(
            subject=endpoint.seat, why=Text("RSA ではありません。", "it is not RSA.")
        )
    messaging_id, body_id = new_id("msg"), new_id("body")
    messaging, body = write_user_message(message, messaging_id), empty_body(body_id)
    references = (
        reference_to(messaging_id, messaging),
        reference_to(body_id, body),
        Reference(f"cid:{message.payload}", v.ATTACHMENT_CONTENT, sha256(payload).digest()),
    )
    wrapped, wire = encrypt(payload, public)
    ours, theirs = new_id("X509"), new_id("X509")
    security = (
        token_text(endpoint.certificate, theirs)
        + _encryption_text(wrapped, message.payload, theirs)
        + token_text(key.certificate, ours)
        + signature_text(references, key, ours)
    )
    return envelope_text(security, messaging, body), wire, references


def _encryption_text(wrapped: bytes, payload: str, token: str) -> str:
    key_id, data_id = new_id("EK"), new_id("ED")
    return (
        f'<xenc:EncryptedKey xmlns:xenc="{v.XENC}" xmlns:ds="{v.DS}" xmlns:xenc11="{v.XENC11}"'
        f' Id="{key_id}"><xenc:EncryptionMethod Algorithm="{v.RSA_OAEP}">'
        f'<ds:DigestMethod Algorithm="{v.SHA256}"/><xenc11:MGF Algorithm="{v.MGF1_SHA256}"/>'
        f"</xenc:EncryptionMethod><ds:KeyInfo>{token_reference(token)}</ds:KeyInfo>"
        f"<xenc:CipherData><xenc:CipherValue>{b64encode(wrapped).decode()}</xenc:CipherValue>"
        f'</xenc:CipherData><xenc:ReferenceList><xenc:DataReference URI="#{data_id}"/>'
        "</xenc:ReferenceList></xenc:EncryptedKey>"
        f'<xenc:EncryptedData xmlns:xenc="{v.XENC}" xmlns:ds="{v.DS}" Id="{data_id}"'
        f' MimeType="application/gzip" Type="{v.ATTACHMENT_CONTENT_ONLY}">'
        f'<xenc:EncryptionMethod Algorithm="{v.AES128_GCM}"/><ds:KeyInfo>'
        f'<wsse:SecurityTokenReference xmlns:wsse11="{v.WSSE11}"'
        f' wsse11:TokenType="{v.WRAPPED_KEY_TYPE}"><wsse:Reference URI="#{key_id}"/>'
        f"</wsse:SecurityTokenReference></ds:KeyInfo><xenc:CipherData>"
        f'<xenc:CipherReference URI="cid:{payload}"><xenc:Transforms>'
        f'<ds:Transform Algorithm="{v.ATTACHMENT_CIPHERTEXT}"/></xenc:Transforms>'
        "</xenc:CipherReference></xenc:CipherData></xenc:EncryptedData>"
    )


def _evidence(
    header: Header,
    message: UserMessage,
    endpoint: Endpoint,
    digest: str,
    network: Network,
    at: datetime,
) -> Evidence:
    return Evidence(
        direction=Direction.OUTGOING,
        network=network,
        message_id=message.message_id,
        instance_identifier=header.instance_identifier,
        timestamp=message.timestamp,
        recorded=at,
        sender_seat=message.sender,
        receiver_seat=message.receiver,
        document_type=message.document_type.uri,
        process=message.process.uri,
        sender=header.sender.value,
        receiver=header.receiver.value,
        country_c1=header.country_c1,
        country_c4="",
        payload_sha256=digest,
        peer_certificate_sha256=endpoint.certificate.fingerprint(hashes.SHA256()).hex(),
    )
