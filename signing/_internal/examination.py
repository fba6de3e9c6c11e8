"""Judging one PDF from its bytes to a verdict.

Numbered steps, each named again where it is done:

1. Intake: size, header; the structure is read strictly, and leniently only to say what is wrong.
   A file that shows two readers two documents is not judged (`reader`).
2. Every signature object is found and examined on the raw bytes (`found`).
3. What changed after each signature (`changes`).
4. When it existed and whether its certificate was good then (`timeline`).
5. The set as a whole: one signature object for each field, the slot list, the order, and nothing
   behind the last signature but long-term material.
6. The document's status is the worst of all of these; no signature at all is "indeterminate".

What is NOT checked: what the text means, whether the signer was entitled to sign, attachments'
contents, and PDF/A conformity.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from io import BytesIO
from itertools import pairwise
from typing import TypedDict

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.rw_common import PdfHandler

from ..errors import EmptyPdf, NotAPdf, PdfTooLarge
from ..trust import Trust
from ..verdict import Level, Reason, SignatureVerdict, Status, Verdict, worst
from . import changes, dss, found, overlays, particulars, revision, timeline
from .found import FAILED_KINDS, Fault, Found
from .increments import Increments
from .intake import MAX_PDF, check_bytes
from .paths import Paths
from .reader import Reader, hides_something
from .wording import say

FAILED_SUBS = {*FAILED_KINDS, "REVOKED", "NOT_YET_VALID"}
FAILED_CODES = {"changes.forbidden", "signature.byte_range", "signature.encapsulated"}
MAX_LABEL = 120
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LEVELS: tuple[Level, ...] = ("B-B", "B-T", "B-LT", "B-LTA")
TOOLS = tuple(
    (name, version(name)) for name in ("pyhanko", "pyhanko-certvalidator", "cryptography")
)


class Slots(TypedDict, total=False):
    """Fields of Verdict about the slot list."""

    slots_expected: tuple[str, ...]
    slots_signed: tuple[str, ...]
    slots_missing: tuple[str, ...]
    slots_unexpected: tuple[str, ...]


def examine(
    pdf: bytes, trust: Trust, at: datetime, expected: Sequence[str] | None = None
) -> Verdict:
    """The verdict on `pdf` as of `at`. Never raises for what is in the file."""
    blank = Verdict(
        status="indeterminate",
        reasons=(),
        signatures=(),
        sha256=hashlib.sha256(pdf).hexdigest(),
        size=len(pdf),
        judged_at=at,
        tools=TOOLS,
    )
    try:
        check_bytes(pdf)  # 1
    except EmptyPdf:
        return replace(blank, reasons=(say("file.empty"),))
    except NotAPdf:
        return replace(blank, reasons=(say("file.not_a_pdf"),))
    except PdfTooLarge:
        most = f"max {MAX_PDF // 2**20} MB"
        return replace(blank, reasons=(say("file.too_large", most),))
    try:
        reader, lenient = _open(pdf)
        unfit = _unfit(reader)
        if unfit is not None:
            return replace(blank, reasons=(unfit,))
        return _judge(pdf, reader, trust, at, expected, blank, lenient)
    except Fault as fault:
        return replace(blank, reasons=(say(fault.code, fault.detail),))
    except MemoryError:
        return replace(blank, reasons=(say("judge.memory"),))
    except Exception as error:  # a hostile file finds paths nobody foresaw; the answer is "unknown"
        return replace(blank, reasons=(say("file.damaged", _short(error)),))


def _open(pdf: bytes) -> tuple[PdfFileReader, bool]:
    try:
        reader = Reader(BytesIO(pdf), strict=True)
        _ = reader.root
        return reader, False
    except MemoryError:
        raise  # the limit speaks, not the file
    except Exception:
        reader = Reader(BytesIO(pdf), strict=False)
        _ = reader.root
        return reader, True


def _unfit(reader: PdfFileReader) -> Reason | None:
    if reader.encrypted:
        return say("file.encrypted")
    if revision.generic_get(reader.root, "/AcroForm", "/XFA") is not None:
        return say("file.xfa")
    return None


def _judge(
    pdf: bytes,
    reader: PdfFileReader,
    trust: Trust,
    at: datetime,
    expected: Sequence[str] | None,
    blank: Verdict,
    lenient: bool,
) -> Verdict:
    items = found.find(reader, pdf)  # 2
    if not items:
        return replace(blank, reasons=(say("document.no_signature"),))
    # 1, last sentence: now that it is known what each signer saw
    if hides_something(reader, pdf, [item.end for item in items if item.end]):
        return replace(blank, reasons=(say("file.hybrid"),))
    paths = Paths(trust, judged_at=at, **dss.material(reader))
    standings = timeline.walk(items, paths, at)  # 4
    listed = revision.slot_list(_first_revision(reader, items))
    if listed is not None:
        _require_time(items, standings)
    steps = _increments(pdf, reader, items)
    blank = replace(blank, slot_labels=_labels(listed))
    signatures = [_verdict(item, standings.get(i), paths, steps) for i, item in enumerate(items)]
    labels = dict(blank.slot_labels)
    signatures = [replace(s, label=labels.get(s.field)) for s in signatures]
    reasons: list[tuple[Status, Reason]] = []
    for status, code in (("failed", "document.signature_failed"),
                         ("indeterminate", "document.signature_indeterminate")):  # fmt: skip
        fields = [s.field for s in signatures if s.status == status]
        if fields:
            reasons.append((status, say(code, fields=_words(blank, fields))))  # type: ignore[arg-type]
    if lenient:
        reasons.append(("indeterminate", say("note.lenient")))
    reasons += _whole(pdf, items, signatures, blank)  # 5
    pages = overlays.covered_pages(pdf, reader, items) if listed is None else []
    if pages:
        shown = ", ".join(map(str, pages))
        reasons.append(("indeterminate", say("changes.appearance", pages=shown)))
    slots, slot_reasons = _slots(listed, expected, signatures, blank)
    reasons += slot_reasons
    status = worst([s for s, _ in reasons] or ["passed"])  # 6
    summary = [reason for _, reason in reasons] or [say("document.passed")]
    until = _proof_until(items, standings)
    levels = [s.level for s in signatures if s.kind == "signature"]
    return replace(
        blank,
        status=status,
        reasons=tuple(summary),
        signatures=tuple(signatures),
        level=min(levels, key=_rank) if levels and None not in levels else None,
        **slots,
        is_frozen=any(s.locks for s in signatures),
        metadata=tuple(listed.metadata.items()) if listed else (),
        proof_until=until,
        renewal_due=until - timeline.RENEWAL_LEAD if until else None,
    )


def _labels(listed: revision.SlotList | None) -> tuple[tuple[str, str], ...]:
    if listed is None:
        return ()
    return tuple(
        (name, " ".join(label.split())[:MAX_LABEL])
        for name, label in zip(listed.names, listed.labels, strict=False)
    )


def _words(blank: Verdict, fields: Sequence[str]) -> str:
    return ", ".join(blank.called(fields))


def _require_time(items: list[Found], standings: dict[int, timeline.Standing]) -> None:
    """In a document with a slot list every act has its timestamp; else it was stripped."""
    for index, standing in standings.items():
        if not items[index].is_timestamp and standing.fault is None and not standing.time_chain:
            standing.fault = Fault("time.missing", "SIG_CONSTRAINTS_FAILURE")


def _rank(level: Level | None) -> int:
    return LEVELS.index(level) if level else -1


def _increments(pdf: bytes, reader: PdfFileReader, items: list[Found]) -> Increments:
    sound = [item.revision for item in items if item.fault is None and item.revision >= 0]
    return Increments(reader, pdf, min(sound, default=0))


def _verdict(
    item: Found, standing: timeline.Standing | None, paths: Paths, increments: Increments
) -> SignatureVerdict:
    judged = changes.Changes("unclear", "forbidden")
    if item.embedded is not None and item.fault is None:
        judged = changes.judge(item.embedded, increments)  # 3
    faults: list[tuple[Status, str | None, Reason]] = []
    for fault in (item.fault, standing.fault if standing else None):
        if fault is not None:
            failed = fault.sub_indication in FAILED_SUBS or fault.code in FAILED_CODES
            reason = say(fault.code, fault.detail)
            faults.append(("failed" if failed else "indeterminate", fault.sub_indication, reason))
    if judged.code is not None:
        failed = judged.code in FAILED_CODES
        faults.append(
            (
                "failed" if failed else "indeterminate",
                "FORMAT_FAILURE" if failed else "GENERIC",
                say(judged.code, judged.detail),
            )
        )
    status = worst([f[0] for f in faults] or ["passed"])
    first = next((f for f in faults if f[0] == status), None)
    reasons = [f[2] for f in faults] or [say("signature.passed")]
    reasons += standing.notes if standing else []
    return SignatureVerdict(
        field=item.field_name,
        kind="archive_timestamp" if item.is_timestamp else "signature",
        status=status,
        sub_indication=first[1] if first else None,
        reasons=tuple(reasons),
        covers=judged.covers,
        changes=judged.kind,
        **particulars.declared(item),
        **particulars.known(item, standing, paths),
    )


def _whole(
    pdf: bytes, items: list[Found], signatures: list[SignatureVerdict], blank: Verdict
) -> list[tuple[Status, Reason]]:
    """Step 5, without the slots."""
    reasons: list[tuple[Status, Reason]] = []
    by_object: dict[tuple[int, int] | None, list[str]] = {}
    by_range: dict[int, list[str]] = {}
    for item in items:
        by_object.setdefault(item.reference, []).append(item.field_name)
        if item.end:
            by_range.setdefault(item.end, []).append(item.field_name)
    for fields in [*by_object.values(), *by_range.values()]:
        if len(fields) > 1:
            reasons.append(("failed", say("signature.shared", fields=_words(blank, fields))))
            break
    if found.unattached(pdf, items):
        reasons.append(("indeterminate", say("signature.unattached")))
    last = signatures[-1]
    unsigned_change = last.status == "passed" and last.changes not in ("none", "long_term")
    if unsigned_change or found.has_loose_tail(pdf, items[-1].end):
        reasons.append(("failed", say("document.tail")))
    times = [s.proven_time for s in signatures if s.proven_time is not None]
    if any(b < a - timeline.ORDER_TOLERANCE for a, b in pairwise(times)):
        reasons.append(("indeterminate", say("time.order")))
    return reasons


def _slots(
    listed: revision.SlotList | None,
    expected: Sequence[str] | None,
    signatures: list[SignatureVerdict],
    blank: Verdict,
) -> tuple[Slots, list[tuple[Status, Reason]]]:
    """The slot list against the signatures that are there."""
    reasons: list[tuple[Status, Reason]] = []
    names = [s.field for s in signatures if s.kind == "signature"]
    wanted = tuple(expected) if expected is not None else listed.names if listed else None
    if wanted is None:
        return {"slots_signed": tuple(names)}, reasons
    if listed is not None and expected is not None and not set(wanted) <= set(listed.names):
        strangers = sorted(set(wanted) - set(listed.names))
        reasons.append(("failed", say("slots.mismatch", fields=_words(blank, strangers))))
    missing = tuple(name for name in wanted if name not in names)
    unexpected = tuple(name for name in names if name not in wanted)
    if missing:
        signed = len(wanted) - len(missing)
        reasons.append(
            ("indeterminate", say("slots.missing", signed=signed, expected=len(wanted),
                                  missing=_words(blank, missing)))
        )  # fmt: skip
    if unexpected:
        reasons.append(("failed", say("slots.unexpected", fields=_words(blank, unexpected))))
    if listed is not None:
        order = [name for name in names if name in listed.names]
        if order != [name for name in listed.names if name in order]:
            reasons.append(("failed", say("slots.order", fields=_words(blank, order))))
    slots: Slots = {
        "slots_expected": wanted,
        "slots_signed": tuple(names),
        "slots_missing": missing,
        "slots_unexpected": unexpected,
    }
    return slots, reasons


def _first_revision(reader: PdfFileReader, items: list[Found]) -> PdfHandler:
    """The revision of the first signature: what it certifies cannot have been put in later."""
    revisions = [item.revision for item in items if item.revision >= 0]
    if not revisions:
        return reader
    first, total = min(revisions), reader.xrefs.total_revisions
    # A linearised file has two tables for one revision; the older one's trailer may lack /Root.
    whole = (n for n in range(first, total) if "/Root" in reader.trailer.flatten(n))
    return reader.get_historical_resolver(next(whole, first))


def _proof_until(items: list[Found], standings: dict[int, timeline.Standing]) -> datetime | None:
    """The newest valid archive timestamp decides; without one, the weakest signature."""
    archive = [s for i, s in standings.items() if items[i].is_timestamp and s.fault is None]
    if archive:
        newest = max(archive, key=lambda s: s.proven_time or EPOCH)
        return newest.sound_until
    ends = [s.sound_until for s in standings.values() if s.fault is None and s.sound_until]
    return min(ends, default=None)


def _short(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:200]
