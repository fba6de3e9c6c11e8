"""What a key may do of what its holder may: named sets of actions of the role table.

A program that only sends invoices has no need to read contracts or to sign; a key that leaks can do
no more than its set. The set is kept on the key by name; an unknown name allows nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from portal.security.rights import ACTIONS

_READS = frozenset(name for name in ACTIONS if name.endswith((".read", ".list")))


@dataclass(frozen=True, slots=True)
class Scope:
    """A set of actions under words people choose by."""

    ja: str
    en: str
    actions: frozenset[str]


SCOPES: Mapping[str, Scope] = {
    "invoices": Scope(
        "請求書を出す・見る",
        "send and read invoices",
        frozenset({"invoice.submit", "invoice.list", "invoice.read"}),
    ),
    "read": Scope("見るだけ", "read only", _READS),
    "hand_over": Scope(
        "事業者（Peppol）として封筒を渡すだけ",
        "hand over envelopes as a Peppol service provider, nothing else",
        frozenset({"invoice.receive"}),
    ),
    "intake": Scope(
        "届いた請求書を取り込む",
        "take in invoices that arrived",
        frozenset({"invoice.receive", "invoice.list", "invoice.read"}),
    ),
}


def actions_of(names: Iterable[str]) -> frozenset[str] | None:
    """The actions of these sets together; None where the key has no set, which means all."""
    wanted = list(names)
    if not wanted:
        return None
    found: frozenset[str] = frozenset()
    for name in wanted:
        scope = SCOPES.get(name)
        found |= scope.actions if scope else frozenset()
    return found
