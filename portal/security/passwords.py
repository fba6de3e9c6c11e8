"""Passwords: argon2id (RFC 9106), at most two hashes at once, equal time for names that do not
exist.
"""

from __future__ import annotations

from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from portal.errors import Busy

SHORTEST, LONGEST = 12, 200
# One hash takes 64 MiB and some 0.15 s: more than two at once would let a stranger fill the memory.
AT_ONCE = 2
LONGEST_WAIT_SECONDS = 10.0

_turns = BoundedSemaphore(AT_ONCE)
_hasher = PasswordHasher()


def hashed(password: str) -> str:
    """The argon2id hash, with its parameters and salt, as text.

    :raises Busy: when too many others are waiting.
    """
    with _Turn():
        return _hasher.hash(password)


def matches(stored: str | None, given: str) -> bool:
    """Whether ``given`` is the password of this hash. ``None`` (no such person) takes just as long.

    :raises Busy: when too many others are waiting.
    """
    # A password longer than any we accept is not worth hashing, and its length is not a secret.
    given = given[: LONGEST + 1]
    with _Turn():
        try:
            _hasher.verify(stored or _of_nobody(), given)
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


@cache
def _of_nobody() -> str:
    return _hasher.hash("nobody has this password")


class _Turn:
    def __enter__(self) -> None:
        if not _turns.acquire(timeout=LONGEST_WAIT_SECONDS):
            raise Busy()

    def __exit__(self, *_: object) -> None:
        _turns.release()
