"""Trusted lists after ETSI TS 119 612: who may certify signers and time, and since when.

Every EU state publishes one, signed by its supervisory body; Japan's partners abroad follow. A
list is believed only when its own signature holds under a certificate that the operator has been
given by another way (for the EU: the list of lists in the Official Journal).

    listed = trusted_lists.read(xml, signers=[certificate, …])
    trust = trust.merged(Trust(anchors=listed.anchors))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from .anchors import Anchor


@dataclass(frozen=True, slots=True)
class TrustedList:
    """What a list says. Times are UTC.

    `anchors` are its services of the types CA/QC (for signatures or seals) and TSA/QTST, with the
    times at which their status was "granted" (or, before July 2016, "under supervision" and
    "accredited"). `passed_over` counts services of other types or without a certificate.
    """

    operator: str
    territory: str
    sequence: int
    issued: datetime
    next_update: datetime | None
    anchors: tuple[Anchor, ...]
    passed_over: int
    signed_by_sha256: str

    def is_stale(self, at: datetime) -> bool:
        """Whether a newer list should have replaced this one by `at`; a closed list counts."""
        return self.next_update is None or self.next_update < at


def read(xml: bytes, signers: Sequence[bytes]) -> TrustedList:
    """The list in `xml`, its signature checked against `signers` (certificates, DER).

    Raises TrustedListRefused: no list, too large, not signed by one of `signers`, changed.
    """
    from ._internal import trusted_list_xml

    return trusted_list_xml.read(xml, signers)
