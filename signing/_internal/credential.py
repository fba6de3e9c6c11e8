"""Is a signing certificate one that our own verifier would accept today?

Asked before signing, so that a signature nobody will accept is not made. The full answer is the
verifier's; this one looks at the chain and at the revocation lists at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from ..trust import Trust
from . import chain


@lru_cache(maxsize=512)
def load_certificate(der: bytes) -> x509.Certificate:
    return x509.load_der_x509_certificate(der)


@lru_cache(maxsize=64)
def load_crl(der: bytes) -> x509.CertificateRevocationList:
    return x509.load_der_x509_crl(der)


def problem(
    certificate: bytes, others: Sequence[bytes], trust: Trust, at: datetime
) -> Literal["revoked", "untrusted"] | None:
    """None when the chain ends at a root of `trust` and no list at hand has the certificate."""
    leaf = load_certificate(certificate)
    pool = [load_certificate(c) for c in (*others, *trust.intermediates)]
    names = [
        str(asn1_x509.Certificate.load(c).issuer.hashable)
        for c in (certificate, *others, *trust.intermediates)
    ]
    roots = [load_certificate(c) for c in trust.ends("signing", names, at)]
    try:
        # Validity in time is the caller's own check, with its own error.
        path = chain.build(leaf, pool, roots, None)
    except chain.ChainBroken:
        return "untrusted"
    for subject, issuer in pairwise(path):
        if any(_revoked(subject, issuer, load_crl(crl)) for crl in trust.crls):
            return "revoked"
    return None


def _revoked(
    subject: x509.Certificate, issuer: x509.Certificate, crl: x509.CertificateRevocationList
) -> bool:
    if crl.issuer != issuer.subject:
        return False
    if crl.get_revoked_certificate_by_serial_number(subject.serial_number) is None:
        return False
    try:
        return bool(crl.is_signature_valid(issuer.public_key()))  # type: ignore[arg-type]
    except (TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
