"""What every act that ends or changes a draft asks for: a reason that can be read later."""

from __future__ import annotations

from econtract.errors import ReasonRequired

MAX_REASON = 1000


def checked_reason(reason: str) -> str:
    """A reason of 1 to 1000 characters, or ReasonRequired."""
    text = reason.strip()
    if not 1 <= len(text) <= MAX_REASON:
        raise ReasonRequired(field="reason")
    return text
