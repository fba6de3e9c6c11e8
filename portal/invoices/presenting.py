"""Invoices as JSON: the same shape wherever one is told, so that a program always sees where it
stands. Amounts are whole yen as integers, days ISO 8601, instants UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from einvoice import approving, handover_queries, queries
from einvoice.batches import BatchReceipt
from einvoice.contract_terms import ContractTerms
from einvoice.models import (
    FindingRow,
    HandoverBatch,
    HandoverItem,
    Inspection,
    IntakeBatch,
    IntakeFile,
    ReceivedInvoice,
)
from einvoice.receiving import Receipt
from einvoice.states import STATE_NAMES, State


def receipt(found: Receipt) -> dict[str, Any]:
    """What a sender is told at once."""
    return {
        "id": found.invoice_id,
        "receipt_no": found.receipt_no,
        "received_at": found.received_at.isoformat(),
        "name": found.name,
        "sha256": found.sha256,
        "state": found.state.value,
        "already": found.already,
        "message": _said(found),
    }


def batch_receipt(found: BatchReceipt) -> dict[str, Any]:
    """What the sender of a large ZIP is told at once."""
    return {
        "batch": found.number,
        "id": found.batch_id,
        "total": found.total,
        "already": "same_bytes" if found.already else None,
        "progress": f"/api/v1/invoice-batches/{found.number}",
        "message": {
            "ja": f"{found.total}件を受け付けました。一括受付番号は {found.number} です。",
            "en": f"{found.total} files received. The batch number is {found.number}.",
        },
    }


def intake_batch(row: IntakeBatch, files: Sequence[IntakeFile]) -> dict[str, Any]:
    """How far a batch is, and the files that were not accepted."""
    return {
        "batch": row.number,
        "id": row.id,
        "name": row.name,
        "received_at": row.received_at.isoformat(),
        "total": row.total,
        "done": row.done,
        "accepted": row.accepted,
        "known": row.known,
        "refused": row.refused,
        "finished_at": row.finished_at.isoformat() if row.finished_at else None,
        "files": [
            {
                "position": file.position,
                "name": file.name,
                "outcome": file.outcome,
                "invoice_id": file.invoice_id,
                "message": {"ja": file.message_ja, "en": file.message_en},
            }
            for file in files
        ],
    }


def _said(found: Receipt) -> dict[str, str]:
    if found.already is None:
        return {
            "ja": f"受け付けました。受付番号は {found.receipt_no} です。",
            "en": f"Received. The receipt number is {found.receipt_no}.",
        }
    return {
        "ja": f"同じ請求書を受付済みです。受付番号は {found.receipt_no} のままです。",
        "en": f"The same invoice was received before; its number is still {found.receipt_no}.",
    }


def summary(row: ReceivedInvoice) -> dict[str, Any]:
    """One line of a list."""
    ja, en = STATE_NAMES[row.status]
    return {
        "id": row.id,
        "receipt_no": row.receipt_no,
        "state": {"code": row.state, "ja": ja, "en": en},
        "version": row.version,
        "result": row.result,
        "channel": row.channel,
        "received_at": row.received_at.isoformat(),
        "name": row.original_name,
        "number": row.number,
        "issue_date": _day(row.issue_date),
        "seller": row.seller_name,
        "vendor_id": row.vendor_id,
        "contract_no": row.contract_no,
        "section": row.section,
        "gross": _yen(row.gross),
        "payable": _yen(row.payable),
        "due_on": _day(row.due_on),
        "pay_on": _day(row.pay_on),
        "paid_on": _day(row.paid_on),
        "on_hold": row.hold_reason,
    }


def full(session: Session, row: ReceivedInvoice, *, for_vendor: bool = False) -> dict[str, Any]:
    """One invoice with everything the asker may see."""
    found = summary(row)
    same = session.get(ReceivedInvoice, row.same_as_id) if row.same_as_id else None
    before = session.get(ReceivedInvoice, row.replaces_id) if row.replaces_id else None
    returned = queries.return_of(session, row.id)
    item = handover_queries.live_item(session, row.id)
    found |= {
        "sha256": row.original_sha256,
        "profile": row.profile,
        "verdict": row.verdict,
        "qualified": row.qualified,
        "period": _period(row),
        "prepaid": _yen(row.prepaid),
        "findings": [
            finding(f) for f in queries.findings(session, row.id) if not for_vendor or _shown(f)
        ],
        "same_as": same.receipt_no if same else None,
        "replaces": before.receipt_no if before else None,
        "returned": {
            "notified_on": returned.notified_on.isoformat(),
            "reasons": returned.reasons,
            "note": returned.note,
        }
        if returned
        else None,
        "order_no": item.order_no if item and not for_vendor else None,
    }
    if not for_vendor:
        found |= {
            "clock_start": _day(row.clock_start),
            "inspected_on": _day(row.inspected_on),
            "inspection_no": row.inspection_no,
            "open": [f.check_id for f in approving.open_findings(session, row)],
            "deductions": [
                {"kind": d.kind, "amount": _yen(d.amount), "income_number": d.income_number}
                for d in queries.deductions(session, row.id)
            ],
            "decisions": [
                {
                    "step": d.step,
                    "act": d.move,
                    "by": d.actor_name,
                    "at": d.at.isoformat(),
                    "reason": d.reason,
                }
                for d in queries.decisions(session, row.id)
            ],
        }
    return found


def finding(row: FindingRow) -> dict[str, Any]:
    """A finding as every report tells it, with what it does to the invoice."""
    return {
        "id": row.check_id,
        "source": row.source,
        "severity": row.severity,
        "level": row.level,
        "path": row.path,
        "line": row.line,
        "term": row.term,
        "message": {"ja": row.message_ja, "en": row.message_en},
        "remedy": {"ja": row.remedy_ja, "en": row.remedy_en},
    }


def _shown(row: FindingRow) -> bool:
    """What a vendor is told: what it can mend, and what the standard and the law say. Findings
    about seizures, suspensions, accounts or the inside of the house are not for the vendor."""
    return row.source != "match" or "V" in row.resolver


def contract_side(session: Session, terms: ContractTerms) -> dict[str, Any]:
    """The contract's terms with what is claimed and left."""
    claims = queries.claims_on(session, terms.number)
    claimed = sum((row.payable or Decimal(0) for row in claims), Decimal(0))
    return {
        "number": terms.number,
        "title": terms.title,
        "vendor": terms.vendor_name,
        "section": terms.section,
        "kind": terms.kind.value,
        "concluded_on": _day(terms.concluded_on),
        "period": [_day(terms.starts_on), _day(terms.ends_on)],
        "gross": _yen(terms.gross),
        "claimed": _yen(claimed),
        "left": _yen(terms.gross - claimed),
        "claims": [summary(row) for row in claims],
    }


def inspection(row: Inspection) -> dict[str, Any]:
    """An inspection record."""
    return {
        "id": row.id,
        "number": row.number,
        "contract_no": row.contract_no,
        "passed": row.passed,
        "notified_on": row.notified_on.isoformat(),
        "inspected_on": row.inspected_on.isoformat(),
        "inspector": row.inspector_name,
        "lines": [
            {
                "contract_line": line.contract_line,
                "name": line.name,
                "quantity": str(line.accepted_quantity)
                if line.accepted_quantity is not None
                else None,
                "gross": _yen(line.accepted_gross),
            }
            for line in row.lines
        ],
    }


def batch(row: HandoverBatch) -> dict[str, Any]:
    """A hand-over and its files."""
    return {
        "id": row.id,
        "number": row.number,
        "pay_on": row.pay_on.isoformat(),
        "count": row.count,
        "payable": _yen(row.payable),
        "net": _yen(row.net),
        "made_by": row.made_by,
        "made_at": row.made_at.isoformat(),
        "files": {
            name: {"sha256": sha256, "size": size} for name, (sha256, size) in row.files.items()
        },
        "recall": {
            "asked_by": row.recall_asked_by,
            "asked_at": _instant(row.recall_asked_at),
            "reason": row.recall_reason,
        }
        if row.recall_asked_at
        else None,
        "taken_back_at": _instant(row.taken_back_at),
    }


def item(row: HandoverItem, invoice: ReceivedInvoice) -> dict[str, Any]:
    """One order of a hand-over."""
    return {
        "order_no": row.order_no,
        "invoice": invoice.receipt_no,
        "state": State(invoice.state).value,
        "payable": _yen(row.payable),
        "net": _yen(row.net),
        "cancelled": row.cancelled,
        "result": row.bank_result,
    }


def _yen(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount)


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _instant(value: datetime | None) -> str | None:
    return None if value is None else value.isoformat()


def _period(row: ReceivedInvoice) -> list[str] | None:
    if row.period_start is None or row.period_end is None:
        return None
    return [row.period_start.isoformat(), row.period_end.isoformat()]
