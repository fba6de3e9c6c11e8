"""Private keys behind one small interface: a file, or a token by PKCS#11.

An access point has one RSA key for two acts: signing what it sends (receipts too) and opening
what it receives. Nothing else in this package touches a private key.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from pathlib import Path
from typing import Any, Final, Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from peppol.errors import KeyUnusable, Text

_PKCS1: Final = padding.PKCS1v15()
_SHA256: Final = hashes.SHA256()
_OAEP: Final = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)


class UnwrapFailed(Exception):
    """The wrapped key cannot be opened. Deliberately says nothing of why (RFC 8017 §7.1.2 note)."""


class AccessPointKey(Protocol):
    """What AS4 needs of a private key. Implementations are safe to call from several threads."""

    @property
    def certificate(self) -> x509.Certificate: ...

    def sign(self, data: bytes) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256 over `data`."""
        ...

    def unwrap(self, wrapped: bytes) -> bytes:
        """RSAES-OAEP (SHA-256, MGF1 with SHA-256, empty label), or UnwrapFailed."""
        ...


class FileKey:
    """A key held in memory, loaded from a file."""

    def __init__(self, key: rsa.RSAPrivateKey, certificate: x509.Certificate) -> None:
        _check_pair(key.public_key(), certificate)
        self._key = key
        self._certificate = certificate

    @classmethod
    def from_pem(cls, key: bytes, certificate: bytes, password: bytes | None = None) -> FileKey:
        """From PEM texts. Raises KeyUnusable."""
        try:
            private = serialization.load_pem_private_key(key, password)
            return cls(_rsa(private), x509.load_pem_x509_certificate(certificate))
        except (ValueError, TypeError) as error:
            raise _unusable(error) from None

    @classmethod
    def from_pkcs12(cls, data: bytes, password: bytes | None) -> FileKey:
        """From a PKCS#12 store with exactly one key. Raises KeyUnusable."""
        try:
            private, certificate, _ = pkcs12.load_key_and_certificates(data, password)
        except ValueError as error:
            raise _unusable(error) from None
        if private is None or certificate is None:
            raise KeyUnusable(
                why=Text("鍵または証明書が入っていません。", "no key or certificate inside.")
            )
        return cls(_rsa(private), certificate)

    @classmethod
    def from_file(cls, path: Path, password: bytes | None = None) -> FileKey:
        """From `path`: .p12/.pfx, or PEM with key and certificate in one file."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise _unusable(error) from None
        if path.suffix.lower() in (".p12", ".pfx"):
            return cls.from_pkcs12(data, password)
        return cls.from_pem(data, data, password)

    @property
    def certificate(self) -> x509.Certificate:
        return self._certificate

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data, _PKCS1, _SHA256)

    def unwrap(self, wrapped: bytes) -> bytes:
        try:
            return self._key.decrypt(wrapped, _OAEP)
        except ValueError:
            raise UnwrapFailed from None


class Pkcs11Key:
    """A key that stays in a token (HSM). Needs the extra `pkcs11`.

    Tokens that do OAEP only with SHA-1 (SoftHSM 2.6) are asked for the bare RSA operation and the
    padding is opened here, in constant time as far as Python allows.
    """

    def __init__(
        self, *, module: str, token: str, pin: str, label: str, certificate: x509.Certificate
    ) -> None:
        try:
            import pkcs11  # heavy and optional: only where a token is used
            from pkcs11 import exceptions
        except ImportError as error:
            raise _unusable(error) from None
        self._pkcs11 = pkcs11
        try:
            found = pkcs11.lib(module).get_token(token_label=token)
            try:
                self._session = found.open(user_pin=pin)
            except exceptions.UserAlreadyLoggedIn:
                # Login belongs to the process, not the session: another key of ours has done it.
                self._session = found.open()
            self._key: Any = self._session.get_key(
                object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=label
            )
        except (exceptions.PKCS11Error, RuntimeError, OSError) as error:
            raise _unusable(error) from None
        public = certificate.public_key()
        if not isinstance(public, rsa.RSAPublicKey):
            raise KeyUnusable(why=Text("RSA ではありません。", "it is not RSA."))
        self._size = (public.key_size + 7) // 8
        self._certificate = certificate
        self._lock = threading.Lock()  # a session does one operation at a time
        self._oaep_in_token = True
        signature = self.sign(b"key check")
        try:
            public.verify(signature, b"key check", _PKCS1, _SHA256)
        except Exception:
            raise KeyUnusable(
                why=Text("鍵と証明書が対になりません。", "key and certificate do not match.")
            ) from None

    @property
    def certificate(self) -> x509.Certificate:
        return self._certificate

    def sign(self, data: bytes) -> bytes:
        with self._lock:
            signature: bytes = self._key.sign(
                data, mechanism=self._pkcs11.Mechanism.SHA256_RSA_PKCS
            )
        return signature

    def unwrap(self, wrapped: bytes) -> bytes:
        if len(wrapped) != self._size:
            raise UnwrapFailed
        if self._oaep_in_token:
            try:
                return self._decrypt_oaep(wrapped)
            except (
                self._pkcs11.exceptions.MechanismParamInvalid,
                self._pkcs11.exceptions.MechanismInvalid,
                self._pkcs11.exceptions.ArgumentsBad,
            ):
                self._oaep_in_token = False
            except self._pkcs11.exceptions.PKCS11Error:
                raise UnwrapFailed from None
        try:
            with self._lock:
                block: bytes = self._key.decrypt(
                    wrapped, mechanism=self._pkcs11.Mechanism.RSA_X_509
                )
        except self._pkcs11.exceptions.PKCS11Error:
            raise UnwrapFailed from None
        return open_oaep(block.rjust(self._size, b"\x00"))

    def _decrypt_oaep(self, wrapped: bytes) -> bytes:
        p = self._pkcs11
        with self._lock:
            opened: bytes = self._key.decrypt(
                wrapped,
                mechanism=p.Mechanism.RSA_PKCS_OAEP,
                mechanism_param=(p.Mechanism.SHA256, p.MGF.SHA256, None),
            )
        return opened


def open_oaep(block: bytes) -> bytes:
    """EME-OAEP decoding (RFC 8017 §7.1.2, SHA-256, empty label) of an RSA block, or UnwrapFailed.

    All conditions are gathered before one decision, so that they cannot be told apart.
    """
    size = 32
    if len(block) < 2 * size + 2:
        raise UnwrapFailed
    masked_seed, masked_db = block[1 : size + 1], block[size + 1 :]
    seed = _xor(masked_seed, _mgf1(masked_db, size))
    db = _xor(masked_db, _mgf1(seed, len(masked_db)))
    bad = block[0]
    bad |= not hmac.compare_digest(db[:size], hashlib.sha256(b"").digest())
    start = 0
    looking = 1
    for index in range(size, len(db)):
        byte = db[index]
        is_one = looking & (byte == 1)
        start |= -is_one & (index + 1)
        bad |= looking & (byte > 1)
        looking &= 1 - is_one
    bad |= looking
    if bad:
        raise UnwrapFailed
    return db[start:]


def _mgf1(seed: bytes, length: int) -> bytes:
    blocks = [
        hashlib.sha256(seed + counter.to_bytes(4, "big")).digest()
        for counter in range((length + 31) // 32)
    ]
    return b"".join(blocks)[:length]


def _xor(a: bytes, b: bytes) -> bytes:
    return bytes(x ^ y for x, y in zip(a, b, strict=True))


def _rsa(key: object) -> rsa.RSAPrivateKey:
    if not isinstance(key, rsa.RSAPrivateKey):
        raise KeyUnusable(why=Text("RSA ではありません。", "it is not RSA."))
    return key


def _check_pair(public: rsa.RSAPublicKey, certificate: x509.Certificate) -> None:
    if public.key_size < 2048:
        raise KeyUnusable(why=Text("2048 ビット未満です。", "it has fewer than 2048 bits."))
    if certificate.public_key() != public:
        raise KeyUnusable(
            why=Text("鍵と証明書が対になりません。", "key and certificate do not match.")
        )


def _unusable(error: Exception) -> KeyUnusable:
    # The name of the failure only: a message may quote a path, a PIN or key bytes.
    name = type(error).__name__
    return KeyUnusable(why=Text(f"読み込めません({name})。", f"it cannot be loaded ({name})."))
