"""The published lists that the operator has named, read into one trust.

Trusted lists (ETSI TS 119 612) and the ministry's accredited time-stamping services. A list that a
newer one should have replaced still counts, and is named: in the log, on the command line and in
each verdict that rests on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from signing import Trust, accreditation, trusted_lists
from signing.errors import TrustUnreadable
from signing.trust import certificates_in


@dataclass(frozen=True, slots=True)
class TrustLists:
    """`trust` has the anchors of all lists; `updates` says when each list needs a newer one."""

    trust: Trust
    updates: tuple[tuple[str, datetime | None], ...] = ()

    @classmethod
    def read(
        cls, lists: Sequence[Path], signers: Sequence[Path], accredited: Path | None
    ) -> TrustLists:
        """Raises TrustUnreadable, TrustedListRefused, AccreditationUnreadable."""
        trust = Trust()
        updates: list[tuple[str, datetime | None]] = []
        known = [der for path in signers for der in certificates_in(_bytes(path))]
        for path in lists:
            found = trusted_lists.read(_bytes(path), known)
            trust = trust.merged(Trust(anchors=found.anchors))
            updates.append((f"{path.name} ({found.territory} {found.operator})", found.next_update))
        if accredited is not None:
            ministry = accreditation.read(accredited)
            trust = trust.merged(Trust(anchors=ministry.anchors))
            updates.append((accredited.name, ministry.next_check))
        return cls(trust, tuple(updates))

    def stale(self, at: datetime) -> Iterator[str]:
        """The lists that should have been replaced by `at`, each with its day."""
        for name, update in self.updates:
            if update is None or update < at:
                yield f"{name}: {update:%Y-%m-%d}" if update else f"{name}: —"


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise TrustUnreadable(place=str(path), reason=error.strerror or str(error)) from error
