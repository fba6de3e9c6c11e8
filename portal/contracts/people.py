"""Vendors and their people as awards name them: found in the register, or entered there once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.orm import Session

from econtract.award_table import Register
from econtract.awards import Bidder, VendorOf
from econtract.models import Party
from portal.accounts import queries, registering
from portal.accounts.models import VendorUser
from portal.errors import Conflict
from records import Actor

SYSTEM = Actor("system", "contracts", "warifu")


def vendor_of(session: Session, actor: Actor, at: datetime) -> VendorOf:
    """A function that gives the register's id of a bidder; an unknown number is entered."""

    def find(bidder: Bidder) -> str:
        known = queries.vendor_by_code(session, bidder.code)
        if known is None:
            known = registering.add_vendor(
                session,
                code=bidder.code,
                name=bidder.name,
                address=bidder.address,
                representative_title=bidder.representative_title,
                representative_name=bidder.representative,
                registration_number=bidder.registration_number or None,
                mail=bidder.email,
                actor=actor,
                at=at,
            )
        return known.id

    return find


def registered(session: Session) -> Register:
    """A function that says what the register knows of a vendor's number, so nobody types it."""

    def find(code: str) -> Mapping[str, str] | None:
        known = queries.vendor_by_code(session, code)
        if known is None:
            return None
        people = [p for p in queries.vendor_users(session, known.id) if p.active]
        person = next((p for p in people if p.name == known.representative_name), None)
        return {
            "vendor_name": known.name,
            "vendor_address": known.address,
            "representative_title": known.representative_title,
            "representative": known.representative_name,
            "registration_number": known.registration_number or "",
            "email": (person.mail if person else known.mail) or "",
        }

    return find


def person_of_party(session: Session, party: Party, at: datetime) -> VendorUser:
    """The vendor's person with the party's mail address; entered when not there yet.

    Who was switched off stays so: their link does not open, and says whom to call."""
    assert party.vendor_id is not None
    wanted = party.email.lower()
    known = queries.vendor_user_by_mail(session, party.vendor_id, wanted)
    if known is not None:
        return known
    try:
        return registering.add_vendor_user(
            session,
            vendor_id=party.vendor_id,
            mail=wanted,
            name=party.person,
            title=party.title,
            actor=SYSTEM,
            at=at,
        )
    except Conflict:  # entered by another process since we looked
        found = queries.vendor_user_by_mail(session, party.vendor_id, wanted)
        assert found is not None
        return found
