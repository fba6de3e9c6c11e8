"""A vendor's bank account needs two persons: one enters it, another compares and confirms it.

The commonest fraud on a payer is a letter with "our new account". Until the second person has
confirmed, money goes to the account that stood before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.accounts.bank_models import BankChange
from portal.accounts.models import Vendor
from portal.errors import NotFound, PortalError
from records import Actor, audit, new_id

COLUMNS = (
    "bank_code", "bank_name", "branch_code", "branch_name", "account_type", "account_number",
    "account_holder_kana",
)  # fmt: skip


class OtherPersonNeeded(PortalError):
    code = "portal.other_person_needed"
    status = 403
    ja: ClassVar[str] = "振込先を入力した人は、自分で確認できません。"
    en: ClassVar[str] = "Who entered the bank account may not confirm it."
    mend_ja: ClassVar[str] = "別の職員が、届出の書類と見比べて確認してください。"
    mend_en: ClassVar[str] = "Another member of staff must compare it with the letter and confirm."


def ask(
    session: Session,
    *,
    vendor: Vendor,
    values: Mapping[str, str | None],
    actor: Actor,
    at: datetime,
) -> BankChange | None:
    """Put the bank columns of ``values`` before a second person; None when nothing changes."""
    wanted = {name: values[name] or None for name in COLUMNS if name in values}
    if all((getattr(vendor, name) or None) == value for name, value in wanted.items()):
        return None  # the form's other fields were edited; what waits goes on waiting
    waiting = pending(session, vendor.id, lock=True)
    if waiting is not None and waiting.values == wanted:
        return waiting
    if waiting is not None:
        waiting.outcome, waiting.decided_at = "replaced", at
    row = BankChange(
        id=new_id(),
        vendor_id=vendor.id,
        values=wanted,
        outcome="waiting",
        asked_by=actor.id,
        asked_by_name=actor.name,
        asked_at=at,
    )
    session.add(row)
    session.flush()
    subject = f"vendor:{vendor.id}"
    audit.append(session, actor, "vendor.bank_change_asked", subject, {"change": row.id}, at)
    return row


def decide(
    session: Session,
    *,
    vendor: Vendor,
    change_id: str,
    confirmed: bool,
    actor: Actor,
    at: datetime,
) -> BankChange:
    """Confirm or refuse, by another person than asked. Pressed twice it is decided once.

    Whoever asked may take it back (refuse), not confirm it.
    :raises NotFound: no such change. :raises OtherPersonNeeded:
    """
    row = session.get(BankChange, change_id, with_for_update=True, populate_existing=True)
    if row is None or row.vendor_id != vendor.id:
        raise NotFound()
    if row.outcome != "waiting":
        return row
    if confirmed and actor.id == row.asked_by:
        raise OtherPersonNeeded()
    row.outcome = "confirmed" if confirmed else "refused"
    row.decided_by_name, row.decided_at = actor.name, at
    if confirmed:
        for name, value in row.values.items():
            setattr(vendor, name, value)
        session.flush()
    audit.append(
        session,
        actor,
        f"vendor.bank_change_{row.outcome}",
        f"vendor:{vendor.id}",
        {"change": row.id, "asked_by": row.asked_by_name},
        at,
    )
    return row


def pending(session: Session, vendor_id: str, *, lock: bool = False) -> BankChange | None:
    query = select(BankChange).where(
        BankChange.vendor_id == vendor_id, BankChange.outcome == "waiting"
    )
    return session.scalar(query.with_for_update() if lock else query)
