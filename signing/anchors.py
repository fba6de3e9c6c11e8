"""Services that a published list vouches for, each for the times at which it did.

A root in a file is believed without a date. A list says more: since when a service was granted
its status, and when the status was withdrawn. What was signed or stamped while the status stood
keeps its worth; what came later has none. Lists are read by `trusted_lists` (ETSI TS 119 612) and
`accreditation` (時刻認証業務 certified by 総務大臣).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Purpose = Literal["signing", "time_stamping"]


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` (included) to `until` (not included; None: to this day)."""

    since: datetime
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return self.since <= at and (self.until is None or at < self.until)


@dataclass(frozen=True, slots=True)
class Anchor:
    """A listed service: the certificate (DER) it is known by, and when the list vouched for it.

    `subject` is the certificate's name in a form for comparing (asn1crypto's `hashable`).
    `policies` are the OIDs of which a timestamp must name one; none given: any will do.
    `is_accredited` marks 認定タイムスタンプ. `next_update` is when the list itself grows stale.
    """

    certificate: bytes
    subject: str
    purpose: Purpose
    granted: tuple[Period, ...]
    service: str
    listed_in: str
    policies: tuple[str, ...] = ()
    is_accredited: bool = False
    next_update: datetime | None = None

    def stands(self, at: datetime) -> bool:
        """Whether the list vouched for the service at `at`."""
        return any(period.holds(at) for period in self.granted)


class AnchorIndex:
    """Anchors by name. Lists of the whole EU hold thousands; one chain needs two or three."""

    def __init__(self, anchors: Sequence[Anchor]) -> None:
        self.anchors = anchors
        self._by_subject: dict[str, list[Anchor]] = {}
        for anchor in anchors:
            self._by_subject.setdefault(anchor.subject, []).append(anchor)

    def named(self, subjects: Iterator[str], purpose: Purpose) -> list[Anchor]:
        """The anchors for `purpose` with one of the names, in the order of the names."""
        return [
            anchor
            for subject in dict.fromkeys(subjects)
            for anchor in self._by_subject.get(subject, ())
            if anchor.purpose == purpose
        ]


_latest: list[AnchorIndex] = []


def indexed(anchors: tuple[Anchor, ...]) -> AnchorIndex:
    """The index of `anchors`; kept while the very same tuple is asked for."""
    if not _latest or _latest[0].anchors is not anchors:
        _latest[:] = [AnchorIndex(anchors)]
    return _latest[0]
