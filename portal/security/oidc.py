"""OpenID Connect Core 1.0, authorization code flow with PKCE (RFC 7636): the protocol alone.

What is checked of an answer, in this order:
1. `state` is ours: made in this browser within the last ten minutes (HMAC over the visitor's
   cookie; nothing is stored, so any node takes the answer);
2. `iss`, where the provider sends it, is the issuer (RFC 9207: no mix-up of providers);
3. the code is exchanged with the PKCE verifier, which never left the server;
4. the ID token is signed by a key of the provider's, with an asymmetric algorithm;
5. `iss`, `aud` (and `azp`), `exp`, `iat` and `nonce` are as OpenID Connect Core §3.1.3.7 demands.
Not checked: `at_hash` (the access token is not used) and revocation at the provider after sign-in
(the session ends by itself within hours, and an operator can end it at once).
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, ClassVar
from urllib.parse import urlencode, urlsplit

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from portal.errors import PortalError
from portal.security.tokens import derived_token, same
from portal.settings.oidc import OidcSettings

LASTS = timedelta(minutes=10)
LEEWAY_SECONDS = 60
LARGEST_ANSWER = 256 * 1024
TIMEOUT_SECONDS = 10.0
FRESH_FOR_SECONDS = 3600.0
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")


class OidcRefused(PortalError):
    """`why` names the failing check for the log; the person is told what to do."""

    code = "portal.oidc_refused"
    status = 400
    ja: ClassVar[str] = "市の認証基盤からのサインインを確かめられませんでした。"
    en: ClassVar[str] = "The sign-in from the city's identity provider could not be verified."
    mend_ja: ClassVar[str] = "もう一度「市の認証基盤でサインイン」を押してください。"
    mend_en: ClassVar[str] = "Press “sign in with the city's identity provider” again."

    def __init__(self, why: str) -> None:
        self.why = why
        super().__init__()


class OidcUnreachable(PortalError):
    code = "portal.oidc_unreachable"
    status = 503
    ja: ClassVar[str] = "市の認証基盤が応答しません。"
    en: ClassVar[str] = "The city's identity provider does not answer."
    mend_ja: ClassVar[str] = "数分後にもう一度お試しください。続くときは情報システム課へ。"
    mend_en: ClassVar[str] = "Try again in a few minutes; if it persists, tell the IT section."


@dataclass(frozen=True, slots=True)
class Arrived:
    """A person whom the provider vouches for, and where they wanted to go."""

    issuer: str
    subject: str
    claims: dict[str, Any]
    after: str


class Provider:
    """The provider's addresses and keys, fetched when first needed and again each hour."""

    def __init__(self, settings: OidcSettings) -> None:
        assert settings.issuer is not None
        self.issuer = settings.issuer
        self._settings = settings
        self._lock = Lock()
        self._described: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def address_to_ask(
        self, *, secret: bytes, browser: bytes, here: str, after: str, at: datetime
    ) -> str:
        """Where to send the browser. `here`: our callback's address."""
        state = _state(secret, browser, after, at)
        verifier = derived_token(secret, "oidc-verifier", state)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": here,
            "scope": " ".join(self._settings.scopes),
            "state": state,
            "nonce": derived_token(secret, "oidc-nonce", state),
            "code_challenge": challenge.rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        endpoint = self._endpoint("authorization_endpoint")
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    def address_to_leave(self, *, back: str) -> str | None:
        """Where the person signs out of the provider too (RP-Initiated Logout 1.0), if it can."""
        endpoint = self._description().get("end_session_endpoint")
        if not isinstance(endpoint, str) or not _is_safe(endpoint):
            return None
        asked = {"client_id": self._settings.client_id, "post_logout_redirect_uri": back}
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}"

    def arrived(
        self,
        *,
        secret: bytes,
        browser: bytes,
        here: str,
        code: str,
        state: str,
        issuer: str,
        at: datetime,
    ) -> Arrived:
        """The person behind an answer, after checks 1 to 5. Raises OidcRefused, OidcUnreachable."""
        # 1
        after = _after(secret, browser, state, at)
        # 2
        if issuer and issuer != self.issuer:
            raise OidcRefused("iss")
        # 3
        verifier = derived_token(secret, "oidc-verifier", state)
        token = self._exchanged(code, verifier, here)
        # 4, 5
        claims = self._claims(token, derived_token(secret, "oidc-nonce", state), at)
        return Arrived(self.issuer, claims["sub"], claims, after)

    def _exchanged(self, code: str, verifier: str, here: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": here,
            "client_id": self._settings.client_id,
            "code_verifier": verifier,
        }
        if self._settings.client_secret is not None:
            form["client_secret"] = self._settings.client_secret.get_secret_value()
        answer = _json(self._endpoint("token_endpoint"), form)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise OidcRefused("no id_token")
        return token

    def _claims(self, token: str, nonce: str, at: datetime) -> dict[str, Any]:
        claims = self._decoded(token)
        now = int(at.timestamp())
        audience = claims.get("aud")
        several = audience if isinstance(audience, list) else [audience]
        own = self._settings.client_id
        checks = {
            "iss": claims.get("iss") in (self.issuer, f"{self.issuer}/"),
            "aud": own in several,
            "azp": claims.get("azp", own if len(several) == 1 else None) == own,
            "exp": _is_time(claims.get("exp")) and claims["exp"] + LEEWAY_SECONDS > now,
            "iat": _is_time(claims.get("iat")) and claims["iat"] - LEEWAY_SECONDS <= now,
            "nonce": isinstance(claims.get("nonce"), str)
            and same(claims["nonce"].encode(), nonce.encode()),
            "sub": isinstance(claims.get("sub"), str) and 1 <= len(claims["sub"]) <= 255,
        }
        for name, holds in checks.items():
            if not holds:
                raise OidcRefused(name)
        return claims

    def _decoded(self, token: str) -> dict[str, Any]:
        """The claims of a token signed by the provider; new keys are fetched once."""
        for fresh in (False, True):
            try:
                return dict(jwt.decode(token, self._key_set(fresh), list(ALGORITHMS)).claims)
            except (JoseError, ValueError, TypeError, KeyError) as error:
                if fresh:
                    raise OidcRefused("signature") from error
        raise AssertionError("unreachable")

    def _endpoint(self, name: str) -> str:
        endpoint = self._description().get(name)
        if not isinstance(endpoint, str) or not _is_safe(endpoint):
            raise OidcRefused(name)
        return endpoint

    def _description(self) -> dict[str, Any]:
        with self._lock:
            if self._described is None or self._described[0] < time.monotonic():
                found = _json(f"{self.issuer}/.well-known/openid-configuration")
                if str(found.get("issuer", "")).rstrip("/") != self.issuer:
                    raise OidcRefused("issuer of the description")
                self._described = (time.monotonic() + FRESH_FOR_SECONDS, found)
            return self._described[1]

    def _key_set(self, fresh: bool) -> KeySet:
        address = self._endpoint("jwks_uri")
        with self._lock:
            if fresh or self._keys is None or self._keys[0] < time.monotonic():
                try:
                    keys = KeySet.import_key_set(_json(address))  # type: ignore[arg-type]
                except (JoseError, ValueError, TypeError, KeyError) as error:
                    raise OidcRefused("keys") from error
                self._keys = (time.monotonic() + FRESH_FOR_SECONDS, keys)
            return self._keys[1]


def _json(address: str, form: dict[str, str] | None = None) -> dict[str, Any]:
    """A JSON object from the provider, with limits on time and size and no redirects."""
    try:
        with (
            httpx2.Client(timeout=TIMEOUT_SECONDS, follow_redirects=False) as client,
            client.stream("POST" if form else "GET", address, data=form) as answer,
        ):
            data = bytearray()
            for part in answer.iter_bytes():
                data += part
                if len(data) > LARGEST_ANSWER:
                    raise OidcRefused("size")
            if answer.status_code >= 500:
                raise OidcUnreachable()
            if answer.status_code != 200:
                raise OidcRefused(f"status {answer.status_code}")
        found = json.loads(bytes(data))
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        raise OidcUnreachable() from error
    except ValueError as error:
        raise OidcRefused("json") from error
    if not isinstance(found, dict):
        raise OidcRefused("json")
    return found


def _state(secret: bytes, browser: bytes, after: str, at: datetime) -> str:
    inside = json.dumps([int(at.timestamp()), secrets.token_urlsafe(16), after[:500]])
    packed = base64.urlsafe_b64encode(inside.encode()).rstrip(b"=").decode()
    return f"{packed}.{derived_token(secret, 'oidc-state', f'{browser.hex()}:{packed}')}"


def _after(secret: bytes, browser: bytes, state: str, at: datetime) -> str:
    packed, _, proof = state[:2000].partition(".")
    wanted = derived_token(secret, "oidc-state", f"{browser.hex()}:{packed}")
    if not same(proof.encode(), wanted.encode()):
        raise OidcRefused("state")
    moment, _, after = json.loads(base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)))
    asked = datetime.fromtimestamp(moment, UTC)
    if not asked - LASTS <= at <= asked + LASTS:
        raise OidcRefused("state too old")
    return str(after)


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    return parts.scheme == "https" or (parts.scheme == "http" and local)
