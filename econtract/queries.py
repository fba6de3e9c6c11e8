"""Every SELECT on contracts. Nothing here writes; `locked` takes the row for the transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import Session

from econtract.errors import NoSuchContract
from econtract.models import (
    Act,
    Award,
    Circulation,
    Consent,
    Contract,
    Decision,
    Document,
    PageImage,
    Party,
)
from econtract.reissue_models import Reissue
from econtract.states import FAILED, ActState, ContractState

MAX_LIST = 500


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """What an invoice must agree with. Amounts in yen, tax included; the rate in percent."""

    contract_id: str
    number: str
    title: str
    department: str
    vendor_id: str
    vendor_name: str
    registration_number: str
    amount: Decimal
    tax: Decimal
    tax_rate: Decimal
    period_from: date
    period_to: date
    concluded_at: datetime | None

    @property
    def is_concluded(self) -> bool:
        """確定: nothing may be performed against or paid on a contract before it is."""
        return self.concluded_at is not None


def contract(session: Session, contract_id: str) -> Contract:
    """The contract, or NoSuchContract."""
    found = session.get(Contract, contract_id)
    if found is None:
        raise NoSuchContract()
    return found


def locked(session: Session, contract_id: str) -> Contract:
    """The contract, held until the transaction ends; read again from the database."""
    found = session.scalar(
        select(Contract)
        .where(Contract.id == contract_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NoSuchContract()
    return found


def by_number(session: Session, number: str) -> Contract | None:
    return session.scalar(select(Contract).where(Contract.number == number))


def terms(session: Session, contract_id: str) -> ContractFacts:
    """The facts an invoice is matched with; `is_concluded` says whether it may be at all."""
    found = contract(session, contract_id)
    return ContractFacts(
        contract_id=found.id,
        number=found.number,
        title=found.title,
        department=found.department,
        vendor_id=found.vendor_id,
        vendor_name=found.vendor_name,
        registration_number=found.registration_number,
        amount=found.amount,
        tax=found.tax,
        tax_rate=Decimal(found.tax_rate),
        period_from=found.period_from,
        period_to=found.period_to,
        concluded_at=found.concluded_at,
    )


def parties(session: Session, contract_id: str) -> Sequence[Party]:
    """All parties in signing order."""
    return session.scalars(
        select(Party).where(Party.contract_id == contract_id).order_by(Party.position)
    ).all()


def city_name(session: Session, found: Contract) -> str:
    """The city as the contract names it, also where it signs nothing (請書)."""
    if found.city_name:
        return found.city_name
    return next((p.organisation for p in parties(session, found.id) if p.side == "city"), "")


def lead(session: Session, contract_id: str) -> Party:
    """The vendor party that answers for the contract: the last vendor to sign."""
    return [p for p in parties(session, contract_id) if p.side == "vendor"][-1]


def document(session: Session, found: Contract) -> Document | None:
    """The document that counts now, or None while the draft has none."""
    return session.get(Document, found.document_id) if found.document_id else None


def pages(session: Session, document_id: str) -> Sequence[PageImage]:
    return session.scalars(
        select(PageImage).where(PageImage.document_id == document_id).order_by(PageImage.page)
    ).all()


def acts(session: Session, document_id: str) -> dict[str, Act]:
    """Signing acts on a document by slot."""
    rows = session.scalars(select(Act).where(Act.document_id == document_id))
    return {act.slot: act for act in rows}


def next_party(session: Session, found: Contract) -> Party | None:
    """Whose turn it is to sign, or None when every slot is signed."""
    done = acts(session, found.document_id) if found.document_id else {}
    for party in parties(session, found.id):
        act = done.get(party.slot)
        if act is None or act.state != ActState.SIGNED:
            return party
    return None


def open_act(session: Session, found: Contract) -> Act | None:
    """The act being processed or waiting, for "署名待ち（時刻局）" on a page."""
    return session.scalar(
        select(Act).where(
            Act.document_id == found.document_id,
            Act.state.in_([ActState.REQUESTED, ActState.WAITING_TSA]),
        )
    )


def circulation(session: Session, found: Contract) -> Circulation | None:
    """The newest circulation of the current document."""
    return session.scalar(
        select(Circulation)
        .where(Circulation.contract_id == found.id, Circulation.document_id == found.document_id)
        .order_by(Circulation.submitted_at.desc())
        .limit(1)
    )


def circulations(session: Session, contract_id: str) -> Sequence[Circulation]:
    return session.scalars(
        select(Circulation)
        .where(Circulation.contract_id == contract_id)
        .order_by(Circulation.submitted_at)
    ).all()


def decisions(session: Session, circulation_id: str) -> Sequence[Decision]:
    return session.scalars(
        select(Decision)
        .where(Decision.circulation_id == circulation_id)
        .order_by(Decision.position)
    ).all()


def consent(session: Session, party_id: str, document_sha256: str) -> Consent | None:
    """The party's standing consent for exactly this document."""
    return session.scalar(
        select(Consent)
        .where(
            Consent.party_id == party_id,
            Consent.document_sha256 == document_sha256,
            Consent.withdrawn_at.is_(None),
        )
        .order_by(Consent.given_at.desc())
        .limit(1)
    )


def consents(session: Session, contract_id: str) -> Sequence[Consent]:
    return session.scalars(
        select(Consent).where(Consent.contract_id == contract_id).order_by(Consent.given_at)
    ).all()


def undrafted_awards(session: Session, *, department: str | None = None) -> Sequence[Award]:
    """Awards to be contracted, newest first: without a contract, or released after one ended."""
    living = select(Contract.id).where(
        Contract.award_id == Award.id, Contract.state.not_in(sorted(FAILED))
    )
    unreleased = (
        select(Contract.id)
        .outerjoin(Reissue, Reissue.ended_contract_id == Contract.id)
        .where(
            Contract.award_id == Award.id,
            Contract.state.in_(sorted(FAILED)),
            Reissue.ended_contract_id.is_(None),
        )
    )
    query = select(Award).where(~living.exists(), ~unreleased.exists())
    if department is not None:
        query = query.where(Award.department == department)
    return session.scalars(
        query.order_by(Award.award_date.desc(), Award.case_number).limit(MAX_LIST)
    ).all()


def listed(
    session: Session,
    *,
    states: Sequence[ContractState] = (),
    department: str | None = None,
    vendor_id: str | None = None,
    kind: str | None = None,
    amount_from: Decimal | None = None,
    amount_to: Decimal | None = None,
    where: Sequence[ColumnElement[bool]] = (),
    text: str = "",
) -> Sequence[Contract]:
    """Contracts, the longest in their state first. Amounts in yen, both included; `where`: more
    conditions (econtract/endings.py)."""
    query: Select[Contract] = select(Contract)
    if states:
        query = query.where(Contract.state.in_(list(states)))
    if department is not None:
        query = query.where(Contract.department == department)
    if vendor_id is not None:
        member = (
            select(Party.id)
            .where(Party.contract_id == Contract.id, Party.vendor_id == vendor_id)
            .exists()
        )
        query = query.where(member, Contract.sent_at.is_not(None))
    if kind is not None:
        query = query.where(Contract.kind == kind)
    if amount_from is not None:
        query = query.where(Contract.amount >= amount_from)
    if amount_to is not None:
        query = query.where(Contract.amount <= amount_to)
    query = query.where(*where)
    words = text.strip()
    if words:
        columns = (Contract.title, Contract.number, Contract.vendor_name)
        query = query.where(or_(*(c.icontains(words, autoescape=True) for c in columns)))
    return session.scalars(
        query.order_by(Contract.state_since, Contract.number).limit(MAX_LIST)
    ).all()


def counts_by_state(session: Session, *, department: str | None = None) -> dict[ContractState, int]:
    query = select(Contract.state, func.count()).group_by(Contract.state)
    if department is not None:
        query = query.where(Contract.department == department)
    return {ContractState(state): number for state, number in session.execute(query)}


def departments(session: Session) -> Sequence[str]:
    """Every section that has a contract."""
    return session.scalars(
        select(Contract.department).distinct().order_by(Contract.department)
    ).all()


def families(
    session: Session, contracts: Collection[tuple[str, str | None]]
) -> dict[str, list[Contract]]:
    """Original's id -> the original and all that stands beside it, for (id, parent_id) of any of
    them: contracts that stand alone are left out."""
    originals = {parent_id or contract_id for contract_id, parent_id in contracts}
    rows = session.scalars(
        select(Contract)
        .where(or_(Contract.id.in_(originals), Contract.parent_id.in_(originals)))
        .order_by(Contract.created_at, Contract.sequence)
    )
    found: dict[str, list[Contract]] = {}
    for row in rows:
        found.setdefault(row.parent_id or row.id, []).append(row)
    return {
        original: sorted(family, key=lambda c: c.parent_id is not None)
        for original, family in found.items()
        if len(family) > 1
    }


def inbox(
    session: Session, *, roles: Sequence[str], department: str | None = None
) -> Sequence[tuple[Contract, Decision]]:
    """What waits for a decision by somebody with one of `roles`: the first undecided step only."""
    first = (
        select(func.min(Decision.position))
        .where(Decision.circulation_id == Circulation.id, Decision.outcome == "waiting")
        .correlate(Circulation)
        .scalar_subquery()
    )
    query = (
        select(Contract, Decision)
        .join(Circulation, Circulation.contract_id == Contract.id)
        .join(Decision, Decision.circulation_id == Circulation.id)
        .where(
            Contract.state == ContractState.DECIDING,
            Circulation.outcome == "open",
            Decision.position == first,
            Decision.role.in_(list(roles)),
        )
        .order_by(Circulation.submitted_at)
        .limit(MAX_LIST)
    )
    if department is not None:
        query = query.where(or_(Decision.role != "department", Contract.department == department))
    return [(row[0], row[1]) for row in session.execute(query)]


def party_of_vendor(session: Session, contract_id: str, vendor_id: str) -> Party | None:
    """The party for which a vendor's person acts."""
    return session.scalar(
        select(Party).where(Party.contract_id == contract_id, Party.vendor_id == vendor_id)
    )


def without_copy(session: Session) -> Sequence[Contract]:
    """Concluded contracts whose vendor has not taken its copy yet (建設業法施行規則13条の4)."""
    return session.scalars(
        select(Contract)
        .where(Contract.state == ContractState.CONCLUDED, Contract.vendor_has_copy_at.is_(None))
        .order_by(Contract.concluded_at)
        .limit(MAX_LIST)
    ).all()
