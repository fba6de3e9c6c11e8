"""Identifiers: random UUIDs (RFC 9562 version 4), so that no number tells how many there are."""

from uuid import uuid4


def new_id() -> str:
    """Return a fresh identifier of 36 characters, unguessable (122 random bits)."""
    return str(uuid4())
