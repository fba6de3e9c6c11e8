"""The trail as JSON Lines (UTF-8) that anyone can verify without this service.

    {"warifu_audit": 1, "first": 1, "prev": "000…"}            head: what the first entry follows
    {"seq": …, "at": …, "actor": …, "action": …, "subject": …, "details": …, "hash": …}
    {"seq": …, "digest": …, "hash": …}                         an entry of others, in an excerpt
    {"anchor": …, "seq": …, "hash": …, "at": …, "token": …}    time-stamp token (DER, base64)
    {"end": …, "hash": …}                                      last: nothing was cut off

An excerpt shows the entries of one subject in full and of all others between them only the
digest: the chain from first to last stays provable and nobody else's matters are shown.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from records.actors import Actor
from records.audit.chain import (
    AuditAnchor,
    AuditEntry,
    anchors,
    content_digest,
    entries,
    head,
    history,
    instant_text,
    link,
)
from records.audit.verification import AuditReport, BrokenRow, TokenChecker, check_anchors
from records.errors import AuditExportUnreadable
from records.models import GENESIS

LONGEST_LINE = 1024 * 1024
"""Characters; an entry's content is limited to 64 KiB and a token is a few KiB."""


def export(session: Session) -> Iterator[str]:
    """Yield the whole trail as lines without line ends."""
    yield from _lines(session, first=1, prev=GENESIS, last=head(session)[0], subject=None)


def export_excerpt(session: Session, subject: str, *, until: str | None = None) -> Iterator[str]:
    """Yield the part of the trail that proves the acts on ``subject``.

    It reaches from the first of them to the next anchor after the last (or to the newest entry).
    With ``until`` the last act of that name ends it: what is done years later (a download) would
    stretch the chain over everybody's acts of those years.
    """
    acts = history(session, subject)
    named = [number for number, act in enumerate(acts) if act.action == until]
    if named:
        acts = acts[: named[-1] + 1]
    if not acts:
        yield from _lines(session, first=1, prev=GENESIS, last=0, subject=subject)
        return
    later = [each.seq for each in anchors(session) if each.seq >= acts[-1].seq]
    last = min(later, default=head(session)[0])
    yield from _lines(session, first=acts[0].seq, prev=acts[0].prev, last=last, subject=subject)


def verify_export(lines: Iterable[str], *, check_token: TokenChecker | None = None) -> AuditReport:
    """Verify exported lines: the steps of ``records.audit.verification``, without a database.

    In place of step 4 the end line must name the last entry. Of an excerpt it proves that the
    entries stand in one chain with the anchored hash, not what came before its first entry.
    Raises ``AuditExportUnreadable`` naming the line for what is no export of ours.
    """
    reader = _Reader(check_token)
    for number, line in enumerate(lines, start=1):
        try:
            reader.take(_parsed(line))
        except (KeyError, TypeError, ValueError) as error:
            reason = f"{type(error).__name__} {error}"[:200]
            raise AuditExportUnreadable(line=number, reason=reason) from error
    return reader.report()


class _Reader:
    """Follows the chain line by line; keeps only what anchors need."""

    def __init__(self, check_token: TokenChecker | None) -> None:
        self._check_token = check_token
        self._first: int | None = None
        self._seq = 0
        self._hash = GENESIS
        self._count = 0
        self._broken: BrokenRow | None = None
        self._ended = False
        self._anchors: list[AuditAnchor] = []
        self._hashes: dict[int, str] = {}

    def take(self, line: dict[str, Any]) -> None:
        if self._ended:
            raise ValueError("text after the end line")
        if self._first is None:
            if line["warifu_audit"] != 1:
                raise ValueError("unknown version")
            self._first = int(line["first"])
            self._seq, self._hash = self._first - 1, str(line["prev"])
        elif "anchor" in line:
            self._anchors.append(_anchor_of(line))
        elif "end" in line:
            self._ended = True
            if self._broken is None and (line["end"], line["hash"]) != (self._seq, self._hash):
                self._broken = BrokenRow(self._seq + 1, "head")
        elif self._broken is None:
            self._take_entry(line)

    def _take_entry(self, line: dict[str, Any]) -> None:
        seq, hash_ = line["seq"], line["hash"]
        if seq != self._seq + 1:
            self._broken = BrokenRow(seq, "gap" if seq > self._seq + 1 else "order")
        elif hash_ != link(self._hash, _digest_of(line)):
            self._broken = BrokenRow(seq, "content")
        else:
            self._seq, self._hash = seq, hash_
            self._hashes[seq] = hash_
            self._count += 1

    def report(self) -> AuditReport:
        if self._first is None:
            raise AuditExportUnreadable(line=1, reason="empty")
        broken = self._broken
        if broken is None and not self._ended:
            broken = BrokenRow(self._seq + 1, "head")
        if broken is None or broken.fault == "head":
            broken = (
                check_anchors(
                    self._anchors, self._hashes, last=self._seq, check_token=self._check_token
                )
                or broken
            )
        return AuditReport(
            entries=self._count,
            last_hash=self._hash,
            broken=broken,
            anchors=len(self._anchors),
            anchored_through=0 if broken else max((a.seq for a in self._anchors), default=0),
            tokens_checked=len(self._anchors) if self._check_token and not broken else 0,
        )


def _lines(
    session: Session, *, first: int, prev: str, last: int, subject: str | None
) -> Iterator[str]:
    yield _line({"warifu_audit": 1, "first": first, "prev": prev})
    hash_ = prev
    for entry in entries(session, first=first, last=last):
        shown = subject is None or entry.subject == subject
        yield _line(_entry_line(entry) if shown else _digest_line(entry))
        hash_ = entry.hash
    for each in anchors(session):
        if first <= each.seq <= last:
            yield _line(_anchor_line(each))
    yield _line({"end": last, "hash": hash_})


def _entry_line(entry: AuditEntry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": instant_text(entry.at),
        "actor": {"kind": entry.actor.kind, "id": entry.actor.id, "name": entry.actor.name},
        "action": entry.action,
        "subject": entry.subject,
        "details": entry.details,
        "hash": entry.hash,
    }


def _digest_line(entry: AuditEntry) -> dict[str, Any]:
    return {"seq": entry.seq, "digest": entry.digest(), "hash": entry.hash}


def _digest_of(line: dict[str, Any]) -> str:
    if "digest" in line:
        return str(line["digest"])
    actor = line["actor"]
    return content_digest(
        line["seq"],
        datetime.fromisoformat(line["at"]),
        Actor(actor["kind"], actor["id"], actor["name"]),
        line["action"],
        line["subject"],
        line["details"],
    )


def _anchor_line(each: AuditAnchor) -> dict[str, Any]:
    return {
        "anchor": each.day.isoformat(),
        "seq": each.seq,
        "hash": each.hash,
        "at": instant_text(each.at),
        "token": b64encode(each.token).decode(),
    }


def _anchor_of(line: dict[str, Any]) -> AuditAnchor:
    return AuditAnchor(
        day=date.fromisoformat(line["anchor"]),
        seq=line["seq"],
        hash=line["hash"],
        at=datetime.fromisoformat(line["at"]),
        token=b64decode(line["token"], validate=True),
    )


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _parsed(line: str) -> dict[str, Any]:
    if len(line) > LONGEST_LINE:
        raise ValueError(f"longer than {LONGEST_LINE} characters")
    try:
        value = json.loads(line, object_pairs_hook=_without_repetition)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(value, dict):
        raise TypeError("not an object")
    return value


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a repeated key: two readers would see two different entries."""
    value = dict(pairs)
    if len(value) != len(pairs):
        raise ValueError("repeated key")
    return value
