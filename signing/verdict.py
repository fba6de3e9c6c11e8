"""What a verification says: of the document, and of each signature in it.

The status is never a bare tick: it comes with reasons in Japanese and English, and with what was
proven (who, when by which clock, what changed afterwards, how long the proof lasts).
The JSON form is described by docs/verdict.schema.json.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Literal

Status = Literal["passed", "indeterminate", "failed"]
Kind = Literal["signature", "archive_timestamp"]
Level = Literal["B-B", "B-T", "B-LT", "B-LTA"]
# ETSI EN 319 102-1 §5.1.3
INDICATIONS: dict[Status, str] = {
    "passed": "TOTAL-PASSED",
    "indeterminate": "INDETERMINATE",
    "failed": "TOTAL-FAILED",
}
WORST: tuple[Status, ...] = ("failed", "indeterminate", "passed")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a stable code, and the same sentence in Japanese and English."""

    code: str
    ja: str
    en: str


@dataclass(frozen=True, slots=True)
class SignatureVerdict:
    """One signature object.

    `field` is the field's name, `label` what the slot list calls it (「受注者」), if there is one.
    `name`, `capacity`, `statement`, `act_id` and `claimed_time` are what the signature declares;
    `subject` is who the certificate says signed; `proven_time` is the timestamp's, None without
    a valid one. `covers` is "file" (nothing follows), "revision" (later revisions do) or "unclear".
    `changes` says what followed: "none", "long_term" (validation data and archive timestamps),
    "signatures" (further signatures in the prepared fields), "form" (form fields were filled) or
    "forbidden".
    """

    field: str
    kind: Kind
    status: Status
    sub_indication: str | None
    reasons: tuple[Reason, ...]
    label: str | None = None
    level: Level | None = None
    name: str | None = None
    capacity: str | None = None
    statement: str | None = None
    act_id: str | None = None
    claimed_time: datetime | None = None
    proven_time: datetime | None = None
    time_authority: str | None = None
    accredited_time: bool = False
    subject: str | None = None
    issuer: str | None = None
    certificate_not_after: datetime | None = None
    certificate_sha256: str | None = None
    algorithm: str | None = None
    revocation_as_of: datetime | None = None
    covers: str = "unclear"
    changes: str = "forbidden"
    certifies: bool = False
    locks: bool = False

    @property
    def indication(self) -> str:
        """The main indication of ETSI EN 319 102-1."""
        return INDICATIONS[self.status]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole document: the worst of its signatures, and whether the set of them is complete.

    `slots_expected` come from the caller or from the list certified in the document;
    `slots_unexpected` are signatures outside it; `slot_labels` tells what people call each slot.
    `proof_until` is when the newest timestamp's
    certificate or algorithms run out, `renewal_due` when to add the next archive timestamp.
    """

    status: Status
    reasons: tuple[Reason, ...]
    signatures: tuple[SignatureVerdict, ...]
    sha256: str
    size: int
    judged_at: datetime
    level: Level | None = None
    slots_expected: tuple[str, ...] = ()
    slots_signed: tuple[str, ...] = ()
    slots_missing: tuple[str, ...] = ()
    slots_unexpected: tuple[str, ...] = ()
    slot_labels: tuple[tuple[str, str], ...] = ()
    is_frozen: bool = False
    metadata: tuple[tuple[str, str], ...] = ()
    proof_until: datetime | None = None
    renewal_due: datetime | None = None
    tools: tuple[tuple[str, str], ...] = ()

    def called(self, slots: Iterable[str]) -> list[str]:
        """The labels of these slots; the name itself where there is no label."""
        labels = dict(self.slot_labels)
        return [labels.get(slot) or slot for slot in slots]

    @property
    def is_passed(self) -> bool:
        return self.status == "passed"

    def to_json(self) -> dict[str, object]:
        """A JSON-safe dict by docs/verdict.schema.json."""
        document = {f.name: _plain(getattr(self, f.name)) for f in fields(self)}
        document["metadata"] = dict(self.metadata)
        document["tools"] = dict(self.tools)
        document["slot_labels"] = dict(self.slot_labels)
        document["indication"] = INDICATIONS[self.status]
        document["signatures"] = [
            {f.name: _plain(getattr(s, f.name)) for f in fields(s)} | {"indication": s.indication}
            for s in self.signatures
        ]
        return document


def worst(statuses: list[Status]) -> Status:
    """The worst of several statuses; "indeterminate" of none."""
    return next((status for status in WORST if status in statuses), "indeterminate")


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, Reason):
        return {"code": value.code, "message": {"ja": value.ja, "en": value.en}}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
