"""A plain certificate chain check for pinned roots (timestamp tokens as they arrive).

Verification of documents uses the full path validation of pyhanko-certvalidator; here the roots
are configured for one authority and the chain is short, so that this module needs nothing but
`cryptography` and can run in any process.

What is NOT checked here: revocation, name constraints, certificate policies.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

MAX_DEPTH = 6  # public time-stamping chains have two or three certificates


class ChainBroken(Exception):
    """No chain leads to a pinned root; the text says what was the nearest obstacle."""


def build(
    leaf: x509.Certificate,
    others: Iterable[x509.Certificate],
    roots: Sequence[x509.Certificate],
    at: datetime | None,
) -> list[x509.Certificate]:
    """The chain from `leaf` to one of `roots`, both included.

    1. Every certificate is valid at `at`; None leaves that to the caller.
    2. Each is signed by the next (names and signature).
    3. Every issuer is a CA and may sign certificates.
    4. The last is one of the pinned roots, byte for byte. A pinned leaf is a chain of its own.
    """
    pool = list(others)
    chain = [leaf]
    while True:
        current = chain[-1]
        if at is not None:
            _check_validity(current, at)  # 1
        if current in roots:  # 4
            return chain
        if len(chain) >= MAX_DEPTH:
            raise ChainBroken("the chain is too long")
        issuer = _issuer_of(current, (*roots, *pool))
        if issuer is None or issuer in chain:
            raise ChainBroken(f"no issuer for {current.subject.rfc4514_string()}")
        chain.append(issuer)


def _issuer_of(
    certificate: x509.Certificate, candidates: Iterable[x509.Certificate]
) -> x509.Certificate | None:
    for candidate in candidates:
        if candidate.subject != certificate.issuer or not _may_issue(candidate):  # 3
            continue
        try:
            certificate.verify_directly_issued_by(candidate)  # 2
        except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
            continue
        return candidate
    return None


def _may_issue(certificate: x509.Certificate) -> bool:
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
        if not basic.value.ca:
            return False
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    except x509.ExtensionNotFound as missing:
        return missing.oid == x509.KeyUsage.oid
    return usage.value.key_cert_sign


def _check_validity(certificate: x509.Certificate, at: datetime) -> None:
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise ChainBroken(f"{certificate.subject.rfc4514_string()} is not valid at {at:%Y-%m-%d}")
