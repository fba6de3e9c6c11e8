"""支出負担行為: the budget a contract is paid from, entered from the city's accounting system."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from einvoice.models import Commitment
from einvoice.refusals import PaymentOrderError
from records import Actor, audit, new_id


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentForm:
    """One commitment of one fiscal year, with its budget item as text codes."""

    number: str
    contract_no: str
    fiscal_year: int
    dated_on: date
    amount: Decimal
    account: str
    section: str
    kan: str
    kou: str
    moku: str
    jigyo: str
    setsu: str
    saisetsu: str
    is_combined: bool = False
    carried_over: bool = False


def record(session: Session, form: CommitmentForm, *, actor: Actor, at: datetime) -> Commitment:
    """Enter a commitment. The same one twice is entered once; the same number with other content
    raises `PaymentOrderError`: a change is a commitment of its own in the accounting system."""
    known = session.scalar(select(Commitment).where(Commitment.number == form.number))
    values = asdict(form)
    if known is not None:
        if any(getattr(known, name) != value for name, value in values.items()):
            raise PaymentOrderError(
                field="number",
                order=form.number,
                reason_ja="この番号の支出負担行為は別の内容で登録されています",
                reason_en="a commitment of this number is registered with other content",
            )
        return known
    row = Commitment(id=new_id(), **values)
    session.add(row)
    session.flush()
    audit.append(
        session,
        actor,
        "commitment.recorded",
        f"commitment:{row.id}",
        {"number": row.number, "contract": row.contract_no, "amount": int(row.amount)},
        at,
    )
    return row
