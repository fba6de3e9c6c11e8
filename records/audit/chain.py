"""The audit trail: an append-only chain of acts; every entry carries its predecessor's hash.

    content  = canonical JSON of seq, at, actor, action, subject, details  (records.canonical)
    digest   = SHA-256(content)
    hash     = SHA-256("warifu-audit-1\\n" prev "\\n" digest "\\n"),  prev = hash of seq - 1

The entry's digest stands between content and hash so that an excerpt can prove the chain without
showing what other entries say (``audit.exporting``). Once a day the head's hash is put under an
RFC 3161 time-stamp (``anchor``): without it the chain shows only that nobody edited it clumsily.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from records.actors import Actor
from records.calendar import jst_date
from records.canonical import NotCanonical, canonical_bytes
from records.clock import as_utc
from records.errors import AuditDetailsUnfit, AuditNotInstalled
from records.models import AuditAnchorRow, AuditHead, AuditRow

_LIMITS = {"id": 200, "name": 400, "action": 100, "subject": 200}
_BATCH = 2_000
_STEP = (
    update(AuditHead).where(AuditHead.id == 1).values(seq=bindparam("new"), hash=bindparam("link"))
)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One act as it stands in the chain."""

    seq: int
    at: datetime
    actor: Actor
    action: str
    subject: str
    details: dict[str, Any]
    prev: str
    hash: str

    def digest(self) -> str:
        """Return the SHA-256 (hex) of the content, without the chain."""
        return content_digest(
            self.seq, self.at, self.actor, self.action, self.subject, self.details
        )


@dataclass(frozen=True, slots=True)
class AuditAnchor:
    """A time-stamp token over the hash of entry ``seq``."""

    day: date
    seq: int
    hash: str
    at: datetime
    token: bytes


def append(
    session: Session,
    actor: Actor,
    action: str,
    subject: str,
    details: dict[str, Any],
    at: datetime,
) -> AuditEntry:
    """Add one act to the chain, in the caller's transaction.

    Writers queue up at the head row until they commit, so lock your own rows first and append
    last. Raises ``AuditDetailsUnfit`` for what has no canonical form (floats, dates, Decimals).
    """
    (entry,) = append_all(session, actor, [(action, subject, details)], at)
    return entry


def append_all(
    session: Session,
    actor: Actor,
    acts: Sequence[tuple[str, str, dict[str, Any]]],
    at: datetime,
) -> list[AuditEntry]:
    """Add many acts (action, subject, details) of one actor and moment, in this order.

    As `append` for each, but the head is held once and the rows are written together: what is done
    to thousands of things in one transaction keeps the other writers waiting as briefly as can be.
    """
    for action, subject, _ in acts:
        _check_lengths(actor, action, subject)
    session.flush()
    head = session.execute(
        select(AuditHead.seq, AuditHead.hash).where(AuditHead.id == 1).with_for_update()
    ).one_or_none()
    if head is None:
        raise AuditNotInstalled
    at = as_utc(at)
    made: list[AuditEntry] = []
    for seq, (action, subject, details) in enumerate(acts, start=head.seq + 1):
        prev = made[-1].hash if made else head.hash
        try:
            digest = content_digest(seq, at, actor, action, subject, details)
        except NotCanonical as error:
            raise AuditDetailsUnfit(place=error.place, reason=error.reason) from error
        hash_ = link(prev, digest)
        made.append(AuditEntry(seq, at, actor, action, subject, details, prev, hash_))
    if not made:
        return made
    session.execute(insert(AuditRow), [_values(entry) for entry in made])
    # The database lets the head step forward by one only.
    session.connection().execute(_STEP, [{"new": e.seq, "link": e.hash} for e in made])
    return made


def _check_lengths(actor: Actor, action: str, subject: str) -> None:
    for field, text in (
        ("id", actor.id),
        ("name", actor.name),
        ("action", action),
        ("subject", subject),
    ):
        if not text or len(text) > _LIMITS[field]:
            raise AuditDetailsUnfit(
                place=field, reason=f"1..{_LIMITS[field]} characters", field=field
            )


def _values(entry: AuditEntry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": entry.at,
        "actor_kind": entry.actor.kind,
        "actor_id": entry.actor.id,
        "actor_name": entry.actor.name,
        "action": entry.action,
        "subject": entry.subject,
        "details": entry.details,
        "prev": entry.prev,
        "hash": entry.hash,
    }


def history(session: Session, subject: str) -> list[AuditEntry]:
    """Return all acts on ``subject``, oldest first."""
    rows = session.execute(
        select(AuditRow).where(AuditRow.subject == subject).order_by(AuditRow.seq)
    ).scalars()
    return [entry_of(row) for row in rows]


def entries(
    session: Session, *, first: int = 1, last: int | None = None, newest_first: bool = False
) -> Iterator[AuditEntry]:
    """Yield entries ``first`` to ``last`` (both included), a batch in memory at a time."""
    query = select(AuditRow).where(AuditRow.seq >= first)
    if last is not None:
        query = query.where(AuditRow.seq <= last)
    query = query.order_by(AuditRow.seq.desc() if newest_first else AuditRow.seq)
    for row in session.execute(query.execution_options(yield_per=_BATCH)).scalars():
        yield entry_of(row)
        session.expunge(row)


def anchors(session: Session) -> list[AuditAnchor]:
    """Return all anchors, oldest first."""
    rows = session.execute(select(AuditAnchorRow).order_by(AuditAnchorRow.day)).scalars()
    return [AuditAnchor(row.day, row.seq, row.hash, row.at, row.token) for row in rows]


def head(session: Session) -> tuple[int, str]:
    """Return the newest entry's number and hash (0 and zeros for an empty trail)."""
    row = session.execute(select(AuditHead.seq, AuditHead.hash)).one_or_none()
    if row is None:
        raise AuditNotInstalled
    return row.seq, row.hash


def anchor(session: Session, stamp: Callable[[bytes], bytes], at: datetime) -> AuditAnchor | None:
    """Put the head's hash under a time-stamp and keep the token; at most once a day (Asia/Tokyo).

    ``stamp`` takes the 32-byte SHA-256 and returns the DER of an RFC 3161 TimeStampToken; its
    errors pass through and leave nothing behind. Returns the anchor kept, or ``None`` when the
    trail is empty, the day has its anchor, or nothing was added since the last one.
    """
    day = jst_date(at)
    newest = session.execute(
        select(AuditAnchorRow.day, AuditAnchorRow.seq).order_by(AuditAnchorRow.seq.desc()).limit(1)
    ).one_or_none()
    seq, hash_ = head(session)
    if seq == 0 or (newest is not None and (newest.day >= day or newest.seq == seq)):
        return None
    token = stamp(bytes.fromhex(hash_))
    kept = session.execute(
        insert(AuditAnchorRow)
        .values(day=day, seq=seq, hash=hash_, at=as_utc(at), token=token)
        .on_conflict_do_nothing()
        .returning(AuditAnchorRow.day)
    ).one_or_none()
    return None if kept is None else AuditAnchor(day, seq, hash_, as_utc(at), token)


def content_digest(
    seq: int, at: datetime, actor: Actor, action: str, subject: str, details: dict[str, Any]
) -> str:
    """Return the SHA-256 (hex) of an entry's canonical content."""
    return sha256(
        canonical_bytes(
            {
                "seq": seq,
                "at": instant_text(at),
                "actor": {"kind": actor.kind, "id": actor.id, "name": actor.name},
                "action": action,
                "subject": subject,
                "details": details,
            }
        )
    ).hexdigest()


def link(prev: str, digest: str) -> str:
    """Return the hash of the entry with ``digest`` that follows the one with hash ``prev``."""
    return sha256(f"warifu-audit-1\n{prev}\n{digest}\n".encode()).hexdigest()


def instant_text(at: datetime) -> str:
    """Return ``at`` as RFC 3339 in UTC with six decimals, always of the same length."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def entry_of(row: AuditRow) -> AuditEntry:
    """Return the value of a row."""
    return AuditEntry(
        seq=row.seq,
        at=row.at,
        actor=Actor(row.actor_kind, row.actor_id, row.actor_name),  # type: ignore[arg-type]
        action=row.action,
        subject=row.subject,
        details=row.details,
        prev=row.prev,
        hash=row.hash,
    )
