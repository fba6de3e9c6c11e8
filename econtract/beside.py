"""What is written beside a contract that is there already: 変更契約 and 覚書.

Each is a contract of its own, with a number, a decision and signatures, and names its original in
`parent_id`. The original's row and file never change.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from econtract import living, numbering, party_rows, queries, template_book
from econtract.life_errors import NotConcluded
from econtract.life_rules import LifeRules
from econtract.models import Contract
from econtract.states import ContractState
from records import Actor, calendar, new_id

#: Template versions of what was concluded elsewhere and is registered here: signed, or on paper.
IMPORTED = "imported"
PAPER = "paper"


def original(session: Session, contract_id: str) -> Contract:
    """The original of an amendment or a memorandum, or the contract itself."""
    found = queries.contract(session, contract_id)
    return queries.contract(session, found.parent_id) if found.parent_id else found


def require_original(
    session: Session, contract_id: str, *, life: LifeRules, act: tuple[str, str]
) -> Contract:
    """The original, held, if something may be written beside it now. Raises NotConcluded."""
    parent = living.in_force(session, original(session, contract_id).id, act)
    if parent.template_version == PAPER and not life.paper_parents:
        raise NotConcluded(
            act_ja=f"電子での{act[0]}（紙で結んだ契約には紙で行います）",
            act_en=f"{act[1]} electronically beside a contract concluded on paper",
        )
    return parent


def write(
    session: Session,
    parent: Contract,
    *,
    form: str,
    title: str,
    amount: Decimal,
    tax: Decimal,
    period: tuple[date, date],
    fields: Mapping[str, str],
    contract_id: str | None = None,
    actor: Actor,
    at: datetime,
) -> Contract:
    """A draft in `form` with the original's parties, all members of a joint venture again."""
    day = calendar.jst_date(at)
    number = numbering.take(session, calendar.fiscal_year(day))
    chosen = template_book.current(session, form, day)
    child = Contract(
        id=contract_id or new_id(),
        number=str(number),
        fiscal_year=number.fiscal_year,
        sequence=number.sequence,
        award_id=parent.award_id,
        parent_id=parent.id,
        kind=parent.kind,
        form=form,
        template_version=chosen.version,
        state=ContractState.DRAFTING,
        revision=1,
        title=title,
        place=parent.place,
        department=parent.department,
        vendor_id=parent.vendor_id,
        vendor_name=parent.vendor_name,
        registration_number=parent.registration_number,
        amount=amount,
        tax=tax,
        tax_rate=parent.tax_rate,
        award_date=parent.award_date,
        contract_date=None,
        period_from=period[0],
        period_to=period[1],
        fields={f.name: f.default for f in chosen.fields} | dict(fields),
        drafted_by=actor.id,
        drafted_by_name=actor.name,
        created_at=at,
        state_since=at,
    )
    session.add(child)
    session.flush()
    session.add_all(party_rows.of_original(queries.parties(session, parent.id), child.id))
    return child
