"""RFC 3161: the request, and the check of an answer.

Numbered steps of `check_response`:

1. The status is granted (or granted with modifications).
2. The token is a SignedData over a TSTInfo of version 1.
3. The imprint is the digest that was sent.
4. The nonce is the one that was sent.
5. The policy is the configured one, if one is configured.
6. The token's own signature holds; signing-certificate names the signer (`signed_data`).
7. The signer's certificate is for time-stamping only: that one purpose, marked critical (§2.3).
8. Its chain ends at a root pinned for this authority, valid at the token's time (`chain`).
9. The token's time and the local clock agree within the limit.

What is NOT checked here: revocation of the authority's certificate. It is checked when the
document is extended to long-term form and whenever the document is verified.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from asn1crypto import parser as asn1_parser
from asn1crypto import tsp as asn1_tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from ..errors import (
    AuthorityGarbled,
    AuthorityRefused,
    ClocksDisagree,
    TokenUntrusted,
    WrongImprint,
    WrongNonce,
    WrongPolicy,
)
from . import chain, der
from .cms import DIGEST_OIDS
from .signed_data import HASHES, CmsFault, SignedData, tst_info

SIZES = {32: "sha256", 48: "sha384", 64: "sha512"}


@dataclass(frozen=True, slots=True)
class Query:
    """One request as sent."""

    digest: bytes
    nonce: int
    der: bytes

    @classmethod
    def make(cls, digest: bytes, policy: str | None) -> Query:
        """A request for `digest` (SHA-256, -384 or -512 by its length) with a fresh nonce."""
        nonce = secrets.randbits(63) | 1 << 62  # always eight bytes: the token's size is stable
        encoded = der.sequence(
            der.integer(1),
            der.sequence(der.algorithm(DIGEST_OIDS[SIZES[len(digest)]]), der.octets(digest)),
            der.oid(policy) if policy else b"",
            der.integer(nonce),
            der.TRUE,
        )
        return cls(digest, nonce, encoded)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What an authority's tokens are held against."""

    authority: str
    roots: Sequence[x509.Certificate]
    policy: str | None
    max_skew: timedelta


def check_response(response: bytes, query: Query, wanted: Expectation, now: datetime) -> bytes:
    """The token (DER ContentInfo) when steps 1–9 hold; else one of the TimestampErrors."""
    name = wanted.authority
    try:
        status, token = _split(response)
        if status["status"].native not in ("granted", "granted_with_mods"):  # 1
            raise AuthorityRefused(authority=name, reason=_refusal(status))
        data = SignedData.parse(token)  # 2
        info = tst_info(data)
        imprint = info["message_imprint"]
        algorithm = str(imprint["hash_algorithm"]["algorithm"].native)
        nonce = info["nonce"].native
        policy = str(info["policy"].dotted)
        at: datetime = info["gen_time"].native
        version = info["version"].native
    except CmsFault as fault:
        raise AuthorityGarbled(authority=name, reason=fault.detail) from fault
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise AuthorityGarbled(authority=name, reason=str(error)[:200]) from error
    if version != "v1":
        raise AuthorityGarbled(authority=name, reason=f"TSTInfo {version}")
    if algorithm != SIZES[len(query.digest)] or imprint["hashed_message"].native != query.digest:
        raise WrongImprint(authority=name)  # 3
    if nonce != query.nonce:  # 4
        raise WrongNonce(authority=name)
    if wanted.policy is not None and policy != wanted.policy:  # 5
        raise WrongPolicy(authority=name, policy=policy)
    try:
        check_token_signature(data)  # 6
        signer = purpose_checked(data)  # 7
        others = [x509.load_der_x509_certificate(c.dump()) for c in data.certificates]
        chain.build(signer, others, wanted.roots, at)  # 8
    except (CmsFault, chain.ChainBroken, ValueError, x509.InvalidVersion) as error:
        raise TokenUntrusted(authority=name, reason=_text(error)) from error
    if abs(at - now) > wanted.max_skew:  # 9
        raise ClocksDisagree(authority=name, seconds=int(abs(at - now).total_seconds()))
    return token


def _split(response: bytes) -> tuple[asn1_tsp.PKIStatusInfo, bytes]:
    """Status and token (empty with a refusal). asn1crypto takes the token to be mandatory."""
    _class, _method, tag, _header, content, _trailer = asn1_parser.parse(response, strict=True)
    if tag != 16:  # SEQUENCE
        raise ValueError("no TimeStampResp")
    parts = asn1_parser.parse(content)
    status = content[: len(content) - len(_rest(content, parts))]
    return asn1_tsp.PKIStatusInfo.load(status, strict=True), _rest(content, parts)


def _rest(content: bytes, parts: tuple[int, int, int, bytes, bytes, bytes]) -> bytes:
    return content[len(parts[3]) + len(parts[4]) + len(parts[5]) :]


def check_token_signature(data: SignedData) -> None:
    """Step 6: the token's signature over its TSTInfo. Raises CmsFault."""
    if data.digest_algorithm not in HASHES:
        raise CmsFault("CRYPTO_CONSTRAINTS_FAILURE", f"digest {data.digest_algorithm}")
    hasher = hashes.Hash(HASHES[data.digest_algorithm])
    hasher.update(data.content or b"")
    data.check(hasher.finalize(), ess=True)


def purpose_checked(data: SignedData) -> x509.Certificate:
    signer = x509.load_der_x509_certificate(data.signer_certificate().dump())
    try:
        usage = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage)
    except x509.ExtensionNotFound as error:
        raise CmsFault("SIG_CONSTRAINTS_FAILURE", "not a time-stamping certificate") from error
    if list(usage.value) != [ExtendedKeyUsageOID.TIME_STAMPING] or not usage.critical:
        raise CmsFault("SIG_CONSTRAINTS_FAILURE", "not a time-stamping certificate")
    return signer


def _refusal(status: asn1_tsp.PKIStatusInfo) -> str:
    words = [str(status["status"].native)]
    for part in ("fail_info", "status_string"):
        if status[part].native:
            words.append(str(status[part].native)[:200])
    return ", ".join(words)


def _text(error: Exception) -> str:
    return error.detail if isinstance(error, CmsFault) else str(error)
