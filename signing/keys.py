"""Keys that sign: from PEM or PKCS#12 files, from a PKCS#11 token, or far away.

A `SigningKey` is a certificate with its chain and one operation, "sign these bytes". Loading is
done once; every signature after that costs the private-key operation only (an HSM session stays
open the same way). Strength: ECDSA P-256, P-384, P-521 and RSA from 3072 bits; RSA-2048 only when
`allow_rsa_2048=True` is said, since CRYPTREC ends its use for new signatures with 2030.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from ._internal.cms import SignerIdentity
from .errors import (
    CertificateExpired,
    CertificateExpiresTooSoon,
    CertificateNotYetValid,
    KeyMismatch,
    KeyUnreadable,
    WeakKey,
    WrongPassphrase,
)

RawSign = Callable[[bytes], bytes]
HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}
CURVES = {"secp256r1": "sha256", "secp384r1": "sha384", "secp521r1": "sha512"}


@dataclass(frozen=True, slots=True)
class Validity:
    """When the certificate called `subject` is good: all that one may know of a key without it."""

    subject: str
    not_before: datetime
    not_after: datetime

    def check(self, at: datetime, *, until: datetime | None = None) -> None:
        """Raise CertificateNotYetValid or CertificateExpired unless `at` is within validity.

        `until` is when the last signature is due: a certificate that ends before is refused with
        CertificateExpiresTooSoon, so that a round of signatures is not begun in vain.
        """
        if at < self.not_before:
            raise CertificateNotYetValid(since=self.not_before.date().isoformat())
        if at > self.not_after:
            raise CertificateExpired(until=self.not_after.date().isoformat())
        if until is not None and until > self.not_after:
            raise CertificateExpiresTooSoon(
                until=self.not_after.date().isoformat(), deadline=until.date().isoformat()
            )


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A certificate, its chain (DER each) and the operation of its private key."""

    certificate: bytes
    chain: tuple[bytes, ...]
    digest: str
    identity: SignerIdentity = field(repr=False)
    raw_sign: RawSign = field(repr=False)
    not_before: datetime
    not_after: datetime
    subject: str

    @classmethod
    def of(
        cls,
        certificate: bytes,
        chain: Sequence[bytes],
        raw_sign: RawSign,
        *,
        allow_rsa_2048: bool = False,
    ) -> SigningKey:
        """A key whose private half lives behind `raw_sign`.

        `raw_sign(data)` hashes `data` with the key's digest and returns the signature: an ECDSA
        value in DER, or RSA PKCS#1 v1.5. Raises WeakKey, KeyUnreadable.
        """
        try:
            parsed = x509.load_der_x509_certificate(certificate)
            public = parsed.public_key()
        except (ValueError, UnsupportedAlgorithm) as error:
            raise KeyUnreadable(reason=str(error)) from error
        scheme, digest = _algorithm(public, allow_rsa_2048=allow_rsa_2048)
        names = parsed.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        subject = str(names[0].value) if names else parsed.subject.rfc4514_string()
        return cls(
            certificate=certificate,
            chain=tuple(chain),
            digest=digest,
            identity=SignerIdentity.of(certificate, chain, digest=digest, scheme=scheme),
            raw_sign=raw_sign,
            not_before=parsed.not_valid_before_utc,
            not_after=parsed.not_valid_after_utc,
            subject=subject,
        )

    @classmethod
    def from_pem(
        cls,
        key: bytes,
        certificate: bytes,
        chain: bytes = b"",
        *,
        passphrase: str | bytes | None = None,
        allow_rsa_2048: bool = False,
    ) -> SigningKey:
        """A key from PEM bytes; `chain` holds any number of certificates."""
        secret = passphrase.encode() if isinstance(passphrase, str) else passphrase
        try:
            private = serialization.load_pem_private_key(key, secret)
            leaf = x509.load_pem_x509_certificate(certificate)
            others = x509.load_pem_x509_certificates(chain) if chain.strip() else []
        except TypeError as error:
            raise WrongPassphrase from error
        except (ValueError, UnsupportedAlgorithm) as error:
            if "password" in str(error).lower() or "decrypt" in str(error).lower():
                raise WrongPassphrase from error
            raise KeyUnreadable(reason=str(error)) from error
        return cls._in_memory(private, leaf, others, allow_rsa_2048=allow_rsa_2048)

    @classmethod
    def from_pkcs12(
        cls, data: bytes, passphrase: str | bytes | None, *, allow_rsa_2048: bool = False
    ) -> SigningKey:
        """A key from a PKCS#12 (.p12, .pfx) file."""
        secret = passphrase.encode() if isinstance(passphrase, str) else passphrase
        try:
            private, leaf, others = pkcs12.load_key_and_certificates(data, secret)
        except (ValueError, UnsupportedAlgorithm) as error:
            if "password" in str(error).lower():
                raise WrongPassphrase from error
            raise KeyUnreadable(reason=str(error)) from error
        if private is None or leaf is None:
            raise KeyUnreadable(reason="PKCS#12 without key or certificate")
        return cls._in_memory(private, leaf, others, allow_rsa_2048=allow_rsa_2048)

    @classmethod
    def _in_memory(
        cls,
        private: object,
        leaf: x509.Certificate,
        others: Sequence[x509.Certificate],
        *,
        allow_rsa_2048: bool,
    ) -> SigningKey:
        encoding = serialization.Encoding.DER
        der_leaf = leaf.public_bytes(encoding)
        _scheme, digest = _algorithm(leaf.public_key(), allow_rsa_2048=allow_rsa_2048)
        hasher = HASHES[digest]
        if isinstance(private, ec.EllipticCurvePrivateKey):
            ecdsa = ec.ECDSA(hasher)

            def raw_sign(data: bytes) -> bytes:
                return private.sign(data, ecdsa)

        elif isinstance(private, rsa.RSAPrivateKey):

            def raw_sign(data: bytes) -> bytes:
                return private.sign(data, padding.PKCS1v15(), hasher)

        else:
            raise WeakKey(key=type(private).__name__)
        if private.public_key() != leaf.public_key():
            raise KeyMismatch
        chain = [c.public_bytes(encoding) for c in others]
        return cls.of(der_leaf, chain, raw_sign, allow_rsa_2048=allow_rsa_2048)

    @property
    def validity(self) -> Validity:
        return Validity(self.subject, self.not_before, self.not_after)

    def check_validity(self, at: datetime, *, until: datetime | None = None) -> None:
        """As `Validity.check`."""
        self.validity.check(at, until=until)

    def sign(self, data: bytes) -> bytes:
        """The signature over `data`, checked against the certificate before it is used."""
        signature = self.raw_sign(data)
        check_raw_signature(self.certificate, data, signature, self.digest)
        return signature


def check_raw_signature(certificate: bytes, data: bytes, signature: bytes, digest: str) -> None:
    """Raise KeyMismatch unless `signature` over `data` verifies with the certificate's key."""
    public = x509.load_der_x509_certificate(certificate).public_key()
    try:
        if isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, data, ec.ECDSA(HASHES[digest]))
        elif isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, data, padding.PKCS1v15(), HASHES[digest])
        else:
            raise WeakKey(key=type(public).__name__)
    except InvalidSignature as error:
        raise KeyMismatch from error


def _algorithm(public: object, *, allow_rsa_2048: bool) -> tuple[str, str]:
    """(scheme, digest) for a public key, or WeakKey."""
    if isinstance(public, ec.EllipticCurvePublicKey):
        digest = CURVES.get(public.curve.name)
        if digest is None:
            raise WeakKey(key=f"ECDSA {public.curve.name}")
        return "ecdsa", digest
    if isinstance(public, rsa.RSAPublicKey):
        if public.key_size < (2048 if allow_rsa_2048 else 3072):
            raise WeakKey(key=f"RSA {public.key_size}")
        return "rsa", "sha256"
    raise WeakKey(key=type(public).__name__)
