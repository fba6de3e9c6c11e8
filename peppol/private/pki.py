"""Certificates of a private network: root, access point CA, SMP CA, seats. Marked NOT PEPPOL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
    NameOID,
    ObjectIdentifier,
)

from peppol.errors import SettingInvalid, Text
from peppol.keys import FileKey
from peppol.trust import Anchors, Network, NoRevocation, RevocationSource, TrustPolicy

MARK: Final = "PRIVATE NETWORK - NOT PEPPOL"
_NOTE: Final = "NOT-PEPPOL.txt"
_LIFE: Final = timedelta(days=730)


@dataclass(frozen=True, slots=True)
class Seat:
    """A key with its certificate."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    def as_key(self) -> FileKey:
        return FileKey(self.key, self.certificate)

    def pem(self) -> bytes:
        """Key and certificate in one text, as `FileKey.from_file` reads it."""
        private = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        return private + self.certificate.public_bytes(serialization.Encoding.PEM)


@dataclass(frozen=True, slots=True)
class PrivatePki:
    """The three authorities of a private network, with their keys."""

    root: Seat
    access_point_ca: Seat
    smp_ca: Seat

    @classmethod
    def create(cls, at: datetime) -> PrivatePki:
        """A new network, valid from an hour before `at`."""
        root = _make("Root", None, at, ca=True)
        return cls(
            root,
            _make("Access Point CA", root, at, ca=True),
            _make("SMP CA", root, at, ca=True),
        )

    def access_point(
        self,
        seat: str,
        at: datetime,
        *,
        purposes: Sequence[ObjectIdentifier] = (ExtendedKeyUsageOID.CLIENT_AUTH,),
        life: timedelta = _LIFE,
        crl: str | None = None,
        ocsp: str | None = None,
    ) -> Seat:
        """An access point with CN `seat` (such as PZZ000001)."""
        return _make(
            seat, self.access_point_ca, at, purposes=purposes, life=life, crl=crl, ocsp=ocsp
        )

    def smp(self, name: str, at: datetime) -> Seat:
        """An SMP's signing certificate."""
        return _make(name, self.smp_ca, at, purposes=(ExtendedKeyUsageOID.CLIENT_AUTH,))

    def anchors(self) -> Anchors:
        return Anchors(
            Network.PRIVATE,
            (self.root.certificate,),
            (self.access_point_ca.certificate,),
            (self.smp_ca.certificate,),
        )

    def trust(self, revocation: RevocationSource | None = None) -> TrustPolicy:
        return TrustPolicy(self.anchors(), revocation or NoRevocation())

    def save(self, folder: Path) -> None:
        """Into `folder`, readable by its owner only, with a note that says what it is."""
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / _NOTE).write_text(
            f"{MARK}\n\nこの鍵は手元の試験用です。Peppol の網では使えません。\n"
            "These keys are for trials on your own machines. They are worthless in Peppol.\n",
            "utf-8",
        )
        for name, seat in self._seats().items():
            path = folder / f"{name}.pem"
            path.touch(mode=0o600)
            path.write_bytes(seat.pem())

    @classmethod
    def load(cls, folder: Path) -> PrivatePki:
        """As saved. SettingInvalid when the note or a file is missing."""
        if not (folder / _NOTE).is_file():
            raise SettingInvalid(
                name="peppol.private_pki",
                why=Text(f"{_NOTE} がありません。", f"there is no {_NOTE}."),
            )
        return cls(*(load_seat(folder / f"{name}.pem") for name in _NAMES))

    def _seats(self) -> dict[str, Seat]:
        return dict(zip(_NAMES, (self.root, self.access_point_ca, self.smp_ca), strict=True))


_NAMES: Final = ("root", "access-point-ca", "smp-ca")


def load_seat(path: Path) -> Seat:
    """A seat saved as `Seat.pem` gives it."""
    try:
        data = path.read_bytes()
        key = serialization.load_pem_private_key(data, None)
        certificate = x509.load_pem_x509_certificate(data)
    except (OSError, ValueError) as error:
        raise SettingInvalid(
            name="peppol.private_pki",
            why=Text(f"{path.name} を読めません。", f"{path.name} cannot be read."),
        ) from error
    assert isinstance(key, rsa.RSAPrivateKey)
    return Seat(key, certificate)


def _make(
    name: str,
    issuer: Seat | None,
    at: datetime,
    *,
    ca: bool = False,
    purposes: Sequence[ObjectIdentifier] = (),
    life: timedelta = _LIFE,
    crl: str | None = None,
    ocsp: str | None = None,
) -> Seat:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, f"{name} {MARK}" if ca else name),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, MARK),
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
        ]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(hours=1))
        .not_valid_after(at + (life * 5 if ca else life))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_usage(ca), critical=True)
    )
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=True)
    if crl:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(crl)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    if ocsp:
        place = x509.UniformResourceIdentifier(ocsp)
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, place)
        builder = builder.add_extension(x509.AuthorityInformationAccess([access]), critical=False)
    return Seat(key, builder.sign(issuer.key if issuer else key, hashes.SHA256()))


def _usage(ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not ca,
        content_commitment=False,
        key_encipherment=not ca,
        data_encipherment=not ca,
        key_agreement=False,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )
