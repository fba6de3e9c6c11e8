"""CMS SignedData (RFC 5652) as PAdES and RFC 3161 want it: written, and taken apart.

Written: one signer, signed attributes content-type, message-digest and signing-certificate-v2
(RFC 5035), no signing-time (ETSI EN 319 142-1 §6.3 forbids it; the claimed time is /M in the PDF
and the proven one the timestamp), certificates of the chain without order.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from asn1crypto import x509 as asn1_x509

from . import der

DATA = "1.2.840.113549.1.7.1"
SIGNED_DATA = "1.2.840.113549.1.7.2"
TST_INFO = "1.2.840.113549.1.9.16.1.4"
CONTENT_TYPE = "1.2.840.113549.1.9.3"
MESSAGE_DIGEST = "1.2.840.113549.1.9.4"
SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47"
SIGNATURE_TIMESTAMP = "1.2.840.113549.1.9.16.2.14"

DIGEST_OIDS = {
    "sha256": "2.16.840.1.101.3.4.2.1",
    "sha384": "2.16.840.1.101.3.4.2.2",
    "sha512": "2.16.840.1.101.3.4.2.3",
}
SIGNATURE_OIDS = {
    ("ecdsa", "sha256"): ("1.2.840.10045.4.3.2", b""),
    ("ecdsa", "sha384"): ("1.2.840.10045.4.3.3", b""),
    ("ecdsa", "sha512"): ("1.2.840.10045.4.3.4", b""),
    ("rsa", "sha256"): ("1.2.840.113549.1.1.11", der.NULL),
    ("rsa", "sha384"): ("1.2.840.113549.1.1.12", der.NULL),
    ("rsa", "sha512"): ("1.2.840.113549.1.1.13", der.NULL),
}


@dataclass(frozen=True, slots=True)
class SignerIdentity:
    """What every signature of one certificate repeats, encoded once."""

    certificates: tuple[bytes, ...]  # the signer's first, then its chain
    issuer_and_serial: bytes
    signing_certificate: bytes  # the signing-certificate-v2 attribute
    digest: str
    scheme: str  # "ecdsa" or "rsa"

    @classmethod
    def of(
        cls, certificate: bytes, chain: Sequence[bytes], *, digest: str, scheme: str
    ) -> SignerIdentity:
        tbs = asn1_x509.Certificate.load(certificate)["tbs_certificate"]
        issuer: bytes = tbs["issuer"].dump()
        serial = der.integer(int(tbs["serial_number"].native))
        # ESSCertIDv2: SHA-256 is the DEFAULT hash and therefore left out in DER.
        ess = der.sequence(
            der.octets(hashlib.sha256(certificate).digest()),
            der.sequence(der.sequence(der.tlv(0xA4, issuer)), serial),
        )
        return cls(
            certificates=(certificate, *(c for c in chain if c != certificate and not _is_root(c))),
            issuer_and_serial=der.sequence(issuer, serial),
            signing_certificate=attribute(SIGNING_CERTIFICATE_V2, der.sequence(der.sequence(ess))),
            digest=digest,
            scheme=scheme,
        )


def _is_root(certificate: bytes) -> bool:
    """Roots are the verifier's: one that came along would be bytes nobody checks."""
    tbs = asn1_x509.Certificate.load(certificate)["tbs_certificate"]
    return bool(tbs["issuer"].dump() == tbs["subject"].dump())


def attribute(dotted: str, *values: bytes) -> bytes:
    return der.sequence(der.oid(dotted), der.set_of(values))


def signed_attributes(
    identity: SignerIdentity, message_digest: bytes, content_type: str = DATA
) -> bytes:
    """The bytes that are signed: the attributes as SET OF (RFC 5652 §5.4)."""
    return der.set_of(
        (
            attribute(CONTENT_TYPE, der.oid(content_type)),
            attribute(MESSAGE_DIGEST, der.octets(message_digest)),
            identity.signing_certificate,
        )
    )


def signed_data(
    identity: SignerIdentity,
    attributes: bytes,
    signature: bytes,
    *,
    token: bytes | None = None,
    content_type: str = DATA,
    content: bytes | None = None,
    certificates: bool = True,
) -> bytes:
    """ContentInfo with SignedData.

    `attributes` come from `signed_attributes`; `token` is the RFC 3161 token over `signature`
    (PAdES B-T); `content` is encapsulated (timestamp tokens) or None (PDF: detached).
    """
    digest_algorithm = der.algorithm(DIGEST_OIDS[identity.digest])
    oid, parameters = SIGNATURE_OIDS[identity.scheme, identity.digest]
    unsigned = b""
    if token is not None:
        unsigned = der.set_of((attribute(SIGNATURE_TIMESTAMP, token),), tag=0xA1)
    signer_info = der.sequence(
        der.integer(1),
        identity.issuer_and_serial,
        digest_algorithm,
        b"\xa0" + attributes[1:],  # the same bytes under the implicit tag [0]
        der.algorithm(oid, parameters),
        der.octets(signature),
        unsigned,
    )
    wrapped = b"" if content is None else der.tlv(0xA0, der.octets(content))
    body = der.sequence(
        der.integer(1 if content_type == DATA else 3),
        der.set_of((digest_algorithm,)),
        der.sequence(der.oid(content_type), wrapped),
        der.set_of(identity.certificates, tag=0xA0) if certificates else b"",
        der.set_of((signer_info,)),
    )
    return der.sequence(der.oid(SIGNED_DATA), der.tlv(0xA0, body))
