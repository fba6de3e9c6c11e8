"""Whom we believe: certificates of access points and of SMPs.

Peppol's tree has three levels: root, one CA for access points and one for SMPs, leaves. The CAs
are pinned, so a chain is one signature long, and the two roles can never stand in for each other.
Test, production and private networks are different `TrustPolicy` values; none accepts another's.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from threading import Lock
from typing import Final, Protocol, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from peppol.errors import CertificateNotTrusted, IdentifierInvalid, SettingInvalid, Text
from peppol.identifiers import SeatId, seat_id

Extension = TypeVar("Extension", bound=x509.ExtensionType)

REMEMBERED: Final = 1000
"""Certificates whose unchanging properties are remembered."""


class Network(StrEnum):
    """Which network the anchors belong to. Shown wherever a message is shown."""

    PRODUCTION = "production"
    TEST = "test"
    PRIVATE = "private"


class Role(StrEnum):
    ACCESS_POINT = "access point"
    SMP = "smp"


class RevocationSource(Protocol):
    """Answers whether a certificate was revoked."""

    def check(self, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> None:
        """Nothing when it is good; CertificateNotTrusted when revoked or when nobody can say."""
        ...


class NoRevocation:
    """For private networks: nothing is ever revoked. Refused for the real ones."""

    def check(self, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> None:
        return None


@dataclass(frozen=True, slots=True)
class Anchors:
    """The pinned CA certificates of one network."""

    network: Network
    roots: tuple[x509.Certificate, ...]
    access_point: tuple[x509.Certificate, ...]
    smp: tuple[x509.Certificate, ...]

    def __post_init__(self) -> None:
        if not (self.roots and self.access_point and self.smp):
            raise SettingInvalid(
                name="peppol.trust",
                why=Text("認証局証明書が足りません。", "CA certificates are missing."),
            )
        for authority in (*self.access_point, *self.smp):
            if not any(_issued(authority, root) for root in self.roots):
                raise SettingInvalid(
                    name="peppol.trust",
                    why=Text("認証局が根につながりません。", "a CA does not chain to a root."),
                )


@dataclass(frozen=True, slots=True)
class _Known:
    """What does not change about a certificate that passed once: its CA, and both validities."""

    issuer: x509.Certificate
    begins: datetime
    ends: datetime


@contextmanager
def _readable() -> Iterator[None]:
    """Certificates are parsed lazily: what cannot be read may show only when it is asked for."""
    try:
        yield
    except (ValueError, UnsupportedAlgorithm) as error:
        raise CertificateNotTrusted(
            subject="?", why=Text("証明書が壊れています。", "it is damaged.")
        ) from error


class TrustPolicy:
    """Judges certificates at an instant. Safe to share between threads."""

    def __init__(self, anchors: Anchors, revocation: RevocationSource) -> None:
        if anchors.network is not Network.PRIVATE and isinstance(revocation, NoRevocation):
            raise SettingInvalid(
                name="peppol.revocation",
                why=Text("実網では失効確認を省けません。", "real networks need revocation checks."),
            )
        self.anchors = anchors
        self._revocation = revocation
        self._known: OrderedDict[tuple[Role, bytes], _Known] = OrderedDict()
        self._lock = Lock()

    @property
    def network(self) -> Network:
        return self.anchors.network

    def check_access_point(self, certificate: x509.Certificate, at: datetime) -> SeatId:
        """The seat id of an access point's certificate, or CertificateNotTrusted."""
        with _readable():
            self._check(certificate, Role.ACCESS_POINT, self.anchors.access_point, at)
            return seat_of(certificate)

    def check_smp(self, certificate: x509.Certificate, at: datetime) -> None:
        """That `certificate` is an SMP's, or CertificateNotTrusted."""
        with _readable():
            self._check(certificate, Role.SMP, self.anchors.smp, at)

    def _check(
        self,
        certificate: x509.Certificate,
        role: Role,
        authorities: Sequence[x509.Certificate],
        at: datetime,
    ) -> None:
        """Steps: 1 issued by a CA of this role; 2 an end entity; 3 key usage and purpose;
        4 a strong RSA key; 5 CA and certificate valid at `at`; 6 not revoked.

        1–4 do not change and are remembered by fingerprint; 5 and 6 are asked every time.
        Not checked: names other than CN (Peppol has no rule for them).
        """
        key = (role, fingerprint_of(certificate))
        with self._lock:
            known = self._known.get(key)
            if known is not None:
                self._known.move_to_end(key)
        if known is None:
            issuer = self._check_lasting(certificate, role, authorities)
            known = _Known(
                issuer,
                max(certificate.not_valid_before_utc, issuer.not_valid_before_utc),
                min(certificate.not_valid_after_utc, issuer.not_valid_after_utc),
            )
            with self._lock:
                self._known[key] = known
                while len(self._known) > REMEMBERED:
                    self._known.popitem(last=False)
        # 5
        if not known.begins <= at <= known.ends:
            raise untrusted(certificate, "有効期間の外です。", "outside its validity.")
        # 6
        self._revocation.check(certificate, known.issuer, at)

    def _check_lasting(
        self, certificate: x509.Certificate, role: Role, authorities: Sequence[x509.Certificate]
    ) -> x509.Certificate:
        # 1
        issuer = next((ca for ca in authorities if _issued(certificate, ca)), None)
        if issuer is None:
            raise untrusted(
                certificate,
                "この役割の認証局が発行したものではありません。",
                "not issued by the CA of this role.",
            )
        try:
            extensions = certificate.extensions
            # 2
            basic = _extension(extensions, x509.BasicConstraints)
            if basic is not None and basic.ca:
                raise untrusted(certificate, "認証局の証明書です。", "it is a CA certificate.")
            # 3
            usage = _extension(extensions, x509.KeyUsage)
            if usage is None or not usage.digital_signature:
                raise untrusted(
                    certificate, "署名用の鍵ではありません。", "its key is not for signing."
                )
            if role is Role.ACCESS_POINT and not (
                usage.key_encipherment or usage.data_encipherment
            ):
                raise untrusted(
                    certificate, "暗号化用の鍵ではありません。", "its key is not for encryption."
                )
            purpose = _extension(extensions, x509.ExtendedKeyUsage)
            if (purpose is None and role is Role.ACCESS_POINT) or (
                purpose is not None and ExtendedKeyUsageOID.CLIENT_AUTH not in purpose
            ):
                raise untrusted(certificate, "用途が違います。", "it is for another purpose.")
        except (ValueError, x509.DuplicateExtension) as error:
            raise CertificateNotTrusted(
                subject="?", why=Text("拡張領域が壊れています。", "its extensions are damaged.")
            ) from error
        # 4
        public = certificate.public_key()
        if not isinstance(public, rsa.RSAPublicKey) or public.key_size < 2048:
            raise untrusted(
                certificate, "RSA 2048 ビット以上ではありません。", "not RSA of 2048 bits or more."
            )
        return issuer


@lru_cache(maxsize=512)
def fingerprint_of(certificate: x509.Certificate) -> bytes:
    """SHA-256 of the certificate."""
    return certificate.fingerprint(hashes.SHA256())


@lru_cache(maxsize=512)
def seat_of(certificate: x509.Certificate) -> SeatId:
    """The seat id in the certificate's CN, or CertificateNotTrusted."""
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if len(names) == 1:
        try:
            return seat_id(str(names[0].value))
        except IdentifierInvalid:
            pass
    raise untrusted(certificate, "CN がシート ID ではありません。", "its CN is no seat id.")


def subject_of(certificate: x509.Certificate) -> str:
    """The subject for messages; never raises."""
    try:
        return certificate.subject.rfc4514_string()[:200]
    except ValueError:
        return "?"


def untrusted(certificate: x509.Certificate, ja: str, en: str) -> CertificateNotTrusted:
    """CertificateNotTrusted for `certificate`."""
    return CertificateNotTrusted(subject=subject_of(certificate), why=Text(ja, en))


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _extension(extensions: x509.Extensions, kind: type[Extension]) -> Extension | None:
    try:
        return extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
