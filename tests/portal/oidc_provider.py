"""A small OpenID Connect provider of the tests: it demands PKCE, and its answers can be spoiled."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey


class LocalProvider:
    """`claims` go into the ID token; `spoil(claims)` changes them; `key`, `header` sign them."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "1", "use": "sig"})
        self.published = self.key
        self.header = {"alg": "RS256", "kid": "1"}
        self.claims: dict[str, Any] = {"sub": "s-1", "preferred_username": "accounting"}
        self.spoiled: dict[str, Any] = {}
        self.issuer = ""
        self.described: dict[str, Any] = {}
        self.codes: dict[str, dict[str, str]] = {}
        self.now = time.time

    def description(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/leave",
        } | self.described

    def approve(self, address: str) -> tuple[str, dict[str, str]]:
        """What the browser would do: the callback's path, and the question's parameters."""
        asked = {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert len(asked["nonce"]) >= 43
        code = secrets.token_urlsafe()
        self.codes[code] = asked
        back = urlsplit(asked["redirect_uri"])
        return f"{back.path}?{urlencode({'code': code, 'state': asked['state']})}", asked

    def token(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        asked = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or challenge != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        if form["redirect_uri"] != asked["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        now = int(self.now())
        claims = {
            "iss": self.issuer, "aud": asked["client_id"], "iat": now, "exp": now + 300,
            "nonce": asked["nonce"],
        } | self.claims | self.spoiled  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.header["alg"] == "HS256":
            token = signed_with_the_public_key_as_secret(self.published, claims)
        else:
            token = jwt.encode(self.header, claims, self.key, [self.header["alg"]])
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": token}


def signed_with_the_public_key_as_secret(key: RSAKey, claims: dict[str, Any]) -> str:
    """The classic confusion: HS256 with the published RSA key as the shared secret."""
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in ({"alg": "HS256", "kid": "1"}, claims)
    ]
    inside = b".".join(parts)
    proof = hmac.digest(key.as_pem(private=False), inside, "sha256")
    return (inside + b"." + base64.urlsafe_b64encode(proof).rstrip(b"=")).decode()


@contextmanager
def running() -> Iterator[LocalProvider]:
    provider = LocalProvider()

    class Handler(BaseHTTPRequestHandler):
        def _send(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            if self.path == "/.well-known/openid-configuration":
                self._send(200, provider.description())
            elif self.path == "/keys":
                keys = KeySet([provider.published]).as_dict(private=False)
                self._send(200, keys)
            else:
                self._send(404, {})

        def do_POST(self) -> None:
            length = int(self.headers.get("content-length", 0))
            form = {k: v[0] for k, v in parse_qs(self.rfile.read(length).decode()).items()}
            self._send(*provider.token(form))

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join(timeout=10)
