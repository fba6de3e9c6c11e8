"""Remote signing by the Cloud Signature Consortium's API, version 2 (CSC API v2.0).

The key lies with a provider; each signature is authorised for exactly the hash that is signed
(credentials/authorize with the hash, §11.6), then made (signatures/signHash, §11.10). OAuth 2.0 is
the caller's: `token` gives a current access token each time it is asked.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
from cryptography.hazmat.primitives.hashes import Hash

from ._internal.cms import DIGEST_OIDS, SIGNATURE_OIDS
from .errors import RemoteSigningFailed
from .keys import HASHES, SigningKey

MAX_ANSWER = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Provider:
    """A CSC v2 service: `url` is its base (ending before `/credentials/…`)."""

    url: str
    token: Callable[[], str] = field(repr=False)
    timeout: float = 20.0
    auth_data: tuple[Mapping[str, str], ...] = field(default=(), repr=False)

    def key(self, credential_id: str, *, allow_rsa_2048: bool = False) -> SigningKey:
        """The signing key of a credential. Raises RemoteSigningFailed, WeakKey."""
        info = self._post(
            "credentials/info",
            {"credentialID": credential_id, "certificates": "chain", "certInfo": False},
        )
        try:
            if info["key"]["status"] != "enabled":
                raise RemoteSigningFailed(reason=f"credential {info['key']['status']}")
            leaf, *chain = [base64.b64decode(c) for c in info["cert"]["certificates"]]
        except (KeyError, TypeError, ValueError) as error:
            raise RemoteSigningFailed(reason=f"credentials/info: {error!r}") from error
        holder: list[SigningKey] = []

        def raw_sign(data: bytes) -> bytes:
            return self._sign(credential_id, holder[0], data)

        key = SigningKey.of(leaf, chain, raw_sign, allow_rsa_2048=allow_rsa_2048)
        holder.append(key)
        return key

    def _sign(self, credential_id: str, key: SigningKey, data: bytes) -> bytes:
        hasher = Hash(HASHES[key.digest])
        hasher.update(data)
        hashed = base64.b64encode(hasher.finalize()).decode()
        common = {
            "credentialID": credential_id,
            "hashes": [hashed],
            "hashAlgorithmOID": DIGEST_OIDS[key.digest],
        }
        asked: dict[str, object] = {**common, "numSignatures": 1}
        if self.auth_data:
            asked["authData"] = [dict(item) for item in self.auth_data]
        granted = self._post("credentials/authorize", asked)
        sign_oid = SIGNATURE_OIDS[key.identity.scheme, key.digest][0]
        answer = self._post(
            "signatures/signHash", {**common, "SAD": granted.get("SAD"), "signAlgo": sign_oid}
        )
        try:
            (signature,) = answer["signatures"]
            return base64.b64decode(signature, validate=True)
        except (KeyError, TypeError, ValueError) as error:
            raise RemoteSigningFailed(reason=f"signatures/signHash: {error!r}") from error

    def _post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        try:
            reply = httpx2.post(
                f"{self.url.rstrip('/')}/{path}",
                json=dict(body),
                headers={"Authorization": f"Bearer {self.token()}"},
                timeout=self.timeout,
                follow_redirects=False,
            )
            if len(reply.content) > MAX_ANSWER:
                raise RemoteSigningFailed(reason=f"{path}: answer too long")
            answer = reply.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise RemoteSigningFailed(reason=f"{path}: {error}") from error
        if reply.status_code != 200 or not isinstance(answer, dict):
            words = answer.get("error_description") if isinstance(answer, dict) else None
            raise RemoteSigningFailed(reason=f"{path}: HTTP {reply.status_code} {words or ''}")
        return answer
