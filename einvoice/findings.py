"""What is said about an invoice: one kind of value for every check, from schema to accounting.

A `Finding` says what is wrong, where and what to do, in Japanese and English. A `Report` holds the
findings of one document with two separate answers: `verdict`, which is the standard's alone (UBL
structure and the official JP PINT rules), and `qualified`, which is the law's (消費税法57条の4).
Nothing but structure and official rules ever moves the verdict.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

Source = Literal["structure", "rule", "consistency", "qualified", "registry", "match"]
Severity = Literal["error", "warning", "info"]
VerdictName = Literal["valid", "invalid", "unreadable"]
QualifiedStatus = Literal["met", "not_met", "cannot_tell"]

#: Sources whose errors make a document invalid under the standard.
OFFICIAL_SOURCES: frozenset[str] = frozenset({"structure", "rule"})


@dataclass(frozen=True, slots=True)
class Text:
    """The same sentence in Japanese and English; both are always there."""

    ja: str
    en: str

    def to_json(self) -> dict[str, str]:
        return {"ja": self.ja, "en": self.en}

    def __str__(self) -> str:
        return f"{self.ja} / {self.en}"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing said about one place of a document.

    `id` is the official assert id for `source == "rule"` (for example "ibr-co-10") and a stable
    name of ours otherwise. `severity` is "error" for the official flag "fatal". `path` is an XPath
    with the usual prefixes (ubl, cac, cbc) to the place, `line` the 1-based line in the file, and
    `term` the business term ("IBT-131"); each is None where it has no meaning.
    """

    id: str
    source: Source
    severity: Severity
    message: Text
    remedy: Text
    path: str | None = None
    line: int | None = None
    term: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "source": self.source,
            "severity": self.severity,
            "path": self.path,
            "line": self.line,
            "term": self.term,
            "message": self.message.to_json(),
            "remedy": self.remedy.to_json(),
        }


@dataclass(frozen=True, slots=True)
class Report:
    """The answer about one document.

    `profile` is the short name of the document type ("pint-jp", "pint-jp-ntr", "pint-jp-sb") or
    None if it is none of them; `ruleset` names type and version of the rules that judged it, for
    example "pint-jp 1.1.3", so that a verdict kept today can be explained in ten years.
    """

    profile: str | None
    verdict: VerdictName
    qualified: QualifiedStatus
    findings: tuple[Finding, ...] = ()
    file: str | None = None
    ruleset: str | None = None

    @property
    def is_valid(self) -> bool:
        return self.verdict == "valid"

    @property
    def is_receivable(self) -> bool:
        """Valid, and of a type that Japan has: the standard lets a CreditNote pass, but there is
        nobody who could pay a negative invoice written with positive figures."""
        return self.is_valid and all(f.id != "credit-note" for f in self.findings)

    def to_json(self) -> dict[str, Any]:
        """The public form: file, profile, verdict, qualified, findings (documented in docs/)."""
        return {
            "file": self.file,
            "profile": self.profile,
            "verdict": self.verdict,
            "qualified": self.qualified,
            "findings": [finding.to_json() for finding in self.findings],
        }


def verdict_of(findings: Iterable[Finding]) -> VerdictName:
    """The standard's verdict on a document that could be read: no official error, no refusal."""
    refused = any(f.severity == "error" and f.source in OFFICIAL_SOURCES for f in findings)
    return "invalid" if refused else "valid"
