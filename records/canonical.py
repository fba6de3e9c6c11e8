"""One way to write JSON as bytes, so that a hash over it means the same everywhere and for ever.

UTF-8, keys sorted by code point, no white space, no floats (their text differs between
languages), integers within 2^53 - 1 (what JSON readers keep exactly, RFC 8259 section 6), no NUL
and no lone surrogate (PostgreSQL's jsonb and UTF-8 refuse them).
"""

import json
from collections.abc import Mapping
from typing import Any

LARGEST_INTEGER = 2**53 - 1
DEEPEST = 12
LARGEST_BYTES = 64 * 1024


class NotCanonical(ValueError):
    """A value without a canonical form: where it stands and why."""

    def __init__(self, place: str, reason: str) -> None:
        self.place = place
        self.reason = reason
        super().__init__(f"{place}: {reason}")


def canonical_bytes(value: Any, *, limit: int = LARGEST_BYTES) -> bytes:
    """Return the canonical bytes of ``value``; raise ``NotCanonical`` naming the place."""
    _check(value, "$", 0)
    data = json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()
    if len(data) > limit:
        raise NotCanonical("$", f"{len(data)} bytes > {limit}")
    return data


def _check(value: Any, place: str, depth: int) -> None:
    if depth > DEEPEST:
        raise NotCanonical(place, f"deeper than {DEEPEST}")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        _check_text(value, place)
    elif isinstance(value, int):
        if abs(value) > LARGEST_INTEGER:
            raise NotCanonical(place, "beyond 2^53-1; write it as a string")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if not isinstance(key, str):
                raise NotCanonical(place, "a key that is no string")
            _check_text(key, place)
            _check(item, f"{place}.{key}", depth + 1)
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            _check(item, f"{place}[{number}]", depth + 1)
    else:
        raise NotCanonical(place, type(value).__name__)


def _check_text(text: str, place: str) -> None:
    if "\x00" in text:
        raise NotCanonical(place, "NUL character")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise NotCanonical(place, "lone surrogate") from error
