"""Whether the audit trail is whole. The proof, in numbered steps:

1. entries are numbered 1, 2, 3 … without a gap (deleted in the middle, reordered);
2. each entry names the hash of its predecessor (inserted, reordered);
3. each entry's hash is recomputed from its content (changed);
4. the head row names the last entry (tail cut by hand);
5. each anchor names an entry that exists and has the anchored hash (tail cut with its head,
   chain recomputed after a change);
6. with a checker: each anchor's token is a time-stamp over that hash.

Not checked: that an entry tells the truth, and whatever follows the newest anchor against someone
who holds the whole database and recomputes it; that window is at most a day wide.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from sqlalchemy.orm import Session

from records.audit.chain import AuditAnchor, AuditEntry, anchors, entries, head, link
from records.canonical import NotCanonical
from records.models import GENESIS

TokenChecker = Callable[[bytes, bytes], bool]
"""``(token DER, 32-byte SHA-256) -> True`` when the token is a valid time-stamp over the hash."""

Fault = Literal["gap", "order", "link", "content", "head", "anchor_tail", "anchor_hash", "token"]

_FAULT_TEXTS: dict[str, tuple[str, str]] = {
    "gap": ("この行の前の記録が抜けています", "entries before this one are missing"),
    "order": ("番号の順序が入れ替わっています", "the entry stands out of order"),
    "link": ("直前の記録とつながっていません", "the entry does not follow its predecessor"),
    "content": ("内容が書き換えられています", "the content was changed"),
    "head": ("先頭行が最後の記録を指していません", "the head does not name the last entry"),
    "anchor_tail": (
        "タイムスタンプ済みの記録が末尾から失われています",
        "entries that were time-stamped are missing at the end",
    ),
    "anchor_hash": (
        "タイムスタンプ済みの値と一致しません",
        "the entry is not the one that was time-stamped",
    ),
    "token": ("タイムスタンプを検証できません", "the time-stamp token does not verify"),
}


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """The first row at which the proof fails."""

    seq: int
    fault: Fault

    @property
    def message_ja(self) -> str:
        return f"{self.seq} 番: {_FAULT_TEXTS[self.fault][0]}"

    @property
    def message_en(self) -> str:
        return f"entry {self.seq}: {_FAULT_TEXTS[self.fault][1]}"


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What was seen: ``broken`` is ``None`` when everything checked holds."""

    entries: int
    last_hash: str
    broken: BrokenRow | None
    anchors: int = 0
    anchored_through: int = 0
    tokens_checked: int = 0

    @property
    def is_whole(self) -> bool:
        return self.broken is None


def verify(
    source: Session | Iterable[AuditEntry], *, check_token: TokenChecker | None = None
) -> AuditReport:
    """Check the trail of a database (steps 1 to 6) or a bare run of entries (steps 1 to 3)."""
    if isinstance(source, Session):
        count, last_hash, broken, hashes = walk(entries(source), wanted=_anchored(source))
        kept = anchors(source)
        if broken is None:  # 4
            seq, hash_ = head(source)
            if (seq, hash_) != (count, last_hash):
                broken = BrokenRow(min(seq, count) + 1, "head")
        # A lost tail is named by the anchor rather than by the head: the anchor is the proof.
        if broken is None or broken.fault == "head":
            broken = check_anchors(kept, hashes, last=count, check_token=check_token) or broken
        return AuditReport(
            entries=count,
            last_hash=last_hash,
            broken=broken,
            anchors=len(kept),
            anchored_through=max((each.seq for each in kept), default=0) if not broken else 0,
            tokens_checked=len(kept) if check_token and not broken else 0,
        )
    count, last_hash, broken, _ = walk(source, wanted=frozenset())
    return AuditReport(entries=count, last_hash=last_hash, broken=broken)


def walk(
    run: Iterable[AuditEntry],
    *,
    wanted: frozenset[int],
    first: int = 1,
    prev: str = GENESIS,
) -> tuple[int, str, BrokenRow | None, dict[int, str]]:
    """Do steps 1 to 3. Returns last good number, its hash, the first break, hashes ``wanted``."""
    seq, hashes = first - 1, dict[int, str]()
    for entry in run:
        if entry.seq != seq + 1:  # 1
            fault: Fault = "gap" if entry.seq > seq + 1 else "order"
            return seq, prev, BrokenRow(entry.seq, fault), hashes
        if (broken := check_entry(entry, prev)) is not None:
            return seq, prev, broken, hashes
        seq, prev = entry.seq, entry.hash
        if seq in wanted:
            hashes[seq] = prev
    return seq, prev, None, hashes


def check_entry(entry: AuditEntry, prev: str) -> BrokenRow | None:
    """Do steps 2 and 3 for one entry."""
    if entry.prev != prev:  # 2
        return BrokenRow(entry.seq, "link")
    try:
        digest = entry.digest()
    except NotCanonical:  # only an edit by hand brings in what append refuses
        return BrokenRow(entry.seq, "content")
    if entry.hash != link(prev, digest):  # 3
        return BrokenRow(entry.seq, "content")
    return None


def check_anchors(
    kept: Iterable[AuditAnchor],
    hashes: dict[int, str],
    *,
    last: int,
    check_token: TokenChecker | None,
) -> BrokenRow | None:
    """Do steps 5 and 6; the break with the lowest number is returned."""
    found: list[BrokenRow] = []
    for each in kept:
        if each.seq > last:  # 5
            found.append(BrokenRow(last + 1, "anchor_tail"))
        elif hashes.get(each.seq) != each.hash:
            found.append(BrokenRow(each.seq, "anchor_hash"))
        elif check_token and not check_token(each.token, bytes.fromhex(each.hash)):  # 6
            found.append(BrokenRow(each.seq, "token"))
    return min(found, key=lambda broken: broken.seq, default=None)


def _anchored(session: Session) -> frozenset[int]:
    return frozenset(each.seq for each in anchors(session))
