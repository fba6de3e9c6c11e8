"""Random values and their hashes. What is random 256 bits is stored as SHA-256; what is short, as
HMAC.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets


def new_token() -> str:
    """256 random bits, URL-safe (43 characters)."""
    return secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """SHA-256. Enough for a 256-bit random value; never use it for passwords or short codes."""
    return hashlib.sha256(token.encode()).digest()


def derive(secret: bytes, purpose: str, name: str) -> bytes:
    """HMAC-SHA256 over purpose and name, kept apart by a NUL that neither contains."""
    return hmac.new(secret, f"{purpose}\0{name}".encode(), hashlib.sha256).digest()


def derived_token(secret: bytes, purpose: str, name: str) -> str:
    """A 256-bit token that can be made again from the secret, and from nothing in the database."""
    return base64.urlsafe_b64encode(derive(secret, purpose, name)).rstrip(b"=").decode()


def same(left: bytes, right: bytes) -> bool:
    return hmac.compare_digest(left, right)
