"""Keys in a PKCS#11 token: an HSM, or a party's IC card.

The key never leaves the token. One session is opened and kept; when the token goes away in the
middle, signing raises TokenUnavailable, the document stays as it was, and the next attempt opens a
new session.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import Hash

from .errors import KeyUnreadable, TokenUnavailable, WrongPassphrase
from .keys import CURVES, HASHES, SigningKey

Result = TypeVar("Result")


@dataclass(slots=True)
class Token:
    """One token, reached by its vendor's PKCS#11 module.

    `module` is the shared library, `label` the token's label, `key_label` that of key and
    certificate on it. `pin` is asked for by the token; repeated wrong ones may lock it.
    """

    module: Path
    label: str
    key_label: str
    pin: str = field(repr=False)
    _session: Any = field(default=None, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def key(self, certificate: bytes | None = None, *, allow_rsa_2048: bool = False) -> SigningKey:
        """The signing key. `certificate` (DER) when the token does not carry it.

        Raises TokenUnavailable, WrongPassphrase, KeyUnreadable, WeakKey.
        """
        found, chain = self._use(self._certificates)
        leaf = certificate or found
        if leaf is None:
            raise KeyUnreadable(reason=f"no certificate labelled {self.key_label} on the token")
        public = x509.load_der_x509_certificate(leaf).public_key()
        if isinstance(public, ec.EllipticCurvePublicKey):
            digest = CURVES.get(public.curve.name, "sha256")
            size = (public.curve.key_size + 7) // 8

            def raw_sign(data: bytes) -> bytes:
                return self._use(lambda session: self._ecdsa(session, data, digest, size))

        else:

            def raw_sign(data: bytes) -> bytes:
                return self._use(lambda session: self._rsa(session, data))

        return SigningKey.of(leaf, chain, raw_sign, allow_rsa_2048=allow_rsa_2048)

    def close(self) -> None:
        """End the session; the next use opens another."""
        with self._lock:
            self._drop()

    def _use(self, act: Callable[[Any], Result]) -> Result:
        """Run `act` in the open session; a session that died is replaced at the next call."""
        import pkcs11

        with self._lock:
            try:
                if self._session is None:
                    token = pkcs11.lib(str(self.module)).get_token(token_label=self.label)
                    self._session = token.open(user_pin=self.pin)
                return act(self._session)
            except (pkcs11.PinIncorrect, pkcs11.PinLenRange, pkcs11.PinLocked) as error:
                self._drop()
                raise WrongPassphrase from error
            except (pkcs11.PKCS11Error, RuntimeError, OSError) as error:
                self._drop()
                reason = str(error) or type(error).__name__
                raise TokenUnavailable(reason=reason) from error

    def _drop(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            try:
                session.close()
            except Exception:  # the token may be gone: nothing is left to close
                return

    def _certificates(self, session: Any) -> tuple[bytes | None, list[bytes]]:
        from pkcs11 import Attribute, ObjectClass

        leaf, chain = None, []
        for item in session.get_objects({Attribute.CLASS: ObjectClass.CERTIFICATE}):
            value = bytes(item[Attribute.VALUE])
            if item[Attribute.LABEL] == self.key_label:
                leaf = value
            else:
                chain.append(value)
        return leaf, chain

    def _private(self, session: Any) -> Any:
        from pkcs11 import ObjectClass

        return session.get_key(object_class=ObjectClass.PRIVATE_KEY, label=self.key_label)

    def _ecdsa(self, session: Any, data: bytes, digest: str, size: int) -> bytes:
        from pkcs11 import Mechanism

        hasher = Hash(HASHES[digest])
        hasher.update(data)
        pair = bytes(self._private(session).sign(hasher.finalize(), mechanism=Mechanism.ECDSA))
        r, s = (int.from_bytes(half, "big") for half in (pair[:size], pair[size:]))
        return encode_dss_signature(r, s)

    def _rsa(self, session: Any, data: bytes) -> bytes:
        from pkcs11 import Mechanism

        return bytes(self._private(session).sign(data, mechanism=Mechanism.SHA256_RSA_PKCS))
