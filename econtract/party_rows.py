"""The rows of who signs, from an award: members of a joint venture, its lead, then the city."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from econtract import signature_page
from econtract.models import Award, Party
from records import new_id

LEAD_ROLE, MEMBER_ROLE, VENDOR_ROLE, CITY_ROLE = (
    "受注者（代表構成員）",
    "受注者（構成員）",
    "受注者",
    "発注者",
)


@dataclass(frozen=True, slots=True)
class CityOffice:
    """The city as a party: its name, address, and in whose name contracts are made."""

    name: str
    address: str
    title: str
    person: str


def vendors(contract_id: str, award: Award) -> list[Party]:
    """Vendor parties in signing order: members first, the lead last."""
    facts = award.facts
    joint = bool(facts["members"])
    rows = [
        (m["name"], "", m["representative_title"], m["representative"], m["email"], vendor_id)
        for m, vendor_id in zip(facts["members"], award.member_vendor_ids, strict=True)
    ]
    rows.append(
        (
            award.vendor_name,
            facts["vendor_address"],
            facts["representative_title"],
            facts["representative"],
            facts["email"],
            award.vendor_id,
        )
    )
    made = []
    for position, (name, address, title, person, email, vendor_id) in enumerate(rows):
        last = position == len(rows) - 1
        role = VENDOR_ROLE if not joint else LEAD_ROLE if last else MEMBER_ROLE
        made.append(
            Party(
                id=new_id(),
                contract_id=contract_id,
                position=position,
                side="vendor",
                slot=signature_page.vendor_slot(position),
                role=role,
                organisation=name,
                address=address,
                title=title,
                person=person,
                email=email,
                vendor_id=vendor_id,
            )
        )
    return made


def of_original(parties: Sequence[Party], contract_id: str) -> list[Party]:
    """The parties of an original, in the same order, for what is written beside it."""
    return [
        Party(
            id=new_id(),
            contract_id=contract_id,
            position=p.position,
            side=p.side,
            slot=p.slot,
            role=p.role,
            organisation=p.organisation,
            address=p.address,
            title=p.title,
            person=p.person,
            email=p.email,
            vendor_id=p.vendor_id,
        )
        for p in parties
    ]


def city(contract_id: str, office: CityOffice, position: int) -> Party:
    """The city's party, which signs last."""
    return Party(
        id=new_id(),
        contract_id=contract_id,
        position=position,
        side="city",
        slot=signature_page.CITY_SLOT,
        role=CITY_ROLE,
        organisation=office.name,
        address=office.address,
        title=office.title,
        person=office.person,
        email="",
        vendor_id=None,
    )
