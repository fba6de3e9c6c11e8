"""The audit trail: who did what to which thing and when, in a chain that shows every change."""

from records.audit.chain import (
    AuditAnchor,
    AuditEntry,
    anchor,
    anchors,
    append,
    append_all,
    entries,
    head,
    history,
)
from records.audit.exporting import export, export_excerpt, verify_export
from records.audit.verification import AuditReport, BrokenRow, TokenChecker, verify

__all__ = [
    "AuditAnchor",
    "AuditEntry",
    "AuditReport",
    "BrokenRow",
    "TokenChecker",
    "anchor",
    "anchors",
    "append",
    "append_all",
    "entries",
    "export",
    "export_excerpt",
    "head",
    "history",
    "verify",
    "verify_export",
]
