"""Revocation by OCSP (RFC 6960, RFC 5019), and by several sources in turn.

OCSP says of one certificate what it is worth now; a CRL says it of all at the issuer's last
publication. `FirstAnswer` asks in order: "revoked" by any is final, "cannot say" goes to the next,
and when nobody can say, the certificate is not believed.

Answers are kept until they expire or `fresh_for` has passed; a responder that fails is left alone
for `rest`, so that it delays one message and not all.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from peppol.errors import PeppolError, RevocationUnknown, Text
from peppol.outbound import AddressRules, Outbound, Unreachable
from peppol.revocation import MAX_CRL_BYTES, CrlRevocation
from peppol.trust import RevocationSource, subject_of, untrusted

MAX_ANSWER_BYTES: Final = 64 * 1024
SKEW: Final = timedelta(minutes=5)
"""Clocks of responders may differ from ours by so much."""
WITHOUT_END: Final = timedelta(hours=12)
"""How long an answer without nextUpdate is believed."""
REMEMBERED: Final = 1000

Ask = Callable[[str, bytes], bytes]
"""(address, DER request) → DER answer, or PeppolError."""


class OcspRevocation:
    """Asks the responder that the certificate names (authorityInfoAccess)."""

    def __init__(
        self,
        ask: Ask,
        *,
        fresh_for: timedelta = timedelta(hours=1),
        rest: timedelta = timedelta(minutes=1),
    ) -> None:
        self._ask = ask
        self._fresh_for = fresh_for
        self._rest = rest
        self._good_until: OrderedDict[bytes, datetime] = OrderedDict()
        self._resting: dict[str, datetime] = {}
        self._lock = Lock()

    def check(self, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> None:
        """Nothing when good; CertificateNotTrusted when revoked, RevocationUnknown otherwise."""
        key = certificate.fingerprint(hashes.SHA256())
        with self._lock:
            until = self._good_until.get(key)
        if until is not None and at < until:
            return
        url = _responder(certificate)
        with self._lock:
            rests = self._resting.get(url)
        if rests is not None and at < rests:
            raise _unknown(certificate, "直前に応答がありませんでした。", "it did not answer.")
        try:
            answer = self._answer(url, certificate, issuer)
            until = _judge(answer, certificate, issuer, at)
        except RevocationUnknown:
            with self._lock:
                self._resting[url] = at + self._rest
            raise
        with self._lock:
            self._good_until[key] = min(until, at + self._fresh_for)
            self._good_until.move_to_end(key)
            while len(self._good_until) > REMEMBERED:
                self._good_until.popitem(last=False)

    def _answer(
        self, url: str, certificate: x509.Certificate, issuer: x509.Certificate
    ) -> ocsp.OCSPResponse:
        # SHA-1 names the certificate in the request (RFC 5019 §2.1.1); nothing is trusted by it.
        request = (
            ocsp.OCSPRequestBuilder()
            .add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303
            .build()
        )
        try:
            data = self._ask(url, request.public_bytes(serialization.Encoding.DER))
        except PeppolError as error:
            raise _unknown(certificate, "応答がありません。", "no answer.") from error
        try:
            return ocsp.load_der_ocsp_response(data)
        except ValueError:
            raise _unknown(certificate, "応答が壊れています。", "a damaged answer.") from None


class FirstAnswer:
    """Several sources in order of preference."""

    def __init__(self, sources: Sequence[RevocationSource]) -> None:
        self._sources = tuple(sources)

    def check(self, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> None:
        """As the first source that can say; RevocationUnknown when none can."""
        last: RevocationUnknown | None = None
        for source in self._sources:
            try:
                source.check(certificate, issuer, at)
            except RevocationUnknown as error:
                last = error
            else:
                return
        raise last or _unknown(certificate, "確かめる先がありません。", "there is no source.")


def online(rules: AddressRules | None = None, *, timeout: float = 5.0) -> FirstAnswer:
    """OCSP, then CRL, over the network."""
    outbound = Outbound(rules or AddressRules.for_revocation())

    def ask(url: str, request: bytes) -> bytes:
        answer = outbound.request(
            "POST",
            url,
            limit=MAX_ANSWER_BYTES,
            headers={"Content-Type": "application/ocsp-request"},
            body=request,
            timeout=timeout,
        )
        if answer.status != 200:
            raise Unreachable(
                host=url[:200], why=Text(f"HTTP {answer.status}", f"HTTP {answer.status}")
            )
        return answer.body

    def fetch(url: str) -> bytes:
        return outbound.get(url, limit=MAX_CRL_BYTES).body

    return FirstAnswer((OcspRevocation(ask), CrlRevocation(fetch)))


def _judge(
    answer: ocsp.OCSPResponse,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    at: datetime,
) -> datetime:
    """Until when the certificate is good by this answer.

    Steps: 1 a successful answer about this certificate and this issuer; 2 signed by the issuer, or
    by a responder that the issuer delegated; 3 of now; 4 its word: revoked is final.
    """
    try:
        # 1
        if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            raise _unknown(certificate, "断られました。", "the responder declines.")
        if not _is_about(answer, certificate, issuer):
            raise _unknown(certificate, "別の証明書の応答です。", "it is about another one.")
        # 2
        _check_signature(answer, certificate, issuer, at)
        # 3
        until = answer.next_update_utc or answer.this_update_utc + WITHOUT_END
        if answer.this_update_utc > at + SKEW or until < at:
            raise _unknown(certificate, "今の応答ではありません。", "it is not of now.")
        # 4
        status = answer.certificate_status
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension):
        raise _unknown(certificate, "応答が壊れています。", "a damaged answer.") from None
    if status is ocsp.OCSPCertStatus.REVOKED:
        revoked = answer.revocation_time_utc
        if revoked is None or revoked <= at:
            raise untrusted(certificate, "失効しています。", "it is revoked.")
    elif status is not ocsp.OCSPCertStatus.GOOD:
        raise _unknown(certificate, "相手が知らない証明書です。", "the responder knows it not.")
    return until


def _is_about(
    answer: ocsp.OCSPResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> bool:
    wanted = (
        ocsp.OCSPRequestBuilder().add_certificate(certificate, issuer, answer.hash_algorithm)
    ).build()
    return (
        answer.serial_number == wanted.serial_number
        and answer.issuer_name_hash == wanted.issuer_name_hash
        and answer.issuer_key_hash == wanted.issuer_key_hash
    )


def _check_signature(
    answer: ocsp.OCSPResponse,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    at: datetime,
) -> None:
    signer = issuer
    for offered in answer.certificates[:3]:
        if offered != issuer and _is_named(answer, offered):
            _check_delegate(offered, certificate, issuer, at)
            signer = offered
            break
    algorithm = answer.signature_hash_algorithm
    if algorithm is None or algorithm.digest_size < 32:
        raise _unknown(certificate, "署名方式が古すぎます。", "an outdated signature.")
    public = signer.public_key()
    try:
        if isinstance(public, rsa.RSAPublicKey):
            public.verify(
                answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), algorithm
            )
        elif isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(algorithm))
        else:
            raise _unknown(certificate, "鍵の種類が違います。", "another kind of key.")
    except InvalidSignature:
        raise _unknown(certificate, "署名が合いません。", "a wrong signature.") from None


def _is_named(answer: ocsp.OCSPResponse, offered: x509.Certificate) -> bool:
    if answer.responder_name is not None:
        return offered.subject == answer.responder_name
    digest = x509.SubjectKeyIdentifier.from_public_key(offered.public_key()).digest
    return digest == answer.responder_key_hash


def _check_delegate(
    offered: x509.Certificate,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    at: datetime,
) -> None:
    """RFC 6960 §4.2.2.2: issued by the very CA, for signing OCSP answers, valid now."""
    try:
        offered.verify_directly_issued_by(issuer)
        purposes = offered.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        raise _unknown(certificate, "応答者に権限がありません。", "no authority.") from None
    valid = offered.not_valid_before_utc <= at <= offered.not_valid_after_utc
    if ExtendedKeyUsageOID.OCSP_SIGNING not in purposes or not valid:
        raise _unknown(certificate, "応答者に権限がありません。", "no authority.")


def _responder(certificate: x509.Certificate) -> str:
    try:
        access = certificate.extensions.get_extension_for_class(
            x509.AuthorityInformationAccess
        ).value
    except (x509.ExtensionNotFound, ValueError):
        access = x509.AuthorityInformationAccess([])
    for each in access:
        place = each.access_location
        if (
            each.access_method == AuthorityInformationAccessOID.OCSP
            and isinstance(place, x509.UniformResourceIdentifier)
            and place.value.startswith("http")
        ):
            return place.value
    raise _unknown(certificate, "OCSP の先がありません。", "it names no OCSP responder.")


def _unknown(certificate: x509.Certificate, ja: str, en: str) -> RevocationUnknown:
    return RevocationUnknown(
        subject=subject_of(certificate),
        why=Text("失効を確かめられません: " + ja, "revocation unknown: " + en),
    )
