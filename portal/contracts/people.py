"""Vendors and their people as awards name them: found in the register, or entered there once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from econtract.awards import Bidder, VendorOf
from econtract.models import Party
from portal.accounts import queries, registering
from portal.accounts.models import VendorUser
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


def person_of_party(session: Session, party: Party, at: datetime) -> VendorUser:
    """The vendor's person with the party's mail address; entered when not there yet."""
    assert party.vendor_id is not None
    wanted = party.email.lower()
    for person in queries.vendor_users(session, party.vendor_id):
        if person.mail == wanted and person.active:
            return person
    return registering.add_vendor_user(
        session,
        vendor_id=party.vendor_id,
        mail=wanted,
        name=party.person,
        title=party.title,
        actor=SYSTEM,
        at=at,
    )
