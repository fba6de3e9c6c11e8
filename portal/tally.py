"""割符: where the two halves meet. The only place that knows contracts and invoices both.

The contract half says what was agreed (`econtract.queries.terms`); the invoice half says what an
invoice must agree with (`einvoice.ContractTerms`). This module turns the one into the other, and
the vendor register into the creditor that is paid. Neither half imports the other.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from econtract import guarantees, living, performance
from econtract import queries as contracts
from econtract.guarantees import Purpose
from econtract.life_models import PerformanceNotice
from econtract.models import Contract
from econtract.states import ContractState
from einvoice import bank_list, price_sheets
from einvoice.account_names import account_name, bank_text
from einvoice.contract_terms import AdvanceTerms, ContractTerms, Rounding
from einvoice.deps import Note
from einvoice.models import Creditor, Inspection
from einvoice.refusals import AccountNameError
from portal import agreed_prices
from portal.accounts.models import Vendor
from portal.service import Service
from records import Actor, audit, calendar

SYSTEM = Actor(kind="system", id="tally", name="業者台帳")


@dataclass(frozen=True, slots=True)
class Tally:
    """The contract half as the invoice half's `ContractBook`."""

    city_name: str

    def by_number(self, session: Session, number: str) -> ContractTerms | None:
        """The contract of this number, in whatever width it was typed."""
        wanted = unicodedata.normalize("NFKC", number).strip()
        found = contracts.by_number(session, number.strip()) or contracts.by_number(session, wanted)
        if found is not None and found.parent_id is not None:
            # The number of an amendment or a memorandum: what is claimed is the original's.
            found = contracts.contract(session, found.parent_id)
        return self.terms(session, found) if found else None

    def of_vendor(self, session: Session, vendor_id: str) -> Sequence[ContractTerms]:
        """The vendor's concluded contracts."""
        rows = contracts.listed(session, states=[ContractState.CONCLUDED], vendor_id=vendor_id)
        return [self.terms(session, row) for row in rows if row.parent_id is None]

    def vendor_of(
        self, session: Session, *, registration: str | None, corporate: str | None
    ) -> str | None:
        """The vendor of the register with one of these numbers, if exactly one has it."""
        wanted = []
        if registration:
            wanted.append(Vendor.registration_number == registration)
        if corporate:
            wanted.append(Vendor.corporate_number == corporate)
        if not wanted:
            return None
        found = session.scalars(select(Vendor.id).where(or_(*wanted)).limit(2)).all()
        return found[0] if len(found) == 1 else None

    def renew_creditor(self, session: Session, vendor_id: str, at: datetime) -> Note | None:
        """The vendor register is the source of the creditor's name and account."""
        vendor = session.get(Vendor, vendor_id)
        if vendor is None:
            return None
        _, note = renewed_creditor(session, vendor, actor=SYSTEM, at=at)
        return note

    def terms(self, session: Session, contract: Contract) -> ContractTerms:
        """Field by field; amounts have the tax inside. Prices that change by date are looked up
        with `ContractTerms.as_of`."""
        facts = contracts.terms(session, contract.id)
        # What holds now: the original with its concluded amendments, until its cancellation.
        stands = living.standing(session, contract)
        concluded = calendar.jst_date(facts.concluded_at) if facts.concluded_at else None
        terms = ContractTerms(
            contract_id=facts.contract_id,
            number=facts.number,
            title=facts.title,
            vendor_id=facts.vendor_id,
            vendor_name=facts.vendor_name,
            category=contract.kind,
            is_works=contract.kind == "works",
            buyer_name=self.city_name,
            section=facts.department,
            registration_number=facts.registration_number or None,
            concluded_on=concluded,
            amendment_pending=stands.amendment_pending,
            starts_on=facts.period_from,
            ends_on=stands.in_force_until,
            complete_by=stands.period_to,
            gross=stands.amount,
            net=stands.amount - stands.tax,
            tax_by_rate={facts.tax_rate: stands.tax},
            rounding=Rounding.FLOOR,
            advance=advance_terms(session, contract),
        )
        return price_sheets.revised(session, agreed_prices.priced(session, contract, terms))


def advance_terms(session: Session, contract: Contract) -> AdvanceTerms:
    """What may be paid ahead. Only guarantees that a second person has checked are counted."""
    grant = living.grant(session, contract.id)
    if grant is None:
        return AdvanceTerms()
    rows = living.guarantees(session, contract.id)
    counted = [
        row
        for purpose in (Purpose.ADVANCE, Purpose.INTERIM)
        for row in guarantees.counted(rows, purpose)
    ]
    ends = [row.valid_until for row in counted if row.valid_until is not None]
    return AdvanceTerms(
        advance_rate=Decimal(grant.advance_percent),
        interim_rate=Decimal(grant.interim_percent),
        part_payments=grant.part_payments,
        guarantee_until=min(ends, default=None),
        guaranteed=sum((row.amount for row in counted), Decimal(0)),
        interim_certified=grant.interim_certified_on is not None,
    )


def waiting_notices(session: Session, number: str) -> list[PerformanceNotice]:
    """Notices of a contract that wait for an inspection, oldest first."""
    found = contracts.by_number(session, number)
    rows = living.notices(session, found.id) if found is not None else []
    return [
        row
        for row in rows
        if row.answer == performance.Answer.WAITING and row.kind in performance.INSPECTED
    ]


def answer_notices(session: Session, row: Inspection, *, actor: Actor, at: datetime) -> None:
    """An inspection that was just recorded answers the vendor's waiting notices, once."""
    performance.inspected(
        session,
        contract_number=row.contract_no,
        notified_on=row.notified_on,
        inspection_id=row.id,
        inspection_number=row.number,
        passed=row.passed,
        recorded_at=row.recorded_at,
        actor=actor,
        at=at,
    )


def terms_of(service: Service) -> Tally:
    """The tally of this service."""
    return Tally(city_name=service.settings.city.name)


def register_creditor(session: Session, vendor: Vendor, *, actor: Actor, at: datetime) -> Creditor:
    """Enter or renew the creditor of a vendor, from the vendor register.

    A changed account is watched (PAY-003) from today on; an unchanged one keeps its day. A holder
    that no bank file can carry is kept as it is written, and stops the invoice (PAY-004).
    """
    row, note = renewed_creditor(session, vendor, actor=actor, at=at)
    if note is not None:
        note()
    return row


def renewed_creditor(
    session: Session, vendor: Vendor, *, actor: Actor, at: datetime
) -> tuple[Creditor, Note | None]:
    """`register_creditor` without the audit entry, which the second value writes: for acts that
    lock further rows and must take the trail's head last."""
    values = {
        "number": vendor.code,
        "name": vendor.name,
        "address": vendor.address,
        "email": vendor.mail,
        "registration_number": vendor.registration_number,
        "corporate_number": vendor.corporate_number,
        "bank_code": vendor.bank_code or "",
        "bank_name": _bank_name(vendor.bank_name),
        "branch_code": vendor.branch_code or "",
        "branch_name": _bank_name(vendor.branch_name),
        "account_type": vendor.account_type or "",
        "account_number": vendor.account_number or "",
        "payee_kana": _holder(vendor.account_holder_kana),
    }
    if vendor.bank_code and vendor.branch_code and not (vendor.bank_name and vendor.branch_name):
        listed = bank_list.short_names(session, vendor.bank_code, vendor.branch_code)
        values["bank_name"] = values["bank_name"] or listed[0]
        values["branch_name"] = values["branch_name"] or listed[1]
    row = session.get(Creditor, vendor.id)
    if row is None:
        row = Creditor(vendor_id=vendor.id, **values)
        session.add(row)
        session.flush()
        return row, partial(_noted, session, row, "creditor.registered", actor, at)
    before = _account(row)
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    if _account(row) != before:
        row.account_changed_on = calendar.jst_date(at)
    if not changed:
        return row, None
    session.flush()
    fields = ", ".join(sorted(changed))
    return row, partial(_noted, session, row, "creditor.changed", actor, at, fields=fields)


def _bank_name(text: str | None) -> str:
    """In the bank's characters; names are optional in the file, so kanji are left out."""
    try:
        return bank_text(text or "")[:15]
    except AccountNameError:
        return ""


def _holder(text: str | None) -> str:
    try:
        return account_name(text or "")[:60]
    except AccountNameError:
        return (text or "")[:60]


def _account(row: Creditor) -> tuple[str, ...]:
    return (row.bank_code, row.branch_code, row.account_type, row.account_number, row.payee_kana)


def _noted(
    session: Session, row: Creditor, action: str, actor: Actor, at: datetime, **details: str
) -> None:
    session.flush()
    subject = f"creditor:{row.vendor_id}"
    audit.append(session, actor, action, subject, {"number": row.number, **details}, at)
