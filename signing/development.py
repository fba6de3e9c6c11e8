"""Keys, certificates and a time-stamping authority for demonstrations. NOT FOR PRODUCTION.

Every name issued here begins with DEVELOPMENT NOT FOR PRODUCTION 開発用, so that no viewer, log or
certificate list can mistake it. The private keys lie unencrypted in a folder: whoever reads the
folder signs as anybody.

Two roots: one issues the signers (`city`, `service` and any further ones), the other the
time-stamping certificates, as in life. All keys are ECDSA P-256.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from asn1crypto import tsp as asn1_tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ._internal import cms, der
from .errors import KeyUnreadable
from .keys import CURVES, HASHES, SigningKey
from .timestamping import TimestampAuthority, Timestamper, utc_now
from .trust import Trust

MARK = "DEVELOPMENT NOT FOR PRODUCTION 開発用"
POLICY = "2.999.20261123.1"  # under 2.999, the arc set aside for examples
ROOT_YEARS, SIGNER_YEARS, TSA_YEARS = 60, 5, 11
CRL_DAYS = 30
BACKDATED = timedelta(minutes=5)  # a machine whose clock lags a little still accepts them
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Pair:
    """A private key and its certificate."""

    key: ec.EllipticCurvePrivateKey = field(repr=False)
    certificate: x509.Certificate

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)


@dataclass(frozen=True, slots=True)
class DevelopmentRevocation:
    """A revocation source that issues the development CRLs afresh whenever it is asked."""

    folder: Path

    def crls(self, certificates: Iterable[bytes]) -> list[bytes]:
        return load(self.folder).crls()

    def ocsps(self, certificates: Iterable[bytes], issuers: Iterable[bytes]) -> list[bytes]:
        return []


class DevelopmentPki:
    """The development keys in a folder. Use `create_pki` or `load`."""

    def __init__(self, folder: Path, clock: Clock = utc_now) -> None:
        self.folder = folder
        self.clock = clock
        self.root = _read(folder, "root")
        self.tsa_root = _read(folder, "tsa-root")
        self.use_tsa(_read(folder, "tsa"))

    @property
    def city(self) -> SigningKey:
        """The city's key (契約担当者)."""
        return self.key("city")

    @property
    def service(self) -> SigningKey:
        """The service's own key, with which it records vendors' acts (事業者署名型)."""
        return self.key("service")

    def key(self, name: str) -> SigningKey:
        """The signing key of that name; it is issued when it does not exist yet."""
        if not (self.folder / f"{name}.key.pem").exists():
            self.issue(name, name)
        return signing_key(_read(self.folder, name), (self.root,))

    def issue(
        self,
        name: str,
        title: str,
        *,
        at: datetime | None = None,
        lifetime: timedelta = timedelta(days=365 * SIGNER_YEARS),
    ) -> SigningKey:
        """Issue a signer's certificate under the development root and keep it as `name`."""
        pair = issue(self.root, title, at=at or self.clock(), lifetime=lifetime)
        _write(self.folder, name, pair)
        return signing_key(pair, (self.root,))

    def renew_tsa(self, at: datetime, *, curve: ec.EllipticCurve | None = None) -> None:
        """A new time-stamping certificate, valid from `at` (simulated years)."""
        self.use_tsa(
            issue(
                self.tsa_root, "Time Stamping Authority", at=at,
                lifetime=timedelta(days=365 * TSA_YEARS), time_stamping=True, curve=curve,
            )
        )  # fmt: skip
        _write(self.folder, "tsa", self.tsa)

    def use_tsa(self, pair: Pair) -> None:
        """Answer with this time-stamping key from now on."""
        self.tsa = pair
        self.tsa_key = signing_key(pair, (self.tsa_root,))

    def revoke(self, certificate: bytes, at: datetime) -> None:
        """Put a certificate on the list of revoked ones from `at` on."""
        serial = x509.load_der_x509_certificate(certificate).serial_number
        path = self.folder / "revoked.json"
        revoked = _revoked(self.folder) | {str(serial): at.isoformat()}
        _replace(path, json.dumps(revoked, indent=1).encode())

    def crls(self, at: datetime | None = None) -> list[bytes]:
        """Both roots' revocation lists, issued as of `at` (default: now)."""
        moment = at or self.clock()
        revoked = _revoked(self.folder)
        return [_crl(root, revoked, moment) for root in (self.root, self.tsa_root)]

    def trust(self, at: datetime | None = None) -> Trust:
        """Trust in the two development roots, with revocation lists as of `at` (default: now)."""
        return Trust(
            roots=(self.root.der,),
            tsa_roots=(self.tsa_root.der,),
            crls=tuple(self.crls(at)),
            revocation=DevelopmentRevocation(self.folder) if at is None else None,
        )

    def tsa_answer(self, request: bytes) -> bytes:
        """The authority's answer (RFC 3161 DER) to a request (DER)."""
        return tsa_answer(request, pki=self)

    def authority(self, name: str = "開発用時刻認証局 (development)") -> TimestampAuthority:
        """The built-in authority, answering in this process."""
        return TimestampAuthority(
            name=name, answer=self.tsa_answer, roots=(self.tsa_root.der,), policy=POLICY
        )

    def timestamper(self) -> Timestamper:
        """A timestamper over the built-in authority, by this PKI's clock."""
        return Timestamper([self.authority()], clock=self.clock)


def create_pki(folder: Path, *, clock: Clock = utc_now) -> DevelopmentPki:
    """Make the keys in `folder`, or load them when they are there already.

    The folder is made with mode 0700. The marker file DEVELOPMENT-NOT-FOR-PRODUCTION is written
    last: a folder in which an earlier run was cut short is completed afresh.
    """
    if (folder / MARKER).exists():
        return load(folder, clock=clock)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    at = clock()
    for name, title in (("root", "Signing Root CA"), ("tsa-root", "Time Stamping Root CA")):
        _write(folder, name, root_pair(title, at=at))
    _write(
        folder, "tsa",
        issue(_read(folder, "tsa-root"), "Time Stamping Authority", at=at,
              lifetime=timedelta(days=365 * TSA_YEARS), time_stamping=True),
    )  # fmt: skip
    pki = DevelopmentPki(folder, clock)
    pki.issue("city", "City 契約担当者")
    pki.issue("service", "Warifu Service")
    _replace(
        folder / MARKER,
        "これらの鍵は開発・試験用です。本番では使わないでください。\n"
        "These keys are for development only. Never use them in production.\n".encode(),
    )
    return pki


MARKER = "DEVELOPMENT-NOT-FOR-PRODUCTION"


def load(folder: Path, *, clock: Clock = utc_now) -> DevelopmentPki:
    """The keys that `create_pki` made. Raises KeyUnreadable."""
    if not (folder / MARKER).exists():
        raise KeyUnreadable(reason=f"{folder}: no development keys / 開発用の鍵がありません")
    return DevelopmentPki(folder, clock)


def tsa_answer(request: bytes, *, pki: DevelopmentPki) -> bytes:
    """Answer an RFC 3161 request as the development authority (own code, ECDSA P-256).

    Refuses unreadable requests, unknown digests and other policies than its own with the failure
    codes of RFC 3161 §2.4.2.
    """
    try:
        parsed = asn1_tsp.TimeStampReq.load(request, strict=True)
        imprint = parsed["message_imprint"]
        name = str(imprint["hash_algorithm"]["algorithm"].native)
        digest = bytes(imprint["hashed_message"].native)
        policy = parsed["req_policy"].native and str(parsed["req_policy"].dotted)
        nonce = parsed["nonce"].native
        wants_certificate = bool(parsed["cert_req"].native)
    except (ValueError, TypeError, KeyError):
        return _refusal(bit=5)  # badDataFormat
    if name not in cms.DIGEST_OIDS or len(digest) != int(name[3:]) // 8:
        return _refusal(bit=0)  # badAlg
    if policy not in (None, POLICY):
        return _refusal(bit=15)  # unacceptedPolicy
    at = pki.clock()
    info = der.sequence(
        der.integer(1),
        der.oid(POLICY),
        der.sequence(der.algorithm(cms.DIGEST_OIDS[name]), der.octets(digest)),
        der.integer(secrets.randbits(63) | 1 << 62),
        der.tlv(0x18, at.strftime("%Y%m%d%H%M%SZ").encode()),
        der.sequence(der.integer(1)),  # accuracy: one second
        b"" if nonce is None else der.integer(nonce),
    )
    key = pki.tsa_key
    attributes = cms.signed_attributes(
        key.identity, hashlib.new(key.digest, info).digest(), cms.TST_INFO
    )
    token = cms.signed_data(
        key.identity,
        attributes,
        key.raw_sign(attributes),
        content_type=cms.TST_INFO,
        content=info,
        certificates=wants_certificate,
    )
    return der.sequence(der.sequence(der.integer(0)), token)


def root_pair(title: str, *, at: datetime) -> Pair:
    """A self-signed CA."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(title)
    builder = _builder(subject, subject, key.public_key(), at, timedelta(days=365 * ROOT_YEARS))
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    builder = builder.add_extension(_usage(certificates=True), critical=True)
    return Pair(key, builder.sign(key, hashes.SHA256()))


def issue(
    issuer: Pair,
    title: str,
    *,
    at: datetime,
    lifetime: timedelta,
    time_stamping: bool = False,
    curve: ec.EllipticCurve | None = None,
) -> Pair:
    """A certificate for a signer or, with `time_stamping`, for an authority (default: P-256)."""
    key = ec.generate_private_key(curve or ec.SECP256R1())
    builder = _builder(_name(title), issuer.certificate.subject, key.public_key(), at, lifetime)
    builder = builder.add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    builder = builder.add_extension(_usage(certificates=False), critical=True)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.certificate.public_key()),  # type: ignore[arg-type]
        critical=False,
    )
    if time_stamping:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True
        )
    return Pair(key, builder.sign(issuer.key, hashes.SHA256()))


def signing_key(pair: Pair, chain: Iterable[Pair]) -> SigningKey:
    """A SigningKey over a pair in memory."""
    ecdsa = ec.ECDSA(HASHES[CURVES[pair.key.curve.name]])
    key = pair.key
    return SigningKey.of(
        pair.der, [issuer.der for issuer in chain], lambda data: key.sign(data, ecdsa)
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    at: datetime,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    start = at - BACKDATED
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def _name(title: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "JP"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, MARK),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{MARK} {title}"),
        ]
    )


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=not certificates,
        key_cert_sign=certificates,
        crl_sign=certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _crl(issuer: Pair, revoked: dict[str, str], at: datetime) -> bytes:
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(at)
        .next_update(at + timedelta(days=CRL_DAYS))
        .add_extension(x509.CRLNumber(int(at.timestamp())), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.certificate.public_key()),  # type: ignore[arg-type]
            critical=False,
        )
    )
    for serial, since in revoked.items():
        entry = x509.RevokedCertificateBuilder().serial_number(int(serial))
        builder = builder.add_revoked_certificate(
            entry.revocation_date(datetime.fromisoformat(since)).build()
        )
    signed = builder.sign(issuer.key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


def _refusal(*, bit: int) -> bytes:
    bits = bytearray(bit // 8 + 1)
    bits[bit // 8] = 0x80 >> bit % 8
    unused = 7 - bit % 8
    return der.sequence(der.sequence(der.integer(2), der.tlv(0x03, bytes((unused,)) + bits)))


def _revoked(folder: Path) -> dict[str, str]:
    path = folder / "revoked.json"
    return dict(json.loads(path.read_bytes())) if path.exists() else {}


def _read(folder: Path, name: str) -> Pair:
    try:
        key = serialization.load_pem_private_key((folder / f"{name}.key.pem").read_bytes(), None)
        certificate = x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes())
    except (OSError, ValueError) as error:
        raise KeyUnreadable(reason=str(error)) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise KeyUnreadable(reason=f"{name}: not an EC key")
    return Pair(key, certificate)


def _write(folder: Path, name: str, pair: Pair) -> None:
    encoding = serialization.Encoding.PEM
    _replace(
        folder / f"{name}.key.pem",
        pair.key.private_bytes(
            encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )
    _replace(folder / f"{name}.pem", pair.certificate.public_bytes(encoding))


def _replace(path: Path, content: bytes) -> None:
    """Write so that a reader sees the old file or the complete new one, readable by us only."""
    partial = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
