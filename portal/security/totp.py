"""Codes of an authenticator app (TOTP, RFC 6238: SHA-1, six digits, 30 seconds).

The secret is derived from the server's secret and the factor's id: the database alone holds
nothing an app could be made from. A code is taken one step early or late (RFC 6238 §5.2), and no
step twice, so that a code read over a shoulder is of no use.
"""

from __future__ import annotations

import base64
import hmac
import unicodedata
from datetime import datetime
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from portal.security.tokens import derive

SECONDS, DIGITS, DRIFT = 30, 6, 1


def secret_of(server_secret: bytes, factor_id: str) -> bytes:
    """160 bits, as RFC 4226 §4 R6 recommends."""
    return derive(server_secret, "totp", factor_id)[:20]


def words_of(secret: bytes) -> str:
    """The secret in Base32 in groups of four, to be typed where no camera is at hand."""
    plain = base64.b32encode(secret).decode()
    return " ".join(plain[i : i + 4] for i in range(0, len(plain), 4))


def address_of(secret: bytes, *, issuer: str, account: str) -> str:
    """The ``otpauth:`` address that the QR code carries."""
    values = {
        "secret": base64.b32encode(secret).decode(),
        "issuer": issuer,
        "algorithm": "SHA1",
        "digits": DIGITS,
        "period": SECONDS,
    }
    return f"otpauth://totp/{quote(f'{issuer}:{account}')}?{urlencode(values, quote_via=quote)}"


def code_at(secret: bytes, at: datetime, *, step: int = 0) -> str:
    """The six digits that an app shows at ``at`` (or ``step`` steps later)."""
    moment = (int(at.timestamp()) // SECONDS + step) * SECONDS
    made = TOTP(secret, DIGITS, SHA1(), SECONDS)  # noqa: S303  (what every app supports)
    return made.generate(moment).decode()


def step_of(secret: bytes, given: str, at: datetime, *, after: int) -> int | None:
    """The time step whose code this is, later than ``after``; None when it is no valid code."""
    digits = "".join(c for c in unicodedata.normalize("NFKC", given[:40]) if c.isdigit())
    now = int(at.timestamp()) // SECONDS
    found = None
    for drift in range(-DRIFT, DRIFT + 1):
        if hmac.compare_digest(code_at(secret, at, step=drift), digits) and now + drift > after:
            found = now + drift
    return found
