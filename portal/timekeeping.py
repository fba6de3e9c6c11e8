"""How the audit trail's timestamps are checked: against the service's time-stamping roots."""

from __future__ import annotations

from records.audit import TokenChecker
from signing import Trust
from signing.tokens import check_token


def token_checker(trust: Trust) -> TokenChecker:
    """Says of a token and a SHA-256 whether a trusted authority put the one on the other."""

    def check(token: bytes, digest: bytes) -> bool:
        return check_token(token, digest, trust.tsa_roots) is not None

    return check
