"""A certificate as a party presents it before signing with its own key: read, named, judged.

Read without pyHanko, so that a web process can answer at once. Names stand in many places: 商業登記
and 認定 authorities write the Japanese name into the subject or into subjectAltName (a directory
name, or an otherName as the public personal authentication does), often beside a romanised one.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

from .errors import CertificateUntrusted, KeyUnreadable
from .keys import SigningKey
from .sealing import check_credential
from .trust import Trust

MAX_FILE = 256 * 1024
MAX_CHAIN = 8  # a path longer than any public authority's
PEOPLE = (NameOID.COMMON_NAME, NameOID.GIVEN_NAME, NameOID.SURNAME, NameOID.PSEUDONYM)


@dataclass(frozen=True, slots=True)
class Presented:
    """The party's certificate and those it was sent with (DER each)."""

    certificate: bytes
    chain: tuple[bytes, ...]
    subject: str
    people: tuple[str, ...]
    organisations: tuple[str, ...]
    not_after: datetime

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, hexadecimal."""
        return hashlib.sha256(self.certificate).hexdigest()

    def check(self, trust: Trust, at: datetime) -> None:
        """Raise unless the verifier would accept a signature with it at `at`.

        WeakKey, CertificateNotYetValid, CertificateExpired, CertificateUntrusted,
        CertificateRevoked."""
        key = SigningKey.of(self.certificate, self.chain, lambda _: b"")
        key.check_validity(at)
        try:
            usage = x509.load_der_x509_certificate(
                self.certificate
            ).extensions.get_extension_for_class(x509.KeyUsage)
        except x509.ExtensionNotFound:
            pass
        else:
            if not (usage.value.digital_signature or usage.value.content_commitment):
                raise CertificateUntrusted(subject=self.subject)
        check_credential(key, trust, at)


def read(data: bytes) -> Presented:
    """A certificate file: DER, or PEM with the party's certificate first. Raises KeyUnreadable.

    A file with a private key is refused by name: it must never leave its owner."""
    if len(data) > MAX_FILE:
        raise KeyUnreadable(reason="大きすぎます / too large")
    if b"PRIVATE KEY" in data:
        raise KeyUnreadable(reason=_PRIVATE)
    try:
        if b"-----BEGIN" in data:
            found = x509.load_pem_x509_certificates(data)
        else:
            found = [x509.load_der_x509_certificate(data)]
    except ValueError as error:
        if _is_pkcs12(data):
            raise KeyUnreadable(reason=_PRIVATE) from error
        raise KeyUnreadable(reason="証明書のファイルではありません / not a certificate") from error
    leaf, *others = found
    if len(others) > MAX_CHAIN:
        raise KeyUnreadable(reason="証明書が多すぎます / too many certificates")
    people, organisations = _names(leaf)
    encoding = serialization.Encoding.DER
    return Presented(
        certificate=leaf.public_bytes(encoding),
        chain=tuple(c.public_bytes(encoding) for c in others),
        subject=leaf.subject.rfc4514_string()[:400],
        people=people,
        organisations=organisations,
        not_after=leaf.not_valid_after_utc,
    )


def pem(certificate: bytes, chain: tuple[bytes, ...]) -> bytes:
    """The file that `read` reads: the party's certificate first."""
    encoding = serialization.Encoding.PEM
    return b"".join(
        x509.load_der_x509_certificate(der).public_bytes(encoding) for der in (certificate, *chain)
    )


_PRIVATE = (
    "秘密鍵の入ったファイルです。送らずに手元で保管し、証明書だけを送ってください"
    " / it holds a private key: keep it, and send the certificate only"
)


def _is_pkcs12(data: bytes) -> bool:
    """SEQUENCE { INTEGER 3, … }: a PKCS#12 file, locked or not."""
    try:
        version = core.Sequence.load(data)[0]
        return isinstance(version, core.Integer) and version.native == 3
    except (ValueError, TypeError, KeyError, IndexError):
        return False


def _names(certificate: x509.Certificate) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(names of people, names of organisations) in subject and subjectAltName."""
    people: list[str] = []
    organisations: list[str] = []
    names = [certificate.subject]
    try:
        other = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        other = None
    if other is not None:
        names += other.get_values_for_type(x509.DirectoryName)
        for entry in other.get_values_for_type(x509.OtherName):
            people += _texts(entry.value)
    for name in names:
        people += [_plain(a.value) for a in name if a.oid in PEOPLE]
        surname = name.get_attributes_for_oid(NameOID.SURNAME)
        given = name.get_attributes_for_oid(NameOID.GIVEN_NAME)
        if surname and given:
            people.append(f"{_plain(surname[0].value)} {_plain(given[0].value)}")
        organisations += [
            _plain(a.value) for a in name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
        ]
    return tuple(people), tuple(organisations)


def _plain(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def _texts(der: bytes) -> list[str]:
    try:
        value = core.load(der)
    except ValueError:
        return []
    return [value.native] if isinstance(getattr(value, "native", None), str) else []
