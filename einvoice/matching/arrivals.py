"""DUP-001, DUP-002: checks at the door, before there is an invoice to look at.

`einvoice.receiving` gives the earlier receipt again; unique indexes hold both rules, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from einvoice.matching.catalogue import Hit


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What came in, and the receipts that its message or its bytes already have."""

    message_receipt: str | None = None
    """Receipt of the same network message."""
    bytes_receipt: str | None = None
    """Receipt of a live invoice of the same sender with the same bytes."""


def message_is_new(arrival: Arrival) -> Iterator[Hit]:
    """DUP-001."""
    if arrival.message_receipt is not None:
        yield Hit({"receipt": arrival.message_receipt})


def bytes_are_new(arrival: Arrival) -> Iterator[Hit]:
    """DUP-002. A message sent again has the same bytes: DUP-001 says it."""
    if arrival.bytes_receipt is not None and arrival.message_receipt is None:
        yield Hit({"receipt": arrival.bytes_receipt})


DOOR_CHECKS: dict[str, Callable[[Arrival], Iterator[Hit]]] = {
    "DUP-001": message_is_new,
    "DUP-002": bytes_are_new,
}
