"""Time from authorities (RFC 3161), and the rule: no token, no act.

A `Timestamper` asks its authorities in the stated order, each several times with growing pauses,
and gives the first token that passes every check of `_internal.rfc3161`. When none does it raises
`NoToken` with the reason for each; nothing ever falls back to the local clock. The clock is read
for one purpose only: an authority whose time is far from it is refused (either may be wrong, and
a person has to look).
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx2
from cryptography import x509

from ._internal.rfc3161 import Expectation, Query, check_response
from .errors import (
    AuthorityGarbled,
    AuthorityRefused,
    AuthorityTooSlow,
    AuthorityUnreachable,
    NoToken,
    TimestampError,
)

MAX_ANSWER = 256 * 1024  # tokens are 2–8 kB; anything near this is not one
Answer = Callable[[bytes], bytes]
log = logging.getLogger(__name__)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class TimestampAuthority:
    """One authority: an http(s) address, or a function in this process that answers requests.

    `roots` are the certificates (DER) its chain must end at. `policy` is the OID its tokens must
    name. `accredited` says that the operator has entered it as 認定タイムスタンプ (総務大臣認定).
    """

    name: str
    url: str | None = None
    answer: Answer | None = field(default=None, repr=False)
    roots: tuple[bytes, ...] = field(default=(), repr=False)
    policy: str | None = None
    accredited: bool = False
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        if (self.url is None) == (self.answer is None):
            raise ValueError("an authority has either an address or an answering function")


class Timestamper:
    """Gives checked timestamp tokens. Safe to share between threads; keeps connections open."""

    def __init__(
        self,
        authorities: Sequence[TimestampAuthority],
        *,
        timeout: float = 10.0,
        attempts: int = 3,
        pause: float = 0.5,
        max_skew: timedelta = timedelta(seconds=60),
        clock: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`timeout` in seconds a request; `attempts` at each authority, `pause` seconds after the
        first failure, doubling; `clock` is compared with each token, at most `max_skew` apart.
        """
        if not authorities:
            raise ValueError("at least one time-stamping authority is needed")
        self.authorities = tuple(authorities)
        self.clock = clock
        self._timeout = timeout
        self._attempts = attempts
        self._pause = pause
        self._sleep = sleep
        self._expectations = {
            a.name: Expectation(
                authority=a.name,
                roots=[x509.load_der_x509_certificate(r) for r in a.roots],
                policy=a.policy,
                max_skew=max_skew,
            )
            for a in authorities
        }
        self._client: httpx2.Client | None = None
        self.largest_token = 0

    def token(self, digest: bytes) -> bytes:
        """A TimeStampToken (DER) over `digest` (SHA-256, SHA-384 or SHA-512 by its length).

        Raises NoToken; its `failures` is a list of the TimestampErrors, in the order they came.
        """
        failures: list[TimestampError] = []
        for authority in self.authorities:
            for attempt in range(self._attempts):
                if attempt:
                    # Jitter, so that a row of workers does not knock at the same instant.
                    self._sleep(self._pause * 2 ** (attempt - 1) * random.uniform(0.8, 1.2))  # noqa: S311
                try:
                    token = self._ask(authority, digest)
                except TimestampError as error:
                    log.warning("timestamp failed: %s", error.message_en)
                    failures.append(error)
                    if not isinstance(error, AuthorityUnreachable | AuthorityTooSlow):
                        break  # an authority that answers wrongly will not answer better
                else:
                    self.largest_token = max(self.largest_token, len(token))
                    return token
        none = NoToken(reasons="; ".join(dict.fromkeys(f.message_en for f in failures)))
        none.failures = failures
        raise none

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _ask(self, authority: TimestampAuthority, digest: bytes) -> bytes:
        query = Query.make(digest, authority.policy)
        if authority.answer is not None:
            response = authority.answer(query.der)
        else:
            response = self._post(authority, query.der)
        return check_response(response, query, self._expectations[authority.name], self.clock())

    def _post(self, authority: TimestampAuthority, body: bytes) -> bytes:
        if self._client is None:
            self._client = httpx2.Client(timeout=self._timeout, follow_redirects=False)
        name = authority.name
        headers = {
            **dict(authority.headers),
            "Content-Type": "application/timestamp-query",
            "Accept": "application/timestamp-reply",
        }
        # httpx's timeout is per operation; a server that drips bytes would outlive it.
        deadline = time.monotonic() + self._timeout
        try:
            with self._client.stream(
                "POST", authority.url or "", content=body, headers=headers
            ) as reply:
                if reply.status_code >= 500:
                    raise AuthorityUnreachable(authority=name, reason=f"HTTP {reply.status_code}")
                if reply.status_code != 200:
                    raise AuthorityRefused(authority=name, reason=f"HTTP {reply.status_code}")
                received = bytearray()
                for part in reply.iter_bytes():
                    received += part
                    if len(received) > MAX_ANSWER:
                        raise AuthorityGarbled(authority=name, reason="answer too long")
                    if time.monotonic() > deadline:
                        raise AuthorityTooSlow(authority=name, seconds=self._timeout)
                return bytes(received)
        except httpx2.TimeoutException as error:
            raise AuthorityTooSlow(authority=name, seconds=self._timeout) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise AuthorityUnreachable(authority=name, reason=str(error)[:200]) from error
