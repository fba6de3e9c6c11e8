"""Whose contract it is: the facts that the role table asks for, in one place."""

from __future__ import annotations

from sqlalchemy.orm import Session

from econtract import queries
from econtract.models import Contract
from portal.security import Identity, Role, ensure


def ensure_own(user: Identity, action: str, contract: Contract) -> None:
    """The person may do `action` on this contract. Raises Forbidden with the reason."""
    ensure(
        user,
        action,
        vendor_id=contract.vendor_id,
        department=contract.department,
        drafted_by=contract.drafted_by,
    )


def ensure_readable(session: Session, user: Identity, contract: Contract) -> None:
    """Members of a joint venture read too; a vendor sees nothing before it was sent."""
    vendor_id: str | None = contract.vendor_id
    if user.kind == "vendor":
        party = (
            queries.party_of_vendor(session, contract.id, user.vendor_id)
            if user.vendor_id
            else None
        )
        vendor_id = user.vendor_id if party is not None and contract.sent_at is not None else None
    ensure(user, "contract.read", vendor_id=vendor_id, department=contract.department)


def seen_department(user: Identity) -> str | None:
    """Whose contracts a person sees in lists: a department only its own (None: all)."""
    return user.department if user.roles == {Role.DEPARTMENT} else None
