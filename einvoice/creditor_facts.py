"""What a city knows of a payee beside its account: 源泉徴収, 差押等の通知, 指名停止.

The checks ask here (DED-001 to 003, VEN-004, VEN-006). A change is in the audit trail with its
reason; invoices that wait are matched anew at the next decision, and every morning.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from einvoice.models import Creditor
from einvoice.refusals import InvoiceNotFoundError, ReasonMissingError
from einvoice.withholding import Fee
from records import Actor, audit

LONGEST = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeFacts:
    """`notice` is the letter that was received, empty when there is none (any more)."""

    fee: Fee = Fee.NONE
    notice: str = ""
    suspended_until: date | None = None


def of(row: Creditor | None) -> PayeeFacts:
    """What is known now."""
    if row is None:
        return PayeeFacts()
    return PayeeFacts(
        fee=Fee(row.fee), notice=row.notice_on_file or "", suspended_until=row.suspended_until
    )


def record(
    session: Session,
    vendor_id: str,
    facts: PayeeFacts,
    *,
    reason: str,
    actor: Actor,
    at: datetime,
) -> Creditor:
    """Enter what is known of a payee. The same again changes nothing; a change needs a reason.

    Raises `InvoiceNotFoundError` for an unknown payee, `ReasonMissingError`."""
    row = session.get(Creditor, vendor_id, with_for_update=True)
    if row is None:
        raise InvoiceNotFoundError(field="vendor", invoice=vendor_id)
    before = of(row)
    now = PayeeFacts(
        fee=facts.fee, notice=facts.notice.strip()[:LONGEST], suspended_until=facts.suspended_until
    )
    if before == now:
        return row
    if not reason.strip():
        raise ReasonMissingError(
            field="reason", act_ja="支払先の登録を直す", act_en="change what is known of a payee"
        )
    row.fee, row.suspended_until = now.fee.value, now.suspended_until
    row.notice_on_file = now.notice or None
    session.flush()
    details = {
        "number": row.number,
        "fee": now.fee.value,
        "notice": now.notice,
        "suspended_until": now.suspended_until.isoformat() if now.suspended_until else "",
        "reason": reason.strip()[:LONGEST],
    }
    audit.append(session, actor, "creditor.facts_recorded", f"creditor:{vendor_id}", details, at)
    return row
