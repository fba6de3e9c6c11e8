"""返戻: back to the vendor with reasons; and 取下げ, when the vendor takes it back itself.

A return is a legal act: from the day the vendor is notified until the corrected claim comes in,
the payment clock stands still (支払遅延防止法6条2項), so reasons and time are kept and mailed in
the one transaction that makes it true. The invoice gives back its number and what it claimed; the
corrected one may use the number again and is linked to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from einvoice import queries
from einvoice.approving import (
    MAX_REASON,
    already_done,
    check_unchanged,
    checked_reason,
    keep_decision,
)
from einvoice.due_dates import Fault
from einvoice.examining import move
from einvoice.matching import Level
from einvoice.models import FindingRow, InvoiceReturn, ReceivedInvoice
from einvoice.notices import tell_returned
from einvoice.refusals import ReasonMissingError
from einvoice.states import MOVE_NAMES, STEP_OF_STATE, Move, Step
from records import Actor, calendar


def proposed_reasons(session: Session, row: ReceivedInvoice) -> list[FindingRow]:
    """Findings the vendor can mend: what a return would say if nothing is changed."""
    return [
        finding
        for finding in queries.findings(session, row.id)
        if "V" in finding.resolver and finding.level in {Level.STOP.value, Level.HOLD.value}
    ]


def give_back(
    session: Session,
    *,
    invoice_id: str,
    seen: int,
    actor: Actor,
    at: datetime,
    checks: Sequence[str] = (),
    note: str = "",
    fault: Fault = Fault.SLIGHT,
) -> ReceivedInvoice:
    """Return the invoice for the findings `checks` and the clerk's own words.

    Raises `ReasonMissingError` without either: a refusal without a reason is none by the law.
    """
    row = queries.invoice(session, invoice_id, lock=True)
    if already_done(session, row, seen, actor, Move.RETURN):
        return row
    check_unchanged(session, row, seen)
    chosen = [f for f in queries.findings(session, row.id) if f.check_id in set(checks)]
    words = note.strip()
    if (not chosen and not words) or len(words) > MAX_REASON:
        act = MOVE_NAMES[Move.RETURN]
        raise ReasonMissingError(field="note", act_ja=act[0], act_en="return it")
    version, step = row.version, STEP_OF_STATE.get(row.status, Step.TREASURER)
    ids = "、".join(dict.fromkeys(f.check_id for f in chosen))
    move(
        session,
        row,
        Move.RETURN,
        actor=actor,
        at=at,
        details={"checks": ids, "note": words, "fault": fault.value},
    )
    keep_decision(
        session, row, step, Move.RETURN, version=version, actor=actor, at=at, reason=words or ids
    )
    returned = InvoiceReturn(
        invoice_id=row.id,
        reasons=[
            {
                "id": f.check_id,
                "message": {"ja": f.message_ja, "en": f.message_en},
                "remedy": {"ja": f.remedy_ja, "en": f.remedy_en},
            }
            for f in chosen
        ],
        note=words,
        fault=fault.value,
        notified_at=at,
        notified_on=calendar.jst_date(at),
    )
    session.add(returned)
    session.flush()
    tell_returned(session, row, returned)
    return row


def withdraw(
    session: Session,
    *,
    invoice_id: str,
    vendor_id: str,
    actor: Actor,
    at: datetime,
    reason: str,
) -> ReceivedInvoice:
    """The vendor takes its own invoice back while nobody has approved it."""
    own = queries.invoice_of_vendor(session, invoice_id, vendor_id)
    row = queries.invoice(session, own.id, lock=True)
    text = checked_reason(reason, Move.WITHDRAW)
    version = row.version
    move(session, row, Move.WITHDRAW, actor=actor, at=at, details={"reason": text})
    keep_decision(
        session, row, Step.SECTION, Move.WITHDRAW, version=version, actor=actor, at=at, reason=text
    )
    return row
